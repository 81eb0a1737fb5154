"""A/B: two versions behind one label, what they show, and who gets the label in the end.

Owns starting, judging and ending experiments. Who gets which variant is `resolving`'s, the test
`verdict/arms.py`'s.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from intone.errors import InputError, SettingError
from intone.store.database import Database
from intone.store.experiments import Experiment, Experiments, State
from intone.store.measured import refuse_known
from intone.store.registry import Registry
from intone.store.traces import Traces
from intone.verdict.arms import ArmsVerdict, judge_arms


class Experimenting:
    """The experiments of a project."""

    def __init__(self, database: Database) -> None:
        self._registry = Registry(database)
        self._experiments = Experiments(database)
        self._traces = Traces(database)

    def start(
        self,
        name: str,
        label: str,
        challenger: str,
        *,
        share: float = 0.5,
        alpha: float = 0.05,
        promote: bool = False,
        author: str = "",
    ) -> dict[str, Any]:
        """Let a `share` of the users of a label have another version, and return its form.

        Raises NotThere for a name, label or version there is none of, InputError or SettingError
        for what cannot be compared.
        """
        for setting, value in (("the challenger's share", share), ("alpha", alpha)):
            if not 0.0 < value < 1.0:
                raise SettingError(f"{setting} is {value:g}; it must be between 0 and 1")
        if label == "latest" or label.isdecimal():
            raise InputError(f"an experiment needs a label that can be moved, not {label!r}")
        first = self._registry.get(name, label)
        second = self._registry.get(name, challenger)
        refuse_known(second.program, second.ref)
        if first.number == second.number:
            raise InputError(
                f"{name}@{label} is {first.ref} already; name another version as the challenger"
            )
        for running in self._experiments.running():
            if (running.name, running.label) == (name, label) and not self._on(running):
                self._experiments.end(running.number, "stopped")
        wanted = Experiment(
            0, name, label, first.number, second.number, share, alpha, promote, author=author
        )
        return self.form(self._experiments.start(wanted))

    def get(self, number: int) -> dict[str, Any]:
        """Return an experiment and what it shows. Raises NotThere."""
        return self.form(self._experiments.get(number))

    def all(self) -> list[dict[str, Any]]:
        """Return all experiments, newest first, with what they show."""
        return [self.form(experiment) for experiment in self._experiments.all()]

    def stop(self, number: int) -> dict[str, Any]:
        """End an experiment: everybody gets what the label is at. Raises NotThere, InputError."""
        return self.form(self._experiments.end(number, "stopped"))

    def promote(self, number: int, author: str = "") -> dict[str, Any]:
        """End an experiment and give the challenger the label. Raises NotThere, InputError.

        `Registry.rollback` undoes it.
        """
        experiment = self._experiments.get(number)
        if experiment.state != "running" or not self._on(experiment):
            raise InputError(
                f"experiment {number} has ended: {experiment.name}@{experiment.label} "
                "is to be moved by hand (see: intone prompts label)"
            )
        return self.form(self._promoted(experiment, author))

    def settle(self, number: int | None) -> None:
        """End an experiment that was told to end by itself, if it is decided."""
        if number is None:
            return
        experiment = self._experiments.get(number)
        if not experiment.promote or experiment.state != "running" or not self._on(experiment):
            return
        word = self._judged(experiment).word
        try:
            if word == "better":
                self._promoted(experiment, "experiment")
            elif word == "worse":
                self._experiments.end(number, "kept")
        except InputError:  # another outcome, or a person, has ended it meanwhile
            return

    def form(self, experiment: Experiment) -> dict[str, Any]:
        """Return an experiment in plain values, with what it shows.

        Its state is *stopped* where somebody has moved the label since it began.
        """
        verdict = self._judged(experiment)
        state: State = experiment.state
        if state == "running" and not self._on(experiment):
            state = "stopped"
        return {
            **asdict(experiment),
            "state": state,
            "word": verdict.word,
            "decided_after": verdict.decided_after,
            "pairs": verdict.pairs,
            "p": verdict.p,
            "variants": {
                "a": {
                    "version": experiment.first,
                    "outcomes": verdict.counts[0],
                    "mean": verdict.means[0],
                },
                "b": {
                    "version": experiment.second,
                    "outcomes": verdict.counts[1],
                    "mean": verdict.means[1],
                },
            },
        }

    def _promoted(self, experiment: Experiment, author: str) -> Experiment:
        # The label first: between the two, the experiment is over already for whoever asks.
        self._registry.label(experiment.name, experiment.label, experiment.second, author)
        return self._experiments.end(experiment.number, "promoted")

    def _on(self, experiment: Experiment) -> bool:
        labels = self._registry.labels(experiment.name)
        return labels.get(experiment.label) == experiment.first

    def _judged(self, experiment: Experiment) -> ArmsVerdict:
        arrivals = self._traces.worths(experiment.number)
        return judge_arms(
            ((int(variant == "b"), value) for variant, value in arrivals), experiment.alpha
        )
