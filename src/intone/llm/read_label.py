"""Find which of a fixed set of labels a text names. Owns the rules, and no labels of its own."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

_QUOTES = "\"'`“”‘’„«»‹›"
_LIGHT = " \t\r\n*_.:;,!?…。，！？：" + _QUOTES
_MARKUP = _LIGHT + "()[]{}<>#-–—•·/\\|"
_SIGNS = "-.#+"  # belong to a number that follows them: "-1" is not 1
_SEPARATORS = re.compile(r"(?<=[^\W\d_])[\s_\-–/]+(?=[^\W\d_])|(?<=[a-z])(?=[A-Z])")
_ANSWER_IS = re.compile(
    r"\b(?:answer|label|category|class|choice|option|classification|conclusion)\b"
    r"[^\n.:=]{0,60}?(?:\bis\b|:|=)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"(?:\b(?:not?|never|neither|nor|cannot be|rather than|instead of|isn['’]t|aren['’]t|"
    r"wasn['’]t|doesn['’]t)\s+(?:be\s+|really\s+)?(?:an?\s+|the\s+)?)[\"'`“‘*(\[]*$",
    re.IGNORECASE,
)
_DENIAL_LENGTH = 40
_ENDS_CLAIM = re.compile(r"[\"'`”’*_)\]]*\s*(?:[.,;:!\n]|[-–—]\s|\(|$)")
_GOES_ON = re.compile(r"[\s,;/|]*(?:\b(?:or|and)\b)?[\s\"'`“‘*(\[]*", re.IGNORECASE)
_LETTER_ENDS = r"(?=[\"'`”’*_)\]]*(?:[.):,;!?\]}/]|\s*$|\s*\n|\s+(?:or|and)\s))"
_LONGEST = 200_000  # characters of an answer that are searched, from its beginning

_Fold = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    label: str


class LabelReader:
    """Reads labels; `choices` are the texts that stand for the `labels`, in the same order."""

    def __init__(self, labels: Sequence[str], choices: Sequence[str]) -> None:
        pairs = [(text, label) for text, label in zip(choices, labels, strict=True) if text.strip()]
        taken = {text for text, _ in pairs}
        # a model that was shown "A: billing" may well answer "billing"
        pairs += [(label, label) for label in labels if label.strip() and label not in taken]
        self._pairs = [(_composed(text), label) for text, label in pairs]
        self._longest = max((len(text) for text, _ in self._pairs), default=0)
        self._patterns: dict[str, re.Pattern[str]] = {}

    def whole(self, text: str) -> str | None:
        """Return the label a text stands for by itself, or None."""
        # markup around a label is short: a long text is none, and is not worth folding
        if len(text) > 8 * self._longest + 200:
            text = text.strip()
            if len(text) > 8 * self._longest + 200:
                return None
        text = _composed(text)
        for fold, known in self._levels:
            label = known.get(fold(text))
            if label is not None:
                return label
        return None

    def read(self, text: str) -> str | None:
        """Return the one label the text names, or None if it names none or several."""
        text = _composed(text[:_LONGEST])
        lines = [line for line in text.splitlines() if line.strip()]
        if not lines:
            return None
        by_line = {self.whole(line) for line in lines} if 1 < len(lines) <= 200 else set()
        if None not in by_line and len(by_line) > 1:
            return None  # a bare list of labels chooses none of them
        for piece in (text, lines[0], lines[-1]):
            label = self.whole(piece) or self.whole(_after_colon(piece))
            if label is not None:
                return label
        return self._concluded(text) or self._claimed(text) or self._only(text)

    @cached_property
    def _levels(self) -> list[tuple[_Fold, dict[str, str]]]:
        """Ways to compare, strictest first; a key that stands for two labels stands for none."""
        folds: list[_Fold] = [str.strip, _bare, _bare_folded, _stripped_folded, _words]
        return [
            (fold, _unique((fold(text), label) for text, label in self._pairs)) for fold in folds
        ]

    def _concluded(self, text: str) -> str | None:
        """Return the label after the last "the answer is" or "Answer:"."""
        last = deque(_ANSWER_IS.finditer(text), maxlen=1)
        if not last:
            return None
        rest = text[last[0].end() :].lstrip(_LIGHT)
        line = rest.splitlines()[0] if rest else ""
        return self.whole(line) or self._claimed(line) or self._only(line)

    def _claimed(self, text: str) -> str | None:
        """Return the label a text begins with, if that is a claim and no list of choices."""
        begins = len(text) - len(text.lstrip(_MARKUP))
        head = text[: begins + self._longest + 200]
        found = self._mentions(head, spelt=True)
        if not found or found[0].start > begins or not _ENDS_CLAIM.match(head, found[0].end):
            return None
        if len(found) > 1:
            goes_on = _GOES_ON.match(head, found[0].end)
            if goes_on is not None and goes_on.end() >= found[1].start:
                return None
        return found[0].label

    def _only(self, text: str) -> str | None:
        labels = {mention.label for mention in self._mentions(text)}
        return labels.pop() if len(labels) == 1 else None

    def _mentions(self, text: str, *, spelt: bool = False) -> list[_Mention]:
        """Return the labels mentioned, leftmost and longest first, none inside another.

        Denied labels are left out. With `spelt` a single letter counts wherever it is a word.
        """
        folded = text.casefold()
        found: list[_Mention] = []
        for choice, label in self._pairs:
            if choice.casefold() in folded:
                pattern = self._pattern(choice, spelt)
                found += (_Mention(m.start(), m.end(), label) for m in pattern.finditer(text))
        found.sort(key=lambda mention: (mention.start, -mention.end))
        kept: list[_Mention] = []
        end = 0
        for mention in found:
            if mention.start >= end:
                end = mention.end
                if not _DENIED.search(text, max(0, mention.start - _DENIAL_LENGTH), mention.start):
                    kept.append(mention)
        return kept

    def _pattern(self, choice: str, spelt: bool) -> re.Pattern[str]:
        key = f"{choice} {spelt}"
        if key not in self._patterns:
            letter = len(choice) == 1 and choice.isalpha() and choice.isascii()
            exact = letter or choice.casefold() in self._differ_by_case
            flags = re.NOFLAG if exact else re.IGNORECASE
            ends = _LETTER_ENDS if letter and not spelt else ""  # "a" and "I" are words
            self._patterns[key] = re.compile(_as_word(choice) + ends, flags)
        return self._patterns[key]

    @cached_property
    def _differ_by_case(self) -> set[str]:
        folded = [text.casefold() for text, _ in self._pairs]
        return {text for text in folded if folded.count(text) > 1}


def _composed(text: str) -> str:
    """Return the text with one form for each character (NFKC), so that equal looks equal."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _bare(text: str) -> str:
    return _strip(text, _LIGHT)


def _bare_folded(text: str) -> str:
    return _strip(text, _LIGHT).casefold()


def _stripped_folded(text: str) -> str:
    return _strip(text, _MARKUP).casefold()


def _words(text: str) -> str:
    """Return the words, however joined: "card_arrival", "Card arrival" and "CardArrival"."""
    return _SEPARATORS.sub(" ", _strip(text, _MARKUP)).casefold()


def _strip(text: str, marks: str) -> str:
    """Strip marks, but not a sign from its number; a text of marks alone stays as it is."""
    stripped = text.strip(marks)
    if not stripped:
        return text.strip()
    if stripped[0].isdigit():
        at = text.index(stripped)
        if at and text[at - 1] in _SIGNS:
            return text[at - 1] + stripped
    return stripped


def _after_colon(line: str) -> str:
    return line.rstrip(_LIGHT).rpartition(":")[2]


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    known: dict[str, str] = {}
    twice: set[str] = set()
    for key, label in pairs:
        if known.setdefault(key, label) != label:
            twice.add(key)
    return {key: label for key, label in known.items() if key and key not in twice}


def _as_word(choice: str) -> str:
    """Return a pattern for the choice as a word of its own, not as a part of another."""
    left = right = ""
    first, last = choice[0], choice[-1]
    if first.isdigit():
        left = r"(?<![\w.,+-])"
    elif first.isalnum() or first == "_":
        left = r"(?<!\w)(?<!\w-)"
    elif not first.isspace():
        left = r"(?<![^\s\"'`“‘(\[*:])"
    if last.isdigit():
        right = r"(?!\w|[.,]\d|-\w|%)"
    elif last.isalnum() or last == "_":
        right = r"(?!\w|-\w)"
    elif not last.isspace():
        right = r"(?![^\s\"'`”’)\]*.,;:!?])"
    return left + re.escape(choice) + right
