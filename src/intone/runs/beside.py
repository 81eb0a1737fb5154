"""The models of a run: each opened once, and those beside the task's (writer, judge) metered.

Owns when two names are one object, and that the models beside the task's pay from the run's purse
at their own price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from intone.errors import SettingError
from intone.evaluate.budget import Price
from intone.evaluate.judging import Judge
from intone.evaluate.ledger import Ledger
from intone.evaluate.metered import Failures, Metered
from intone.llm.backend import Backend
from intone.llm.open import ModelSettings, check_name, embedded, open_backend
from intone.metrics.judge import SAMPLING
from intone.runs.spec import ModelSpec, Spec

Section = Literal["writer", "judge"]
"""The sections of a spec that may name a model beside the task's."""


@dataclass
class Pool:
    """The models that are open. One that is asked for again is the same object.

    `lent` are open already and stay open; they are used where they fit.
    """

    lent: Sequence[tuple[ModelSettings, Backend]] = ()
    _open: list[tuple[ModelSettings, Backend]] = field(default_factory=list)

    def open(self, settings: ModelSettings) -> Backend:
        """Return the model, opening it if it is not; the errors are those of `open_backend`."""
        for known, backend in (*self.lent, *self._open):
            if same_model(known, settings):
                return backend
        backend = open_backend(settings)
        self._open.append((settings, backend))
        return backend

    async def close(self) -> None:
        """Close all that was opened here."""
        opened, self._open = self._open, []
        for _, backend in opened:
            await backend.close()


@dataclass(frozen=True)
class Beside:
    """The models beside the task's, each on a meter of its own."""

    spec: Spec
    pool: Pool
    task: Metered
    ledger: Ledger
    failures: Failures

    def meter(self, section: Section, *, once: bool = False) -> Metered:
        """Return a meter for a section's model, the task's where the spec has no such section.

        Raises SettingError or BackendError where it cannot be opened, and SettingError where the
        budget is in money and its price is not known.
        """
        own = model_of(self.spec, section)
        model = own or self.spec.model
        backend = self.task.backend
        if own is not None:
            backend = self.pool.open(settings_of(own, self.spec.folder))
        meter = Metered(
            backend,
            self.ledger,
            self.task.purse,
            concurrency=model.concurrency,
            patience=model.patience(),
            failures=self.failures,
            price=price(self.spec, section),
            once=once,
        )
        meter.gate = self.task.gate
        return meter

    def judge(self, *, once: bool = False) -> Judge:
        """Return the judge: see `meter`."""
        own = self.spec.judge
        return Judge(self.meter("judge", once=once), own.sampling() if own else SAMPLING)


def model_of(spec: Spec, section: Section) -> ModelSpec | None:
    """Return the model that a section names, None where there is no such section."""
    return spec.writer if section == "writer" else spec.judge


def price(spec: Spec, section: Section) -> Price | None:
    """Return what the tokens of a section's model cost: as the task's where it is the same model.

    Raises SettingError where the budget is in money and the price is not known.
    """
    model, own = spec.model, model_of(spec, section)
    if own is None:
        return model.pricing()
    found = own.pricing() or (model.pricing() if own.name == model.name else None)
    if found is None and spec.budget.usd is not None:
        raise SettingError(
            f"a budget in usd needs the {section}'s price too: set {section}.price = "
            "{input = …, output = …} (USD per million tokens)"
        )
    return found or Price(0.0, 0.0)


def named(spec: Spec, name: str) -> ModelSpec:
    """Return the settings of `[model]` for a model of another name.

    What belongs to one model only stays with it: the price is that of the section that names the
    model, if one does, and a key's variable holds for other models of the same provider or server
    only. Raises SettingError for a name that holds a secret.
    """
    check_name(name.strip(), "--models")
    sections = (spec.model, spec.writer, spec.judge)
    known = next((it for it in sections if it is not None and it.name == name), None)
    key = spec.model.api_key_env if _provider(name) == _provider(spec.model.name) else None
    if known is not None:
        key = known.api_key_env
    priced = known.price if known is not None else None
    return spec.model.model_copy(update={"name": name, "api_key_env": key, "price": priced})


def _provider(name: str) -> str:
    """Return what a key belongs to: a provider, or a server's address."""
    return name.partition("#")[0] if "://" in name else name.partition(":")[0]


def settings_of(model: ModelSpec, folder: Path) -> ModelSettings:
    """Return what opening a model needs; a fake's script lies in the spec's folder."""
    settings = model.settings()
    script = settings.name.removeprefix("fake:")
    if script != settings.name and (folder / script).is_file():
        return replace(settings, name=f"fake:{folder / script}")
    return settings


def same_model(one: ModelSettings, other: ModelSettings) -> bool:
    """Say whether two models can be one object: an embedded engine must not be loaded twice."""
    return one == other or (one.name == other.name and embedded(one.name))
