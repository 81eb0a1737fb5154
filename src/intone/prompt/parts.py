"""What programs are made of: the prompts inside, wherever they are.

Owns the walk through votes and chains; nobody else needs to know how deep a prompt lies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar, cast, runtime_checkable

from intone.llm.answers import AnswerSpec
from intone.llm.request import Sampling
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt

_AnyProgram = TypeVar("_AnyProgram", bound=Program)


@runtime_checkable
class Composite(Protocol):
    """A program that is made of others."""

    def parts(self) -> Mapping[str, Program]:
        """Return the programs inside by what a message calls them, in order."""
        ...

    def with_parts(self, parts: Sequence[Program]) -> Program:
        """Return the same with other programs in their places."""
        ...


@runtime_checkable
class Particular(Protocol):
    """A program that cannot give every kind of answer."""

    def check(self, spec: AnswerSpec, sampling: Sampling) -> None:
        """Raise PromptError if it cannot give this kind of answer, sampled like this."""
        ...


@runtime_checkable
class Frugal(Protocol):
    """A program that may answer after fewer calls than its most."""

    @property
    def fewest_calls(self) -> int:
        """The calls of a row that goes as well as it can."""
        ...


def fewest_calls(program: Program) -> int:
    """Return the fewest calls that an answer of a program takes."""
    return program.fewest_calls if isinstance(program, Frugal) else program.max_calls


def check_answers(program: Program, spec: AnswerSpec, sampling: Sampling) -> None:
    """Raise PromptError if a program, or one inside it, cannot give the answers asked of it."""
    if isinstance(program, Particular):
        program.check(spec, sampling)


def prompts_in(program: Program, where: str = "") -> Iterator[tuple[str, Prompt]]:
    """Give every prompt of a program and where it stands: "" for a prompt by itself."""
    if isinstance(program, Prompt):
        yield where, program
    elif isinstance(program, Composite):
        for place, part in program.parts().items():
            yield from prompts_in(part, f"{where}, {place}" if where else place)


def with_prompts(program: _AnyProgram, change: Callable[[Prompt], Prompt]) -> _AnyProgram:
    """Return the program with each of its prompts changed; programs of other kinds stay."""
    if isinstance(program, Prompt):
        return cast(_AnyProgram, change(program))
    if isinstance(program, Composite):
        inside = [with_prompts(part, change) for part in program.parts().values()]
        return cast(_AnyProgram, program.with_parts(inside))
    return program
