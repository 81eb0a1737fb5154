"""Labels as an engine answers them: read from positions, or forced by a grammar.

Pure functions over tokens and texts; owns no engine and no parsing of free text (that is
`answers`). Texts are compared without surrounding white space and without case.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

READING = "labels-3"
"""Names this way of reading labels; part of a backend's identity, so change it with the reading."""

# A label that none of the listed tokens begins is at most as likely as the last token listed.
_UNSEEN = 0.1
_LITERAL = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the model: its number, its text, and its log-probability where one is known.

    The text is what its bytes decode to: empty for a piece of a character.
    """

    id: int
    text: str
    logprob: float = 0.0


def any_begins(
    ways: Sequence[Sequence[str]], firsts: Sequence[Token], tokens: Sequence[Token]
) -> bool:
    """Say whether any of these tokens counts for a way (see `read_position`)."""
    begin = _Beginnings(ways, firsts)
    return any(begin.of(token) is not None for token in tokens)


def read_position(
    ways: Sequence[Sequence[str]], firsts: Sequence[Token], top: Sequence[Token]
) -> list[float]:
    """Return the probability of each way on at a position; they do not sum to 1.

    A way has the texts of one choice, or of several that go on with the same token of `firsts`.
    `top` lists the most likely tokens at the position with their log-probabilities, and what a
    grammar let through where none of these begins a choice. A token counts for the way whose first
    token it is, else for the only way with a choice that its text begins; a token that begins
    several counts for none. A way without any token gets a tenth of the least likely token seen.
    """
    seen = {token.id: token for token in top}
    mass = [0.0] * len(ways)
    begin = _Beginnings(ways, firsts)
    for token in seen.values():
        place = begin.of(token)
        if place is not None:
            mass[place] += math.exp(token.logprob)
    floor = math.exp(min(token.logprob for token in seen.values())) * _UNSEEN
    return [max(one, floor, 1e-30) for one in mass]


def folded(text: str) -> str:
    """Return a text without surrounding white space and without case."""
    return text.strip().casefold()


def choice_grammar(choices: Sequence[str], *, base: bool) -> str:
    """Return a GBNF grammar whose only texts are the choices.

    For a `base` model a space may come first; and where one choice begins another, so that
    ending the answer is a decision, a line break may end it too (base models rarely say "end").
    """
    words = " | ".join(_literal(choice) for choice in dict.fromkeys(choices))
    lead = '" "? ' if base else ""
    nested = any(a != b and b.startswith(a) for a in choices for b in choices)
    tail = r' "\n"?' if base and nested else ""
    return f"root ::= {lead}({words}){tail}\n"


class _Beginnings:
    """Which way a token begins."""

    def __init__(self, ways: Sequence[Sequence[str]], firsts: Sequence[Token]) -> None:
        self._ids = {token.id: place for place, token in enumerate(firsts)}
        texts = [folded(token.text) for token in firsts]
        once = Counter(texts)
        self._texts = {t: place for place, t in enumerate(texts) if t and once[t] == 1}
        self._ways = [[folded(choice) for choice in way] for way in ways]

    def of(self, token: Token) -> int | None:
        if token.id in self._ids:
            return self._ids[token.id]
        text = folded(token.text)
        if not text:
            return None
        if text in self._texts:
            return self._texts[text]
        places = [i for i, way in enumerate(self._ways) if any(c.startswith(text) for c in way)]
        return places[0] if len(places) == 1 else None


def _literal(text: str) -> str:
    return '"' + "".join(_character(c) for c in text) + '"'


def _character(char: str) -> str:
    if char in _LITERAL:
        return _LITERAL[char]
    return char if char.isprintable() else f"\\U{ord(char):08X}"
