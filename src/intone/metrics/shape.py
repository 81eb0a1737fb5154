"""Measures of shape: how long an answer is, and how it is laid out. Owns nothing about content."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from intone.llm.answers import Json
from intone.metrics.words import NUMBER, lines_of, plain, sentences_of, words_of

_LONG = 6  # letters; above, LIX calls a word long (Björnsson 1968, Läsbarhet)
_BULLET = re.compile(r"[-*+•–]\s+\S")
_STEP = re.compile(r"(?:\*\*)?(?:step\s+)?\d{1,3}[.):]\s+\S", re.IGNORECASE)
_HEADING = re.compile(r"#{1,6}\s+\S")
_TABLE_ROW = re.compile(r"\|.*\|$")
_RULE = re.compile(r"[|\s:-]+$")
_MARKED = re.compile(r"\*\*|__|```|`[^`\n]+`|\[[^\]\n]{1,200}\]\(")
_LAST_NUMBER = re.compile(r"[-+]?(?:\d+(?:[,.]\d+)*|\.\d+)(?:/\d+)?%?")
_NOTHING = frozenset({"", "unknown", "n/a", "na", "none", "null", "not mentioned", "not given",
                      "not specified", "not stated", "-", "unspecified", "?"})  # fmt: skip


def words(text: str) -> float:
    """Count the words."""
    return float(len(words_of(text)))


def sentences(text: str) -> float:
    """Count the sentences."""
    return float(len(sentences_of(text)))


def words_per_sentence(text: str) -> float:
    """Return the mean number of words in a sentence, 0 without any."""
    found = sentences_of(text)
    return words(text) / len(found) if found else 0.0


def lines(text: str) -> float:
    """Count the lines that are not blank."""
    return float(len(lines_of(text)))


def paragraphs(text: str) -> float:
    """Count the blocks between blank lines."""
    count, inside = 0, False
    for line in text.splitlines():
        count += bool(line.strip()) and not inside
        inside = bool(line.strip())
    return float(count)


def characters(text: str) -> float:
    """Count the characters, white space around the text aside."""
    return float(len(text.strip()))


def long_words(text: str) -> float:
    """Return the share of words of more than six letters, 0 without words."""
    found = words_of(text)
    return sum(len(word) > _LONG for word in found) / len(found) if found else 0.0


def abbreviations(text: str) -> float:
    """Count the words of two to six letters that are in capitals throughout."""
    return float(sum(2 <= len(w) <= 6 and w.isalpha() and w.isupper() for w in words_of(text)))


def repeated_sentences(text: str) -> float:
    """Count the sentences that say an earlier one again, case and punctuation aside."""
    found = [" ".join(words_of(plain(sentence))) for sentence in sentences_of(text)]
    return float(len(found) - len(set(found)))


def bullets(text: str) -> float:
    """Count the bullet points."""
    return _lines_like(_BULLET, text)


def numbered_steps(text: str) -> float:
    """Count the lines that begin with a number and a point, a bracket or a colon."""
    return _lines_like(_STEP, text)


def headings(text: str) -> float:
    """Count the Markdown headings."""
    return _lines_like(_HEADING, text)


def table_rows(text: str) -> float:
    """Count the rows of Markdown tables, the header included, the rule below it not."""
    rows = [line for line in lines_of(text) if _TABLE_ROW.match(line)]
    return float(sum(_RULE.match(row) is None for row in rows))


def marks(text: str) -> float:
    """Count the lines with a list's, a heading's, a table's or any other Markdown mark."""
    starts = (_BULLET, _STEP, _HEADING, _TABLE_ROW)
    return float(
        sum(
            any(start.match(line) for start in starts) or _MARKED.search(line) is not None
            for line in lines_of(text)
        )
    )


def numbers(text: str) -> float:
    """Count the numbers."""
    return float(len(NUMBER.findall(text)))


def number_last(text: str) -> float:
    """Return 1 if the last line ends with a number, a full stop or bold type aside; else 0."""
    found = lines_of(text)
    if not found:
        return 0.0
    last = re.split(r"[\s:=]", found[-1].rstrip("*_.`)] "))[-1].lstrip("*_`([$€£¥")
    return float(_LAST_NUMBER.fullmatch(last) is not None)


def valid_json(text: str) -> float:
    """Return 1 if the whole text is one JSON object or list, else 0."""
    try:
        return float(isinstance(json.loads(text), dict | list))
    except (ValueError, RecursionError):
        return 0.0


def empty_values(text: str) -> float:
    """Count the values that say nothing, in the first JSON value of the text."""
    return float(sum(plain(value) in _NOTHING for value in json_values(text)))


def json_values(text: str) -> Iterator[str]:
    """Yield the values inside the first JSON object or list of a text, as text.

    null and a nested object or list with nothing in it give the empty text.
    """
    found = Json().parse(text)
    try:
        waiting = _inside(json.loads(found)) if found is not None else []
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if inside := _inside(value):
            waiting.extend(inside)
        elif value is None or isinstance(value, dict | list):
            yield ""
        else:
            yield value if isinstance(value, str) else json.dumps(value)


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _lines_like(start: re.Pattern[str], text: str) -> float:
    return float(sum(start.match(line) is not None for line in lines_of(text)))
