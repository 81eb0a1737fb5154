"""A step of a chain: a named program, and the kind of answer that it is to give.

Owns what a step may be; how steps depend on each other is `chain`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any, Literal, get_args

from intone.data.canonical import canonical
from intone.errors import PromptError
from intone.llm.answers import AnswerSpec, FreeText, Json, Labels, Number
from intone.prompt import kinds
from intone.prompt.program import Program

StepAnswerKind = Literal["text", "labels", "number", "json"]
_KINDS: tuple[StepAnswerKind, ...] = get_args(StepAnswerKind)
_TAKEN = frozenset({"true", "false", "none", "not", "self", "loop"})  # Jinja's own


@dataclass(frozen=True)
class Step:
    """A named step.

    Later steps write `{{ name }}` for what was read of its answer. `answer` is the kind of answer:
    text, labels (one of `labels`), a number, or JSON (optionally by a `schema`). By default it is
    text, and for the final step what the grader reads. `target` is the column with the step's own
    right answer, where there is one: it is graded too, and tuning uses it. With `known`, a column,
    the step is not asked: its output is what stands there, to see what the others would do if it
    were always right. Raises PromptError for a name that cannot stand in a template, and for what
    does not fit together.
    """

    name: str
    program: Program
    answer: StepAnswerKind | None = None
    labels: Sequence[str] = ()
    schema: Mapping[str, Any] | None = None
    target: str = ""
    known: str = ""

    def __post_init__(self) -> None:
        name = kinds.text(self.name, "name")
        if not name.isidentifier() or iskeyword(name) or name.lower() in _TAKEN:
            raise PromptError(
                f"a step cannot be named {name!r}: use letters, digits and _, as for a variable"
            )
        if not callable(getattr(self.program, "next", None)):
            raise PromptError(f"step {name!r} is to be a prompt or a vote, not {self.program!r}")
        for field in ("target", "known"):
            kinds.text(getattr(self, field), f"step {name!r}: {field}")
        labels = kinds.listed(self.labels, f"step {name!r}: labels")
        checked = tuple(kinds.text(label, f"step {name!r}: labels") for label in labels)
        object.__setattr__(self, "labels", checked)
        self._check_kind()

    def __hash__(self) -> int:
        return hash((self.name, self.program.id, self.answer, self.labels))

    def _check_kind(self) -> None:
        """Settle the kind of answer: labels and a schema say it without a word."""
        meant = "labels" if self.labels else "json" if self.schema is not None else None
        kind = self.answer or meant
        where = f"step {self.name!r}"
        if kind is not None and kind not in _KINDS:
            raise PromptError(f"{where}: answer is {kind!r}; it can be: {', '.join(_KINDS)}")
        if meant is not None and kind != meant:
            given = "labels" if meant == "labels" else "schema"
            raise PromptError(f"{where}: {given} needs answer = {meant!r}, not {kind!r}")
        if kind == "labels" and len({label.strip() for label in self.labels} - {""}) < 2:
            raise PromptError(f"{where}: an answer of labels needs two labels or more")
        if self.schema is not None:
            _check_schema(self.schema, f"{where}: schema")
        object.__setattr__(self, "answer", kind)

    @property
    def spec(self) -> AnswerSpec | None:
        """The kind of answer it says, None if it says none."""
        match self.answer:
            case "labels":
                return Labels(tuple(self.labels))
            case "number":
                return Number()
            case "json":
                return Json(self.schema)
            case "text":
                return FreeText()
        return None

    def canonical(self) -> dict[str, object]:
        """Return the step in plain values: its own, then those of its program beside them."""
        form: dict[str, object] = {"name": self.name}
        if self.answer is not None:
            form["answer"] = self.answer
        if self.labels:
            form["labels"] = list(self.labels)
        if self.schema is not None:
            form["schema"] = dict(self.schema)
        for field in ("target", "known"):
            if getattr(self, field):
                form[field] = getattr(self, field)
        return form | self.program.canonical()


def _check_schema(schema: object, name: str) -> None:
    """Raise PromptError for what TOML and JSON do not both have, such as null."""
    if not isinstance(schema, Mapping):
        raise PromptError(f"{name} must be a table, not {type(schema).__name__}")
    try:
        canonical(schema)
    except (TypeError, ValueError, RecursionError):
        raise PromptError(f"{name} must be a JSON schema in plain values") from None
    if _holds_null(schema):
        raise PromptError(f"{name} holds null, which a prompt file cannot; leave that entry out")


def _holds_null(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(not isinstance(key, str) or _holds_null(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return any(map(_holds_null, value))
    return value is None
