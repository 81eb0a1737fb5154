"""Sampling: the same program drawn again, or at another temperature.

Owns the program that asks at a temperature of its own, votes inside it included. At temperature 0
another draw is the same answer (on a backend that repeats itself), so only warmer ones are variants
then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.llm.request import Request
from intone.prompt.parts import Composite, fewest_calls
from intone.prompt.perturbations.variant import Variant
from intone.prompt.program import Answer, Got, Lost, Program
from intone.prompt.vote import Vote

_TEMPERATURES = (0.3, 0.7, 1.0)


@dataclass(frozen=True)
class AtTemperature:
    """A program whose every request is made at this temperature, also where a vote has its own."""

    program: Program
    temperature: float

    @cached_property
    def id(self) -> str:
        """The hash of the canonical form."""
        return content_id(self.canonical())

    @property
    def max_calls(self) -> int:
        """Those of the program inside."""
        return self.program.max_calls

    @property
    def fewest_calls(self) -> int:
        """Those of the program inside."""
        return fewest_calls(self.program)

    @property
    def variables(self) -> frozenset[str]:
        """Those of the program inside."""
        return self.program.variables

    def next(
        self, row: Row, done: Sequence[Got], blank: Request
    ) -> Sequence[Request] | Answer | Lost:
        """Ask as the program inside does, at this temperature."""
        warmed = replace(blank.sampling, temperature=self.temperature)
        return self._asked.next(row, done, replace(blank, sampling=warmed))

    @cached_property
    def _asked(self) -> Program:
        return _at_the_runs(self.program)

    def shows(self, row: Row) -> bool:
        """Say whether the program inside shows the row."""
        return self.program.shows(row)

    def canonical(self) -> dict[str, object]:
        """Return the program inside in its canonical form, and the temperature."""
        return {"at_temperature": self.temperature, "program": self.program.canonical()}


def samplings(program: Program, temperature: float) -> Iterator[Variant]:
    """Give other draws without end: as the program draws (if it does), and at other temperatures.

    `temperature` is the run's.
    """
    own = _temperatures(program, temperature)
    others = [other for other in _TEMPERATURES if own != {other}]
    for sample in count(1):
        if any(own):
            yield Variant("sampling", program, f"drawn again ({sample})", sample)
        other = others[(sample - 1) % len(others)]
        warmed = AtTemperature(program, other)
        yield Variant("sampling", warmed, f"temperature {other:g} ({sample})", sample)


def _temperatures(program: Program, temperature: float) -> set[float]:
    """Return the temperatures that a program asks at in a run of this one."""
    if isinstance(program, AtTemperature):
        return {program.temperature}
    if isinstance(program, Vote) and program.temperature is not None:
        temperature = program.temperature
    if not isinstance(program, Composite):
        return {temperature}
    inside = (_temperatures(part, temperature) for part in program.parts().values())
    return set[float]().union(*inside)


def _at_the_runs(program: Program) -> Program:
    """Return the program without temperatures of its own, wherever inside they are set."""
    if isinstance(program, AtTemperature):
        return _at_the_runs(program.program)
    if isinstance(program, Vote) and program.temperature is not None:
        program = replace(program, temperature=None)
    if isinstance(program, Composite):
        return program.with_parts([_at_the_runs(part) for part in program.parts().values()])
    return program
