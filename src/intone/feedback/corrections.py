"""Right answers that users gave, agreed to one for each input. Owns how they are agreed.

What becomes of them, as rows to tune on, is `runs/corrections.py`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from intone.data.cells import as_text
from intone.data.naming import identifier
from intone.feedback.complaint import Complaint

CURATOR = "intone:curator"
"""Whose word is final: who fixes labels as the owner of the data, not one user among others."""

_NAMED = 5  # complaints that a sentence names


@dataclass(frozen=True, slots=True)
class Correction:
    """The right answer to some inputs, and the complaints that say so."""

    inputs: Mapping[str, str]
    answer: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """One correction for each input, and what is to be said of those that contradict each other."""

    corrections: tuple[Correction, ...]
    notices: tuple[str, ...] = ()


def fitting(complaints: Iterable[Complaint], inputs: Sequence[str], target: str) -> list[Complaint]:
    """Return the complaints whose right answer is one to this task: the rest is another task's.

    They have all of the task's `inputs` (names in templates), and their answer is a value of its
    `target` column, or of a column that is not known.
    """
    column = identifier(target)
    return [
        it
        for it in complaints
        if it.answer is not None
        and it.answer.strip()
        and (not it.target or identifier(it.target) == column)
        and all(name in it.inputs for name in inputs)
    ]


def agree(
    complaints: Iterable[Complaint], inputs: Sequence[str], key: Callable[[Mapping[str, str]], int]
) -> Agreed:
    """Agree on one answer for each input: the same user's latest word, then the majority.

    Where the curator has spoken, the curator's latest word is the answer whatever users say.
    Inputs with the same `key` are the same. Those who gave no id count one by one. Where the
    majority is tied, there is no correction, and a notice says so. Complaints must be `fitting`.
    """
    by_key: dict[int, list[Complaint]] = {}
    for complaint in sorted(complaints, key=lambda it: it.number):
        by_key.setdefault(key(_inputs(complaint, inputs)), []).append(complaint)
    found: list[Correction] = []
    torn: list[Complaint] = []
    tied: list[Complaint] = []
    for group in by_key.values():
        by_user = {it.who or it.number: it for it in group}
        if CURATOR in by_user:
            by_user = {CURATOR: by_user[CURATOR]}
        latest = sorted(by_user.values(), key=lambda it: it.number)
        votes = Counter(map(_answer, latest))
        (answer, most), *others = votes.most_common()
        if others and others[0][1] == most:
            tied += latest
            continue
        if others:
            torn += latest
        those = [it for it in latest if _answer(it) == answer]
        numbers = tuple(it.number for it in those)
        found.append(Correction(_inputs(those[-1], inputs), answer, numbers))
    return Agreed(tuple(found), (*_torn(torn), *_tied(tied)))


def named(complaints: Sequence[int]) -> str:
    """Return complaints as a sentence names them: `complaint 3`, `complaints 3, 5 and 2 more`."""
    some = ", ".join(map(str, complaints[:_NAMED]))
    more = f" and {len(complaints) - _NAMED} more" if len(complaints) > _NAMED else ""
    return f"complaint{'s' if len(complaints) > 1 else ''} {some}{more}"


def _torn(those: Sequence[Complaint]) -> list[str]:
    if not those:
        return []
    which = named(sorted(it.number for it in those))
    return [f"{which} give different right answers for the same inputs; the majority counts"]


def _tied(those: Sequence[Complaint]) -> list[str]:
    if not those:
        return []
    which = named(sorted(it.number for it in those))
    return [
        f"{which} give different right answers for the same inputs, with no majority, and are "
        "left out; intone feedback decline N settles it"
    ]


def _inputs(complaint: Complaint, names: Sequence[str]) -> dict[str, str]:
    # As a reader would give them: half a surrogate pair is no text that can be sent.
    return {name: as_text(complaint.inputs[name]) or "" for name in names}


def _answer(complaint: Complaint) -> str:
    return (as_text(complaint.answer) or "").strip()
