"""Output-format repair: edits for answers that could not be read, broke off or were refused.

Owns which remedy goes with which status (`evaluate/outcome.py`). The wordings are the library's,
for the kind of task; whether a remedy helps is for the race to find out. No model is called.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from intone.errors import PromptError
from intone.evaluate.outcome import Outcome, Status
from intone.prompt.contradictions import fit_together
from intone.prompt.edits import (
    Edit,
    add_clarifier,
    apply_all,
    change_output_format,
    replace_clarifier,
)
from intone.prompt.library.entries import Clarifier, Kind
from intone.prompt.library.library import Library, ours
from intone.prompt.phrasings import format_edit, said_last
from intone.prompt.prompt import Prompt

ANSWER_ONLY = (
    "label-only",
    "number-only",
    "object-only",
    "answer-only",
    "new-text-only",
    "finished-text-only",
)
"""The output formats of the library that leave no room for anything but the answer."""
_STEPS_TOO = "short-steps"
"""The clarifier for brevity that leaves room for the steps to an answer: its mildest wording is
tried, for a model told to write few or terse steps reasons worse (measured, RESULTS.md: svamp)."""
_READABLE = ("exact_label", "number_last", "valid_json")
"""The checks of clarifiers that make an answer readable."""


def format_repairs(
    prompt: Prompt,
    outcomes: Sequence[Outcome],
    *,
    kind: Kind,
    labels: Sequence[str] = (),
    library: Library | None = None,
) -> list[tuple[Edit, ...]]:
    """Return edits against what kept a prompt's answers from being read, likely ones first.

    - *unparseable*: an output format of the library, the clarifier that makes answers readable in
      its strongest wording, and what form the answer has said last, after the row
    - *truncated*: a form with room for the answer only, the first clarifier for brevity, and that
      which leaves room for the steps to an answer in its mildest wording
    - *refused*: the clarifier against refusals, and the form of the answer said last

    The remedies for what happened most often lead, those for different statuses take turns. () if
    all answers could be read. None leads back to the prompt, no two lead to the same one, and none
    makes the prompt contradict itself.
    """
    happened = Counter(outcome.status for outcome in outcomes)
    statuses = sorted((s for s in _REMEDIES if happened[s]), key=lambda s: -happened[s])
    entries = _Entries(library or ours(), kind, labels)
    remedies = [_REMEDIES[status](prompt, entries) for status in statuses]
    seen, found = {prompt.id}, []
    for turn in zip_longest(*remedies, fillvalue=()):
        for edits in turn:
            repaired = _repaired(prompt, edits)
            if repaired is not None and repaired.id not in seen:
                seen.add(repaired.id)
                found.append(edits)
    return found


@dataclass(frozen=True)
class _Entries:
    """What the library has for a kind of task with these labels."""

    library: Library
    kind: Kind
    labels: Sequence[str]

    def forms(self) -> dict[str, Edit]:
        """Return the edits to the output formats, by name."""
        formats = self.library.output_formats(self.kind)
        made = {form.name: format_edit(form, self.labels) for form in formats}
        return {name: edit for name, edit in made.items() if edit is not None}

    def rules(self, purpose: str) -> list[Clarifier]:
        """Return the clarifiers for a purpose that a search may try by itself."""
        found = self.library.clarifiers(self.kind)
        return [rule for rule in found if rule.purpose == purpose and rule.race]


def _unparseable(prompt: Prompt, entries: _Entries) -> Iterator[tuple[Edit, ...]]:
    forms = entries.forms()
    rules = entries.rules("format")
    checked = [rule for rule in rules if rule.check and rule.check.measure in _READABLE]
    strict = [_strongest(prompt, rule) for rule in checked]
    other = [(form,) for form in forms.values() if form.apply(prompt) != prompt]
    yield from other[:1]
    yield from strict[:1]
    yield from _form_last(prompt, forms)
    yield from other[1:]


def _truncated(prompt: Prompt, entries: _Entries) -> Iterator[tuple[Edit, ...]]:
    forms = entries.forms()
    yield from ((forms[name],) for name in ANSWER_ONLY if name in forms)
    brief = entries.rules("brevity")
    yield from (_strongest(prompt, rule) for rule in brief[:1])
    yield from (_mildest(prompt, rule) for rule in brief[1:] if rule.name == _STEPS_TOO)


def _refused(prompt: Prompt, entries: _Entries) -> Iterator[tuple[Edit, ...]]:
    yield from (_strongest(prompt, rule) for rule in entries.rules("refusal")[:1])
    yield from _form_last(prompt, entries.forms())


_REMEDIES: Mapping[Status, Callable[[Prompt, _Entries], Iterator[tuple[Edit, ...]]]] = {
    "unparseable": _unparseable,
    "truncated": _truncated,
    "refused": _refused,
}


def _strongest(prompt: Prompt, rule: Clarifier) -> tuple[Edit, ...]:
    """Return the edit to a clarifier's strongest wording, in place of a weaker one."""
    weaker = next((text for text in prompt.clarifiers if text in rule.strengths), None)
    strongest = rule.strengths[-1]
    return (replace_clarifier(weaker, strongest) if weaker else add_clarifier(strongest),)


def _mildest(prompt: Prompt, rule: Clarifier) -> tuple[Edit, ...]:
    """Return the edit that adds a clarifier's mildest wording; () where the prompt has one."""
    has_one = any(text in rule.strengths for text in prompt.clarifiers)
    return () if has_one else (add_clarifier(rule.strengths[0]),)


def _form_last(prompt: Prompt, forms: Mapping[str, Edit]) -> Iterator[tuple[Edit, ...]]:
    """Yield the edits that say after the row what form the answer has, and nowhere else."""
    text = prompt.output_format
    if not text and forms:
        text = next(iter(forms.values())).apply(prompt).output_format
    if text and text not in prompt.template:
        moved = (change_output_format(""),) if prompt.output_format else ()
        yield (*moved, said_last(prompt, text))


def _repaired(prompt: Prompt, edits: Sequence[Edit]) -> Prompt | None:
    """Return the prompt with the edits; None where they do not fit it."""
    try:
        repaired = apply_all(prompt, edits)
    except PromptError:
        return None
    return repaired if fit_together(prompt, repaired) else None
