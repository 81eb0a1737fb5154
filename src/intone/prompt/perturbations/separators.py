"""Layouts and separators: the same sections and fields, set apart in another way.

The fields' separators are those of FormatSpread (Sclar et al., ICLR 2024, appendix A) that keep a
field on its line. Owns these changes of form; no word is changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, zip_longest

from intone.data.canonical import draw
from intone.prompt.edits import Edit, change_layout, rewrite_template
from intone.prompt.prompt import LAYOUTS, Prompt
from intone.prompt.template import outside_marks

FIELD = re.compile(r"(?m)^([^\W\d_][\w ]{0,30}):[ \t]*(?=[\ue000-\uf8ff])")
"""A field's name before its input: `outside_marks` puts a private letter in the input's place."""
_SEPARATORS = (": ", ":", " : ", ":: ", " - ", " = ", " | ", ":\t")


def layouts_and_separators(prompt: Prompt, seed: int) -> Iterator[Sequence[Edit]]:
    """Give edits that set sections or fields apart otherwise, in an order the seed decides.

    Layouts take turns with separators, so that few variants have some of both.
    """
    layouts: list[Sequence[Edit]] = [
        (change_layout(layout),) for layout in LAYOUTS if layout != prompt.layout
    ]
    found: list[Sequence[Edit]] = []
    for separator in _SEPARATORS:
        said = f"fields as “name{separator.replace(chr(9), '⇥')}…”"
        found.append((_rewritten(prompt, _with(separator), said),))
    found.append((_rewritten(prompt, _apart, "an empty line between all lines"),))
    found.append((_rewritten(prompt, _together, "no empty lines"),))
    rng = draw(seed, "perturbations", "layout")
    rng.shuffle(layouts)
    rng.shuffle(found)
    taking_turns = chain.from_iterable(zip_longest(layouts, found, fillvalue=()))
    yield from (edits for edits in taking_turns if edits)


def _rewritten(prompt: Prompt, change: Callable[[str], str], sentence: str) -> Edit:
    return rewrite_template(outside_marks(prompt.template, change), sentence)


def _with(separator: str) -> Callable[[str], str]:
    return lambda text: FIELD.sub(lambda match: match.group(1) + separator, text)


def _apart(text: str) -> str:
    return re.sub(r"(?<=\S)\n(?=\S)", "\n\n", text)


def _together(text: str) -> str:
    return re.sub(r"\n{2,}", "\n", text)
