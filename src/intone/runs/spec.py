"""The spec of a run: `intone.toml`, overridden by settings from the command line or Python.

Owns every setting's name, default and check. All but the prompt and the data has a default.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from intone.data.canonical import content_id
from intone.errors import SettingError
from intone.evaluate.budget import Budget, Price
from intone.evaluate.metered import Patience
from intone.llm.open import ModelSettings, check_name, check_variable
from intone.llm.request import Sampling
from intone.prompt.library.entries import Kind
from intone.prompt.perturbations import read_kinds

SPEC_NAME = "intone.toml"
DEFAULT_CALLS = 600


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TaskSpec(_Section):
    """What the prompt is for and how answers are graded."""

    data: str | None = None
    sealed_data: str | None = None
    documents: tuple[str, ...] | None = None
    input: tuple[str, ...] | None = None
    target: str | None = None
    grader: str | None = None
    kind: Kind | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    metric: str = "mean"
    labels: tuple[str, ...] | None = None
    sealed: float = Field(0.3, ge=0.0, le=0.9)
    samples: int = Field(1, ge=1, le=100)
    corrections: bool = True

    @field_validator("documents", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class PriceSpec(_Section):
    """USD per million tokens."""

    input: float = Field(ge=0.0)
    output: float = Field(ge=0.0)


class ModelSpec(_Section):
    """Which model answers, and how it is asked."""

    name: str = "local"
    temperature: float = Field(0.0, ge=0.0, le=2.0)
    top_p: float | None = Field(None, gt=0.0, le=1.0)
    max_tokens: int = Field(256, ge=1)
    stop: tuple[str, ...] = ()
    concurrency: int = Field(8, ge=1, le=4096)
    timeout: float = Field(60.0, gt=0.0)
    attempts: int = Field(5, ge=1, le=100)
    api_key_env: str | None = None
    price: PriceSpec | None = None

    def settings(self) -> ModelSettings:
        """Return what opening the backend needs."""
        return ModelSettings(
            name=self.name,
            timeout=self.timeout,
            api_key_env=self.api_key_env,
            concurrency=self.concurrency,
        )

    def sampling(self) -> Sampling:
        """Return how tokens are picked."""
        return Sampling(self.temperature, self.max_tokens, self.stop, self.top_p)

    def patience(self) -> Patience:
        """Return how often and how long a call is tried."""
        return Patience(attempts=self.attempts, timeout=self.timeout)

    def pricing(self) -> Price | None:
        """Return the price of tokens, if known."""
        return Price(self.price.input, self.price.output) if self.price else None


class BudgetSpec(_Section):
    """Limits on a run; none given: 600 calls."""

    calls: int | None = Field(None, ge=1)
    tokens: int | None = Field(None, ge=1)
    usd: float | None = Field(None, gt=0.0)

    def budget(self) -> Budget:
        """Return the limits, with the default where none is set."""
        if self.calls is None and self.tokens is None and self.usd is None:
            return Budget(calls=DEFAULT_CALLS)
        return Budget(self.calls, self.tokens, self.usd)


class TuneSpec(_Section):
    """How to search."""

    method: str = "auto"
    objective: str | dict[str, float] = "score"
    seed: int = 0
    vote: int = Field(0, ge=0, le=15)


class StressSpec(_Section):
    """Which harmless changes a prompt is put to; no kinds named: all."""

    kinds: tuple[str, ...] = ()
    variants: int = Field(3, ge=1, le=100)

    @field_validator("kinds", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("kinds")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return read_kinds(value) if value else ()


class Spec(_Section):
    """A whole spec. `folder` is where its relative paths start, `file` what it was read from."""

    prompt: str | None = None
    task: TaskSpec = TaskSpec()
    model: ModelSpec = ModelSpec()
    writer: ModelSpec | None = None
    judge: ModelSpec | None = None
    budget: BudgetSpec = BudgetSpec()
    tune: TuneSpec = TuneSpec()
    stress: StressSpec = StressSpec()
    folder: Path = Field(default=Path("."), exclude=True)
    file: Path | None = Field(default=None, exclude=True)

    def path(self, name: str) -> Path:
        """Return a path named in the spec, relative to the spec's folder."""
        return self.folder / name

    def form(self) -> dict[str, Any]:
        """Return the spec in plain values, without folder and file; it never holds a key."""
        return self.model_dump(mode="json", exclude_none=True)

    @property
    def id(self) -> str:
        """The hash of the settings that decide the result."""
        return content_id(self.form())


def read_spec(
    path: Path | None = None,
    changes: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    *,
    alone: bool = False,
) -> Spec:
    """Read a spec and apply changes to it (`{"budget.calls": 200}`).

    `path` None reads `intone.toml` of `folder` (default: the current one) if there is one and the
    changes do not stand `alone`. Raises
    SettingError naming the file, the setting, the nearest right name, or the value and what fits;
    a secret where none may be is not repeated.
    """
    where = path or (folder or Path()) / SPEC_NAME
    form: dict[str, Any] = {}
    there = path is not None or (not alone and where.exists())
    if there:
        form = _read(where)
    for name, value in (changes or {}).items():
        _put(form, name, value)
    base = where.parent if there else (folder or Path())
    try:
        spec = Spec.model_validate({**form, "folder": base, "file": where if there else None})
    except ValidationError as error:
        raise SettingError(_explain(error, where if there else None)) from None
    named = (("model", spec.model), ("writer", spec.writer), ("judge", spec.judge))
    for section, model in named:
        if model is not None:
            check_name(model.name.strip(), f"{section}.name")
            check_variable(model.api_key_env, f"{section}.api_key_env")
    return spec


def changed(spec: Spec, changes: Mapping[str, Any]) -> Spec:
    """Return a spec with some settings changed; None takes a setting back to its default.

    Raises SettingError naming the setting and what fits.
    """
    form = spec.form()
    for name, value in changes.items():
        _put(form, name, value)
    try:
        return Spec.model_validate({**form, "folder": spec.folder, "file": spec.file})
    except ValidationError as error:
        raise SettingError(_explain(error, None)) from None


def parse_value(text: str) -> Any:
    """Return a value from the command line: TOML if it reads as such, else the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"cannot read the spec {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingError(f"cannot read the spec {path}: not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path} is not valid TOML: {error}") from None


def _put(form: dict[str, Any], name: str, value: Any) -> None:
    *sections, last = name.split(".")
    for section in sections:
        inner = form.setdefault(section, {})
        if not isinstance(inner, dict):
            raise SettingError(f"{name}: {section} is a value, not a section")
        form = inner
    form[last] = value


def _explain(error: ValidationError, path: Path | None) -> str:
    """Return one line for the first thing that is wrong."""
    first = error.errors()[0]
    parts = [str(part) for part in first["loc"]]
    name = ".".join(parts)
    where = f"{path}: " if path else ""
    if first["type"] == "extra_forbidden":
        known = _names(parts[:-1])
        near = difflib.get_close_matches(parts[-1], known, n=1, cutoff=0.5)
        if not near:
            near = [n for n in _everywhere() if n.rpartition(".")[2] == parts[-1]]
            hint = f" (did you mean {near[0]}?)" if near else f"; there are: {', '.join(known)}"
        else:
            hint = f" (did you mean {'.'.join([*parts[:-1], near[0]])}?)"
        return f"{where}unknown setting {name}{hint}"
    message = str(first["msg"])
    given = repr(first["input"])
    unsaid = first["type"] == "missing" or "://" in given  # an address may hold a password
    value = "" if unsaid else f" (it is {given})"
    return f"{where}{name}: {message[:1].lower()}{message[1:]}{value}"


def _names(section: Sequence[str]) -> list[str]:
    model: Any = Spec
    for part in section:
        inner = {"task": TaskSpec, "model": ModelSpec, "writer": ModelSpec, "budget": BudgetSpec}
        inner |= {"judge": ModelSpec, "tune": TuneSpec, "stress": StressSpec, "price": PriceSpec}
        model = inner.get(part, Spec)
    return [name for name in model.model_fields if name not in ("folder", "file")]


def _everywhere() -> list[str]:
    sections = ("task", "model", "budget", "tune", "stress")
    return [f"{section}.{name}" for section in sections for name in _names([section])]
