"""The instruction of a prompt: the part of its template that a writer may put in other words.

Owns where an instruction ends and the inputs begin. The inputs' part is kept by us, so no writer
can lose an input.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from intone.prompt.phrasings import inputs_block, own_words
from intone.prompt.prompt import Prompt
from intone.prompt.template import split_head

_TITLE_WORDS = 4
_PLAIN = re.compile(r"\{\{\s*[A-Za-z_]\w*\s*\}\}")
_MARK = re.compile(r"\{[{%#]")


class Parts(NamedTuple):
    """A template in two: what is asked, and the inputs with whatever stands around them."""

    instruction: str
    inputs: str


def parts(prompt: Prompt) -> Parts:
    """Return a template's instruction ("" if it has none) and the part that is kept.

    A short title right above the inputs ("Ticket:") is kept with them. Where the question and the
    inputs share a line and the inputs are plain names, the inputs get lines of their own; where
    they are anything else, the template is kept whole and an instruction goes before it.
    """
    head, body = split_head(prompt.template)
    if head:
        above, _, last = head.rpartition("\n")
        if above.strip() and last.rstrip().endswith(":") and len(last.split()) <= _TITLE_WORDS:
            return Parts(above.strip("\n"), f"{last}\n{body}" if body else last)
        return Parts(head, body)
    words = own_words(prompt)
    if not words or _MARK.search(_PLAIN.sub("", body)):
        return Parts("", body)
    return Parts(words, inputs_block(prompt))


def with_instruction(prompt: Prompt, instruction: str) -> str:
    """Return the prompt's template with another instruction, which has no Jinja marks."""
    inputs = parts(prompt).inputs
    return f"{instruction}\n\n{inputs}" if inputs else instruction
