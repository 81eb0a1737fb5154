"""Prompt: its sections from role to layout, as one value.

Owns the value, its id, and how it answers a row (it is a Program). How the sections are put into
messages is `layouts`; how they are read from and written to a file is `files`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.errors import PromptError
from intone.llm.answers import Labels
from intone.llm.messages import Message, plain_text
from intone.llm.request import Request
from intone.prompt import kinds, layouts, template
from intone.prompt.nearest import Index, checked_counts, index_of
from intone.prompt.offsets import checked_offsets, corrected, likeliest
from intone.prompt.program import Answer, Got, Lost

Layout = Literal["chat", "plain", "markdown", "xml"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)


@dataclass(frozen=True)
class Demonstration:
    """A worked example shown inside a prompt. Raises PromptError for what is no text."""

    inputs: Mapping[str, str]
    output: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", kinds.texts(self.inputs, "demonstrations.inputs"))
        kinds.text(self.output, "demonstrations.output")

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.inputs.items())), self.output))


@dataclass(frozen=True)
class Prompt:
    """A prompt made of parts. Immutable; its id is the hash of its canonical form.

    `template` is Jinja text that names the row's inputs; all else is optional. `context` passages
    may name inputs too; `passages` are shown as they are. `nearest` says of how many
    demonstrations or passages a row is shown the nearest ones; without a number it is shown all.
    `codes` gives each label a short code that the prompt shows and the model
    answers with. `offsets` are added to the labels' log-probabilities (natural logarithm) where
    the backend gives these; elsewhere they change nothing. Raises PromptError for an empty or
    unreadable template, an unknown layout, a number that is none, or a section of the wrong kind.
    """

    template: str
    role: str = ""
    context: Sequence[str] = ()
    passages: Sequence[str] = ()
    clarifiers: Sequence[str] = ()
    output_format: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    demonstrations: Sequence[Demonstration] = ()
    nearest: Mapping[str, int] = field(default_factory=dict)
    offsets: Mapping[str, float] = field(default_factory=dict)
    layout: Layout = "chat"

    max_calls = 1

    def __post_init__(self) -> None:
        for name in ("template", "role", "output_format", "layout"):
            kinds.text(getattr(self, name), name)
        for name in ("context", "passages", "clarifiers"):
            items = kinds.listed(getattr(self, name), name)
            object.__setattr__(self, name, tuple(kinds.text(item, name) for item in items))
        shown = kinds.listed(self.demonstrations, "demonstrations")
        for item in shown:
            if not isinstance(item, Demonstration):
                raise PromptError(f"demonstrations must be Demonstration objects, not {item!r}")
        object.__setattr__(self, "demonstrations", shown)
        object.__setattr__(self, "codes", kinds.texts(self.codes, "codes"))
        object.__setattr__(self, "offsets", checked_offsets(kinds.table(self.offsets, "offsets")))
        object.__setattr__(self, "nearest", checked_counts(kinds.table(self.nearest, "nearest")))
        if not self.template.strip():
            raise PromptError(
                "the prompt's template is empty; write what to ask, with {{ inputs }}"
            )
        if self.layout not in LAYOUTS:
            raise PromptError(f"unknown layout {self.layout!r}; there are: {', '.join(LAYOUTS)}")
        if len(set(self.codes.values())) < len(self.codes):
            raise PromptError("two labels have the same code; each needs one of its own")
        _ = self.variables  # an unreadable template is an error here, not at the first row

    def __hash__(self) -> int:
        return hash(self.id)

    @cached_property
    def id(self) -> str:
        """The hash of the canonical form, 16 hex digits."""
        return content_id(self.canonical())

    @cached_property
    def variables(self) -> frozenset[str]:
        """The inputs that the template and the context passages name."""
        return template.variables(self.template).union(*map(template.variables, self.context))

    @cached_property
    def _still(self) -> layouts.Still:
        return layouts.still(self, self.demonstrations)

    @cached_property
    def _shown(self) -> frozenset[tuple[str, ...]]:
        names = sorted(self.variables)
        return frozenset(
            tuple(demonstration.inputs.get(name, "") for name in names)
            for demonstration in self.demonstrations
        )

    def shows(self, row: Row) -> bool:
        """Say whether a demonstration that is shown to all rows has this row's inputs.

        A prompt that shows each row the nearest never shows a row itself: what it does for a row
        of its stock is what it would do for a new one, and can be compared.
        """
        if not self.demonstrations or "demonstrations" in self.nearest:
            return False
        return tuple(row.inputs.get(name, "") for name in sorted(self.variables)) in self._shown

    def messages(self, row: Row) -> list[Message]:
        """Return the chat messages for a row: what is the same for all rows comes first.

        A row that is one of the demonstrations is rendered without that demonstration. What is
        nearest to the row comes after all that is fixed, the nearest last.
        """
        still = self._still
        if "demonstrations" in self.nearest:
            still = layouts.still(self, self._nearest_demonstrations(row))
        elif self.shows(row):
            others = [d for d in self.demonstrations if not _same_inputs(d, row, self.variables)]
            still = layouts.still(self, others)
        return layouts.with_row(self, still, row.inputs, self._nearest_passages(row))

    def text(self, row: Row) -> str:
        """Return the prompt for a row as plain text, for a model without a chat template."""
        return plain_text(self.messages(row))

    def next(
        self, row: Row, done: Sequence[Got], blank: Request
    ) -> Sequence[Request] | Answer | Lost:
        """Ask once; the completion's text is the answer (a code is turned into its label).

        Where there are offsets and the backend gave label probabilities, these are corrected and
        the likeliest label is the answer.
        """
        spec = blank.answer
        if self.codes and isinstance(spec, Labels):
            spec = Labels(spec.labels, self.codes)
        if not done:
            return (blank.filled(self.messages(row), spec),)
        last = done[0]
        if isinstance(last, Lost):
            return last
        text = last.text
        if spec is not blank.answer and isinstance(spec, Labels):
            text = spec.parse(text) or text
        if not (self.offsets and last.choices):
            return Answer(text, last.finish, last.choices)
        choices = corrected(last.choices, self.offsets)
        return Answer(likeliest(choices), last.finish, choices)

    def _nearest_demonstrations(self, row: Row) -> list[Demonstration]:
        """Return the demonstrations for a row. One with the row's own words is never among them."""
        shown, query = self.demonstrations, self._asked(row.inputs)
        same = {i for i, d in enumerate(shown) if _same_inputs(d, row, self.variables)}
        same.update(self._pool.same(query))
        found = self._pool.nearest(query, self.nearest["demonstrations"], without=same)
        return [shown[place] for place in reversed(found)]

    def _nearest_passages(self, row: Row) -> list[str]:
        """Return the passages for a row; those that share no word with it are left out."""
        if "passages" not in self.nearest:
            return []
        query, count = self._asked(row.inputs), self.nearest["passages"]
        found = index_of(tuple(self.passages)).nearest(query, count, sharing=True)
        return [self.passages[place] for place in reversed(found)]

    @cached_property
    def _pool(self) -> Index:
        return Index([self._asked(shown.inputs) for shown in self.demonstrations])

    def _asked(self, inputs: Mapping[str, str]) -> str:
        """Return what is looked up for a row: the inputs that the prompt names."""
        return "\n".join(inputs.get(name, "") for name in sorted(self.variables))

    def with_(self, **sections: Any) -> Prompt:
        """Return a prompt with some sections replaced."""
        return replace(self, **sections)

    def canonical(self) -> dict[str, object]:
        """Return the sections that are not empty, in plain values."""
        form: dict[str, object] = {}
        for section in fields(self):
            value = getattr(self, section.name)
            if section.name == "demonstrations":
                value = [{"inputs": dict(d.inputs), "output": d.output} for d in value]
            elif isinstance(value, tuple):
                value = list(value)
            if value and not (section.name == "layout" and value == "chat"):
                form[section.name] = value
        return form

    @classmethod
    def from_canonical(cls, form: Mapping[str, Any]) -> Prompt:
        """Make a prompt from its canonical form (or a file's content).

        Raises PromptError for a section there is not (with the nearest right name) or a value of
        the wrong kind.
        """
        from intone.prompt.forms import read_prompt

        return read_prompt(form)

    @classmethod
    def load(cls, path: str | Path) -> Prompt:
        """Read a prompt from a TOML file. Raises PromptError naming the file."""
        from intone.prompt.files import load_as

        return load_as(path, cls)

    def save(self, path: str | Path) -> None:
        """Write the prompt to a TOML file, whole or not at all."""
        from intone.prompt.files import save

        save(self, path)


def _same_inputs(demonstration: Demonstration, row: Row, names: frozenset[str]) -> bool:
    return all(demonstration.inputs.get(name, "") == row.inputs.get(name, "") for name in names)
