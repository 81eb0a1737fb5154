"""A form for a complaint by hand: about an answer of this server, a row of a run, or a prompt.

Owns the fields. What they are about is found out by the doors; a field never names a file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from nicegui import ui
from nicegui.element import Element

from intone.errors import InputError, IntoneError
from intone.runs.about import Feedback
from intone.runs.serving import Remark, Serving
from intone.serve.pages.parts import refused

_KINDS = {
    "prompt": "a prompt, or an answer it gave elsewhere",
    "run": "a run, or a row of it",
    "trace": "an answer of this server",
}
_NEWEST = 50  # runs and answers that can be chosen
_EXCERPT = 60


@dataclass
class _Subject:
    """The fields that say what a complaint is about; which there are depends on the kind."""

    serving: Serving
    kind: str = "prompt"
    chosen: ui.select | None = None
    row: ui.number | None = None
    output: ui.textarea | None = None
    inputs: dict[str, ui.textarea] = field(default_factory=dict)

    def draw(self) -> None:
        """Draw the fields of the kind."""
        self.chosen, self.row, self.output, self.inputs = None, None, None, {}
        choices = self._choices()
        if not choices:
            ui.label(f"There is none to choose from: {_KINDS[self.kind]}.")
            return
        label = {"prompt": "Which prompt", "run": "Which run", "trace": "Which answer"}[self.kind]
        self.chosen = ui.select(choices, value=next(iter(choices)), label=label)
        self.chosen.classes("full-width")
        if self.kind == "run":
            self.row = ui.number("Row, from 1 (none: the prompt in general)", min=1, precision=0)
            self.row.classes("full-width")
        if self.kind == "prompt":
            place = ui.column().classes("full-width")
            self.chosen.on_value_change(lambda: self._draw_inputs(place))
            self._draw_inputs(place)
            self.output = ui.textarea("What was answered (may be empty)").props("autogrow")
            self.output.classes("full-width")

    def _choices(self) -> dict[str, str]:
        if self.kind == "run":
            return {
                str(run["run"]): f"run {run['run']}: {run['kind']} of {', '.join(run['prompts'])}"
                for run in self.serving.runs(_NEWEST)
                if run["prompts"]
            }
        if self.kind == "trace":
            return {
                trace["id"]: f"{trace['ref']}: {_excerpt(trace['output'])} ({trace['id'][:8]})"
                for trace in self.serving.traces(_NEWEST)
            }
        found = {}
        for prompt in self.serving.prompts():
            found[prompt["name"]] = f"{prompt['name']}, the latest version"
            for label, number in prompt["labels"].items():
                found[f"{prompt['name']}@{label}"] = f"{prompt['name']}@{label} (version {number})"
        if own := self.serving.hearing.own_prompt():
            found[own[0]] = f"{own[1]}, the project's prompt"
        return found

    def _draw_inputs(self, place: Element) -> None:
        place.clear()
        self.inputs = {}
        with place:
            for name in self._variables(self.ref):
                label = f"What was asked: {name} (may be empty)"
                self.inputs[name] = ui.textarea(label).props("autogrow").classes("full-width")

    def _variables(self, ref: str) -> list[str]:
        own = self.serving.hearing.own_prompt()
        if own is not None and ref == own[0]:
            return own[2]
        name, _, which = ref.partition("@")
        return self.serving.variables(name, which or "latest")

    @property
    def ref(self) -> str:
        """What is chosen."""
        return "" if self.chosen is None else str(self.chosen.value)

    def filled_in(self) -> Mapping[str, str] | None:
        """Return the inputs, None if none was given."""
        given = {name: str(box.value or "") for name, box in self.inputs.items()}
        return given if any(text.strip() for text in given.values()) else None


def complaint_form(serving: Serving, kept: Callable[[], Awaitable[None]]) -> None:
    """Show the form, folded; `kept` is awaited when a complaint was kept."""
    subject = _Subject(serving)
    with ui.expansion("Add a complaint").classes("full-width"):
        comment = ui.textarea("What was said").props("autogrow").classes("full-width")
        kind = ui.select(_KINDS, value="prompt", label="It is about").classes("full-width")
        place = ui.column().classes("full-width")
        rating = ui.input("Rating: 0 to 1, 2/5, up or down (may be empty)").classes("full-width")
        answer = ui.textarea("The right answer (may be empty)").props("autogrow")
        answer.classes("full-width")
        who = ui.input("Who said it: an id (may be empty)").classes("full-width")

        def draw() -> None:
            subject.kind = str(kind.value)
            place.clear()
            with place:
                try:
                    subject.draw()
                except IntoneError as error:
                    ui.label(str(error)).classes("bad prose")

        async def keep() -> None:
            said = _Said(*(str(it.value or "") for it in (comment, rating, answer, who)))
            try:
                told = await _keep(serving, subject, said)
            except IntoneError as error:
                refused(error)
                return
            for text in told:
                ui.notify(text, multi_line=True)
            for box in (comment, rating, answer):
                box.set_value("")
            await kept()

        draw()
        kind.on_value_change(draw)
        ui.button("Keep the complaint", on_click=keep)


@dataclass(frozen=True)
class _Said:
    """What was typed; an empty text was not given."""

    comment: str
    rating: str
    answer: str
    who: str


async def _keep(serving: Serving, subject: _Subject, said: _Said) -> tuple[str, ...]:
    """Keep a complaint; return what is to be told. Raises InputError."""
    if subject.chosen is None:
        raise InputError(f"there is none to choose from: {_KINDS[subject.kind]}")
    right = said.answer if said.answer.strip() else None
    if subject.kind == "trace":
        rating = serving.hearing.rating(said.rating)
        if not said.comment.strip() and right is None:
            raise InputError("nothing is said: write what was said, or the right answer")
        await serving.remark(Remark(subject.ref, said.comment, rating, right, said.who))
        return ("The complaint is kept.",)
    given = Feedback(said.comment, said.rating.strip() or None, right, said.who)
    number, notices = await asyncio.to_thread(serving.hearing.add, _about(subject, given))
    return (f"Complaint {number} is kept.", *notices)


def _about(subject: _Subject, given: Feedback) -> Feedback:
    if subject.kind == "run":
        typed = subject.row.value if subject.row is not None else None
        row = None if typed is None else int(typed) - 1
        return replace(given, run=int(subject.ref), row=row)
    output = str(subject.output.value or "") if subject.output is not None else ""
    return replace(given, prompt=subject.ref, inputs=subject.filled_in(), output=output or None)


def _excerpt(text: str) -> str:
    """Return the beginning of an answer; half a surrogate pair, which models write, is no text."""
    flat = " ".join(text.encode("utf-8", "replace").decode().split())
    return flat if len(flat) <= _EXCERPT else flat[: _EXCERPT - 1] + "…"
