"""How a program inside another is read: the answer, or that there is none.

Owns what counts as an answer of a vote's member and of a chain's step; how a kind of answer is
found in a text is the room `llm`'s (`answers.py`).
"""

from __future__ import annotations

from intone.data.canonical import canonical
from intone.llm.answers import AnswerSpec, Labels
from intone.llm.completion import FinishReason
from intone.llm.read_json import decoded
from intone.prompt.program import Answer

_GRAVITY: tuple[FinishReason, ...] = ("stop", "length", "refusal")


def read_answer(answer: Answer, spec: AnswerSpec) -> str | None:
    """Return what was answered, as a grader would read it; None if that cannot be read.

    An answer that was refused or cut off, or that a chain came to too early, is none. Labels are
    read as the grader `label` does: the text itself, else the likeliest, else the one named.
    """
    if answer.step is not None or answer.finish != "stop":
        return None
    if isinstance(spec, Labels):
        read = spec.label_of(answer.text)
        if read is None and answer.choices:
            known = [label for label in spec.labels if label in answer.choices]
            read = max(known, key=lambda label: answer.choices[label]) if known else None
        if read is not None:
            return read
    return spec.parse(answer.text)


def comparable(read: str) -> str:
    """Return a JSON object or array without its spacing, so that equal ones are the same text.

    Any other answer is as it was read: a label, a number.
    """
    if not read.startswith(("{", "[")):
        return read
    try:
        return canonical(decoded(read))
    except ValueError:
        return read


def graver(one: FinishReason, other: FinishReason) -> FinishReason:
    """Return the graver of two ends: refused, then cut off, then whole."""
    return max(one, other, key=_GRAVITY.index)
