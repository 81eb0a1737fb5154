"""What a Python program calls about complaints: `apply_feedback` and its async twin.

Owns the result as an object; the work is `orders`' and `feedback_keep`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from intone.errors import InputError, SettingError
from intone.evaluate.budget import Budget
from intone.feedback.agenda import Read
from intone.feedback.understand import understand
from intone.llm.backend import Backend
from intone.prompt.prompt import Prompt
from intone.runs.blocking import wait_for
from intone.runs.feedback import listed
from intone.runs.feedback_ask import Ask
from intone.runs.feedback_keep import held_back, keep_proposal
from intone.runs.orders import execute
from intone.runs.project import Project
from intone.runs.python import Given, Task, kept_in, order_for
from intone.runs.results import Result
from intone.store.complaints import Complaints

_ACCEPTED = ("unproven", "words")


@dataclass(frozen=True)
class FeedbackResult(Result):
    """What complaints came to."""

    @property
    def prompt(self) -> Prompt:
        """The prompt to use: the changed one if it was applied, else the one that was given."""
        return Prompt.from_canonical(self.form["proposal" if self.accepted else "prompt"])

    @property
    def proposal(self) -> Prompt | None:
        """The prompt that is proposed; None if no change granted a wish."""
        form = self.form["proposal"]
        return None if form is None else Prompt.from_canonical(form)

    @property
    def accepted(self) -> bool:
        """Whether the proposal was applied: it is a version then, and has a way back."""
        return bool(self.form["accepted"])

    @property
    def wishes(self) -> Sequence[Mapping[str, Any]]:
        """What was asked for, with what came of each: its state, the reason, the tries."""
        return list(self.form["wishes"])

    @property
    def checks(self) -> Sequence[Mapping[str, Any]]:
        """The checks of what is proposed: name, before, after, low, high."""
        return list(self.form["checks"])

    @property
    def to_decide(self) -> Sequence[Mapping[str, str]]:
        """What a person has to say yes to besides the change itself."""
        return list(self.form["asks"])


async def aapply_feedback(
    prompt: Given,
    complaints: Ask | Sequence[Read] | None = None,
    task: Task | None = None,
    *,
    model: str | Backend = "local",
    budget: Budget | None = None,
    accept: Collection[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> FeedbackResult:
    """Turn complaints into a tested change; see `apply_feedback`."""
    name = _name(prompt, folder)
    ask = _waiting(Path(folder), name) if complaints is None else _ask(complaints)
    unknown = sorted(set(accept or ()) - set(_ACCEPTED))
    if isinstance(accept, str) or unknown:
        raise SettingError(f"accept is {accept!r}; give a list of: {', '.join(_ACCEPTED)}")
    if accept is not None and "words" in accept:
        ask = replace(ask, words=True)
    order = replace(
        order_for("feedback", [prompt], task, model, budget, settings or {}, folder), ask=ask
    )
    if name is not None:
        order = replace(order, names=(name,))
    result = await execute(order)
    if accept is not None and result["proposal"] is not None and not held_back(result, accept):
        with order.project.open() as database:
            result = keep_proposal(database, Complaints(database), result)
    return FeedbackResult(result, *kept_in(order))


def apply_feedback(
    prompt: Given,
    complaints: Ask | Sequence[Read] | None = None,
    task: Task | None = None,
    *,
    model: str | Backend = "local",
    budget: Budget | None = None,
    accept: Collection[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> FeedbackResult:
    """Turn complaints into a change of the prompt that is shown to help.

    `complaints` are pairs of a Complaint and what it wishes for (a tuple of Wish), or an Ask, which
    also says what to do about conflicts and how much of the score may be lost; None: the open ones
    about this prompt that the project keeps, read without a model. Without a `task` the
    inputs of the complaints are replayed. `accept` None proposes only; an empty list applies a
    change with nothing left to decide; "unproven" and "words" in it lift these two doubts. The
    other arguments are those of `tune`. Raises IntoneError for every expected failure.
    """
    return wait_for(
        lambda: aapply_feedback(
            prompt,
            complaints,
            task,
            model=model,
            budget=budget,
            accept=accept,
            settings=settings,
            folder=folder,
        )
    )


def _name(prompt: Given, folder: str | Path) -> str | None:
    """Return the name of a prompt that is a file, None for any other."""
    if isinstance(prompt, str | Path) and (Path(folder) / prompt).is_file():
        return Path(prompt).stem
    return None


def _waiting(folder: Path, name: str | None) -> Ask:
    """Return the open complaints that are kept about a prompt, with what they wish for."""
    those = listed(Project(folder), name=name)
    reads = tuple((it, understand(it)) for it in those if it.state == "open")
    if not reads:
        about = f" about {name!r}" if name else ""
        raise InputError(f"there are no open complaints{about} (see: intone.add_feedback)")
    return Ask(reads, past=those)


def _ask(complaints: Ask | Sequence[Read]) -> Ask:
    if isinstance(complaints, Ask):
        return complaints
    if isinstance(complaints, str | Mapping) or not isinstance(complaints, Iterable):
        raise SettingError("complaints: give pairs of a Complaint and a tuple of Wish, or an Ask")
    return Ask(tuple((complaint, tuple(wishes)) for complaint, wishes in complaints))
