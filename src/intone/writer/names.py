"""Names: words by which a text speaks of one row only, such as a person in it.

A prompt is for rows that nobody has seen, so what it says of a single one is of no use to them.
Owns what counts as a name: two words running that begin with a capital letter, in one or two of the
texts of the rows. What many rows speak of is the task's subject, and single words with a capital
letter are every noun of some languages, so neither is taken for one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeAlias

from intone.data.row import Row

_OFTEN = 3  # texts from which on two words are what rows are about
_WORD = r"([^\W\d_]+(?:['’-][^\W\d_]+)*?)(?:['’]s)?(?![^\W\d_])"
_TWO = re.compile(rf"(?=(?<![\w'’-]){_WORD} {_WORD})")
_GOES_ON = re.compile(r"[\w,;)\]'’\"”»-] \Z")

Pair: TypeAlias = tuple[str, str]


class Names:
    """Finds names of these rows in texts. `labels` name none: any instruction may have them."""

    def __init__(self, rows: Iterable[Row], labels: Sequence[str] = ()) -> None:
        texts = {text for row in rows for text in row.inputs.values()}
        counts = Counter(chain.from_iterable(set(_pairs(text)) for text in texts))
        self._names = {pair for pair, count in counts.items() if count < _OFTEN}
        self._names -= set(chain.from_iterable(map(_pairs, labels)))

    def within(self, text: str, known: str = "") -> bool:
        """Say whether a text names a row, other than in the first words of a sentence.

        There a capital letter says nothing. What stands in `known`, the prompt as it was, is free.
        """
        named = {pair for pair, inside in _pairs(text).items() if inside}
        return bool(named & self._names - set(_pairs(known)))


def _pairs(text: str) -> dict[Pair, bool]:
    """Return each two words running that begin with a capital letter and go on without.

    With each, whether it stands inside a sentence somewhere.
    """
    found: dict[Pair, bool] = {}
    normal = unicodedata.normalize("NFC", text)
    for match in _TWO.finditer(normal):
        one, other = match.groups()
        if one.istitle() and other.istitle():
            inside = _GOES_ON.search(normal, max(0, match.start() - 2), match.start()) is not None
            found[one, other] = found.get((one, other), False) or inside
    return found
