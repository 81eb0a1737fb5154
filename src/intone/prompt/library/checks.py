"""Checks: which measure of an answer shows whether a directive worked, and which way is better.

Owns the names of the measures and how a value counts; how they are computed is the room
`metrics`' (`measures.py`). Every measure is a number that needs no model.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass

from intone.errors import PromptError

MEASURES = {
    "words": "number of words",
    "sentences": "number of sentences",
    "words_per_sentence": "mean number of words in a sentence",
    "lines": "number of lines that are not blank",
    "paragraphs": "number of blocks between blank lines",
    "characters": "number of characters",
    "reading_grade": "school years needed to read it (Flesch-Kincaid; English)",
    "long_words": "share of words of more than six letters, as in LIX: technical terms are long",
    "abbreviations": "number of words in capitals only",
    "repeated_sentences": "number of sentences that say an earlier one again, word for word",
    "bullets": "number of bullet points",
    "numbered_steps": "number of lines that begin with a number and a point",
    "headings": "number of Markdown headings",
    "table_rows": "number of rows of Markdown tables",
    "marks": "number of lines with Markdown marks of any kind",
    "valid_json": "1 if the whole answer is one JSON object or list",
    "empty_values": "number of JSON values that say nothing: null, empty, “unknown”",
    "number_last": "1 if the last line ends with a number",
    "numbers": "number of numbers",
    "examples": "number of phrases that begin an example (English)",
    "particulars": "number of numbers, names and examples (names: capitals within a sentence)",
    "different_terms": "number of different longer words: how much is told",
    "reasons": "number of words that give a reason, such as because (English)",
    "contrasts": "number of words that set against, such as however (English)",
    "hedges": "number of words that soften, such as perhaps (English)",
    "intensifiers": "number of words that exaggerate, such as incredibly (English)",
    "first_person": "number of words such as I and our (English)",
    "second_person": "number of words such as you and your (English)",
    "contractions": "number of words such as don't (English)",
    "passives": "number of passive verbs (English, estimated)",
    "excitement": "number of exclamation marks and emoji",
    "questions": "number of question marks",
    "apologies": "number of apologies (English)",
    "refusals": "number of phrases that decline the task (English)",
    "disclaimers": "number of warnings and remarks about being a model (English)",
    "pleasantries": "number of openings and closings without content (English)",
    "text": "number of times the text `of` occurs, in any case of letters",
    "pattern": "number of times the regular expression `of` matches",
    "language": "1 if the answer reads as the language `of`",
    "input_language": "1 if the answer reads as the language of the inputs",
    "input_terms": "share of the inputs' longer words that the answer takes up, in any form",
    "sentences_on_topic": "share of sentences that take up a longer word of the inputs",
    "copied": "share of the answer's runs of four words that stand in the inputs",
    "quotes_found": "number of quotations that stand in the inputs",
    "quotes_unfound": "number of quotations that do not stand in the inputs",
    "new_particulars": "number of names and numbers that do not stand in the inputs",
    "unfound_values": "number of JSON values that do not stand in the inputs",
    "exact_label": "1 if the answer is exactly one of the labels",
    "labels_named": "number of different labels in the answer",
}
"""Every measure by name, and what it is."""

WITH_OF = ("text", "pattern", "language")
"""The measures that need `of`."""

LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
"""The languages that can be told apart, by their codes (ISO 639-1)."""

DIRECTIONS = ("fewer", "more", "present", "absent", "at most", "at least")
"""Which way is better. `fewer` and `more` compare two answers, the others judge one."""

_BOUNDED = ("at most", "at least")


@dataclass(frozen=True, slots=True)
class Check:
    """A measure, and which of its values are good.

    `of` is what the measures `text`, `pattern` and `language` look for; `bound` the number that
    "at most" and "at least" need. Raises PromptError, which begins with the field's name, for
    anything unknown or missing.
    """

    measure: str
    better: str
    of: str = ""
    bound: float | None = None

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise PromptError(f"measure is {self.measure!r}{_nearest(self.measure, MEASURES)}")
        if self.better not in DIRECTIONS:
            raise PromptError(f"better is {self.better!r}; there are: {', '.join(DIRECTIONS)}")
        self._check_of()
        if (self.bound is not None) != (self.better in _BOUNDED):
            wanted = "needs a number here" if self.better in _BOUNDED else "takes no number"
            raise PromptError(f"bound: {self.better!r} {wanted}")
        if self.bound is not None and not math.isfinite(self.bound):
            raise PromptError(f"bound is {self.bound}; give a finite number")

    def score(self, value: float) -> float:
        """Return a measured value as a score of which more is better.

        For `fewer` and `more` it is the value with its sign, in the measure's own unit; for the
        others 1 where the condition holds, else 0.
        """
        match self.better:
            case "fewer":
                return -value
            case "more":
                return value
            case "present":
                return float(value > 0)
            case "absent":
                return float(value <= 0)
        bound = self.bound or 0.0
        return float(value <= bound if self.better == "at most" else value >= bound)

    @property
    def sentence(self) -> str:
        """The check in a few words: `words fewer`, `lines at most 1`, `text “sorry” absent`."""
        of = f" “{self.of}”" if self.of else ""
        bound = f" {self.bound:g}" if self.bound is not None else ""
        return f"{self.measure}{of} {self.better}{bound}"

    def _check_of(self) -> None:
        if bool(self.of) != (self.measure in WITH_OF):
            wanted = "needs a text here" if self.measure in WITH_OF else "takes no text"
            raise PromptError(f"of: the measure {self.measure!r} {wanted}")
        if self.measure == "language" and self.of not in LANGUAGES:
            raise PromptError(f"of is {self.of!r}{_nearest(self.of, LANGUAGES)}")
        if self.measure == "pattern":
            try:
                re.compile(self.of)
            except (re.error, OverflowError, RecursionError) as error:
                raise PromptError(f"of is no regular expression: {error}") from None


def _nearest(name: str, known: dict[str, str]) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.5)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    return f", which is unknown{meant}; there are: {', '.join(known)}"
