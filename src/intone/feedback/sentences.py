"""The sentences of a complaint and their words, as the rules read them.

Owns what of a comment is read (its beginning, without marks and control characters) and how it is
cut. Takes any text, and time in proportion to what is read.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

READ = 4000
"""Characters of a comment that are read."""

QUOTE = '"'
"""What a quotation is among the terms of a sentence: one term, whatever it holds."""

_QUOTED = (
    r'"[^"\n]{1,200}"|“[^”\n]{1,200}”|„[^“”\n]{1,200}[“”]|«[^»\n]{1,200}»|‘[^’\n]{1,200}’'
    r"|`[^`\n]{1,200}`|(?<!\w)'[^'\n]{1,200}'(?!\w)"
)
_TOKEN = re.compile(
    rf"(?P<quote>{_QUOTED})"
    r"|(?P<elided>(?:\b(?:[cdjlmnst]|qu|un|all|dell|nell|sull|dall)['’])(?=[^\W\d_]))"
    r"|(?P<word>[^\W_]+(?:['’][^\W_]+)*(?:\.(?=[a-z\d])[^\W_]+)*)"
    r"|(?P<end>[!?;…\n]|\.(?=\s|\Z|\.))"
    r"|(?P<mark>[,:()&/+{}<>|])"
)
_TAG = re.compile(r"</?[A-Za-z!][^<>\n]{0,200}>")
_WRAPPED = re.compile(rf"\A(?:{_QUOTED})\Z")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a quotation or a mark: as it is compared, and where it stands in the text."""

    term: str
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """One sentence of a comment. `line` has its terms with a space around each."""

    text: str
    tokens: tuple[Token, ...]

    @cached_property
    def line(self) -> str:
        """The terms in one line: ` too long , please `."""
        return " " + "".join(f"{token.term} " for token in self.tokens)

    @cached_property
    def terms(self) -> frozenset[str]:
        """The different terms."""
        return frozenset(token.term for token in self.tokens)

    @cached_property
    def _starts(self) -> list[int]:
        at, starts = 1, []
        for token in self.tokens:
            starts.append(at)
            at += len(token.term) + 1
        return starts

    def index(self, at: int) -> int:
        """Return which token stands at (or begins after) a place in `line`."""
        after = bisect_right(self._starts, at)
        return after - 1 if after and self._starts[after - 1] == at else after

    def words(self, start: int, stop: int) -> str:
        """Return the words of the tokens from `start` to before `stop`, as the user wrote them."""
        if start >= stop:
            return ""
        tokens = self.tokens
        if stop - start == 1 and tokens[start].term == QUOTE:
            return " ".join(self.text[tokens[start].start + 1 : tokens[start].end - 1].split())
        return " ".join(self.text[tokens[start].start : tokens[stop - 1].end].split())

    @cached_property
    def said(self) -> str:
        """The sentence as the user wrote it, on one line."""
        first, last = self.tokens[0].start, self.tokens[-1].end
        return " ".join(self.text[first:last].split())


def plain(comment: str) -> str:
    """Return what of a comment is read: its beginning, in composed letters, without markup.

    Tags become spaces, invisible characters and lone surrogates are dropped, control characters but
    line ends become spaces.
    """
    text = unicodedata.normalize("NFC", comment[:READ])
    kept = []
    for char in text:
        category = unicodedata.category(char)
        if category == "Cc" and char != "\n":
            kept.append(" ")
        elif category not in ("Cf", "Cs", "Co", "Cn"):
            kept.append(char)
    text = _TAG.sub(" ", "".join(kept)).replace("*", " ").strip()
    return text[1:-1].strip() if _WRAPPED.match(text) else text


def sentences_of(comment: str) -> list[Sentence]:
    """Return the sentences of a comment in order; those without a word are left out."""
    text = plain(comment)
    found: list[Sentence] = []
    begun: list[Token] = []
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "end":
            _close(text, begun, found)
            begun = []
        else:
            begun.append(Token(_term(match), match.start(), match.end()))
    _close(text, begun, found)
    return found


def _close(text: str, tokens: list[Token], found: list[Sentence]) -> None:
    if any(token.term == QUOTE or token.term[0].isalnum() for token in tokens):
        found.append(Sentence(text, tuple(tokens)))


def _term(match: re.Match[str]) -> str:
    if match.lastgroup == "quote":
        return QUOTE
    return match.group().casefold().replace("’", "'")
