"""Measures by name: what the library's checks compute from an answer, without a model.

Owns the tables, the measures that look for something given, and how a check is computed. What a
measure means is said in `MEASURES` of `intone.prompt.library.checks`. A measure returns a finite
number for any text and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from intone.llm.answers import FreeText
from intone.metrics import grounding, language, shape, wording
from intone.metrics.words import plain
from intone.prompt.library.checks import Check


def text(answer: str, wanted: str) -> float:
    """Count a text's occurrences, in any case of letters and with any white space."""
    sought = plain(wanted)
    return float(plain(answer).count(sought)) if sought else 0.0


def pattern(answer: str, expression: str) -> float:
    """Count the matches of a regular expression that do not overlap.

    The expression comes from a data file of the user's own; how long it takes is theirs to mind.
    """
    return float(sum(1 for _ in re.finditer(expression, answer)))


def exact_label(answer: str, labels: Sequence[str]) -> float:
    """Return 1 if the answer is one of the labels, letter for letter; else 0."""
    return float(answer.strip() in {label.strip() for label in labels})


def labels_named(answer: str, labels: Sequence[str]) -> float:
    """Count the different labels in an answer; one inside a longer one does not count."""
    longest_first = sorted({plain(label) for label in labels} - {""}, key=len, reverse=True)
    if not longest_first:
        return 0.0
    any_label = "|".join(re.escape(label) for label in longest_first)
    return float(len(set(re.findall(rf"(?<!\w)(?:{any_label})(?!\w)", plain(answer)))))


OF_ANSWER: Mapping[str, Callable[[str], float]] = {
    measure.__name__: measure
    for measure in (
        shape.words,
        shape.sentences,
        shape.words_per_sentence,
        shape.lines,
        shape.paragraphs,
        shape.characters,
        shape.long_words,
        shape.abbreviations,
        shape.repeated_sentences,
        shape.bullets,
        shape.numbered_steps,
        shape.headings,
        shape.table_rows,
        shape.marks,
        shape.valid_json,
        shape.empty_values,
        shape.number_last,
        shape.numbers,
        wording.reading_grade,
        wording.examples,
        wording.particulars,
        grounding.different_terms,
        wording.reasons,
        wording.contrasts,
        wording.hedges,
        wording.intensifiers,
        wording.first_person,
        wording.second_person,
        wording.contractions,
        wording.passives,
        wording.excitement,
        wording.questions,
        wording.apologies,
        wording.refusals,
        wording.disclaimers,
        wording.pleasantries,
    )
}
"""Those that need the answer alone."""

OF_ANSWER_AND_WANTED: Mapping[str, Callable[[str, str], float]] = {
    "text": text,
    "pattern": pattern,
    "language": language.language,
}
"""Those that look for the check's `of`."""

OF_ANSWER_AND_SOURCE: Mapping[str, Callable[[str, str], float]] = {
    "input_language": language.input_language,
    "input_terms": grounding.input_terms,
    "sentences_on_topic": grounding.sentences_on_topic,
    "copied": grounding.copied,
    "quotes_found": grounding.quotes_found,
    "quotes_unfound": grounding.quotes_unfound,
    "new_particulars": grounding.new_particulars,
    "unfound_values": grounding.unfound_values,
}
"""Those that hold the answer against the texts it should rest on."""

OF_ANSWER_AND_LABELS: Mapping[str, Callable[[str, Sequence[str]], float]] = {
    "exact_label": exact_label,
    "labels_named": labels_named,
}
"""Those that need the task's labels."""


def measured(
    check: Check, answer: str, *, sources: Sequence[str] = (), labels: Sequence[str] = ()
) -> float:
    """Return what a check's measure comes to for an answer; `check.score` makes a score of it.

    `sources` are the texts the answer should rest on: the row's inputs and any context shown.
    What a reasoning model thought is not part of its answer.
    """
    said = FreeText().parse(answer) or ""
    if check.measure in OF_ANSWER:
        return OF_ANSWER[check.measure](said)
    if check.measure in OF_ANSWER_AND_WANTED:
        return OF_ANSWER_AND_WANTED[check.measure](said, check.of)
    if check.measure in OF_ANSWER_AND_SOURCE:
        return OF_ANSWER_AND_SOURCE[check.measure](said, "\n".join(sources))
    return OF_ANSWER_AND_LABELS[check.measure](said, labels)
