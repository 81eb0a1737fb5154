"""Chain: named steps, each a program, whose outputs are inputs of later ones.

Owns the graph (which step needs which, in what order, what is wrong with it), what the steps share,
and how a row goes through. What a step is, is `step`'s.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.errors import DataError, PromptError
from intone.llm.answers import AnswerSpec, FreeText, Labels
from intone.llm.request import Request, Sampling
from intone.prompt import kinds
from intone.prompt.parts import check_answers, fewest_calls, prompts_in, with_prompts
from intone.prompt.playing import Asking, Part, played, together
from intone.prompt.program import Answer, Got, Lost, Program, StepAnswer
from intone.prompt.prompt import Prompt
from intone.prompt.reading import read_answer
from intone.prompt.step import Step


@dataclass(frozen=True)
class Chain:
    """A chain of steps. Immutable; its id is the hash of its canonical form.

    A step that writes another's name as a variable gets what was read of its answer, so the order
    follows from the templates; steps that do not need each other are asked at the same time. The
    one step whose output no other uses is the final one: its answer is the chain's. `context` and
    `clarifiers` are shared: every prompt inside has them before its own.

    An answer of an inner step that cannot be read ends the row there, and so does a call that
    failed for good, or an empty cell in the column of a `known` step; the outcome says at which
    step. Raises PromptError for no steps, two of one name, a cycle, or no final step.
    """

    steps: Sequence[Step]
    context: Sequence[str] = ()
    clarifiers: Sequence[str] = ()

    def __post_init__(self) -> None:
        steps = kinds.listed(self.steps, "steps")
        for step in steps:
            if not isinstance(step, Step):
                raise PromptError(f"steps must be Step objects, not {step!r}")
        object.__setattr__(self, "steps", steps)
        for name in ("context", "clarifiers"):
            items = kinds.listed(getattr(self, name), name)
            object.__setattr__(self, name, tuple(kinds.text(item, name) for item in items))
        if not self.steps:
            raise PromptError("the chain has no steps; write [[steps]] with a name and a template")
        names = [step.name for step in self.steps]
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise PromptError(f"two steps are named {twice[0]!r}; each needs a name of its own")
        _ = self.final  # a cycle, or no final step, is an error here, not at the first row

    def __hash__(self) -> int:
        return hash(self.id)

    @cached_property
    def id(self) -> str:
        """The hash of the canonical form, 16 hex digits."""
        return content_id(self.canonical())

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the steps."""
        return frozenset(step.name for step in self.steps)

    @cached_property
    def max_calls(self) -> int:
        """The calls of all steps that are asked."""
        return sum(step.program.max_calls for step in self.steps if not step.known)

    @cached_property
    def fewest_calls(self) -> int:
        """The fewest calls of all steps that are asked."""
        return sum(fewest_calls(step.program) for step in self.steps if not step.known)

    @cached_property
    def variables(self) -> frozenset[str]:
        """The inputs that any step names; outputs of steps are none."""
        known = frozenset(step.known for step in self.steps if step.known)
        named = (self.program(step).variables for step in self.steps if not step.known)
        return known.union(*named) - (self.names - known)

    @cached_property
    def final(self) -> Step:
        """The step whose answer is the chain's: the only one that no other step uses."""
        _ = self._levels  # first of all: in a cycle every step is used
        used = frozenset().union(*(self.needs(step) for step in self.steps))
        last = [step for step in self.steps if step.name not in used]
        if len(last) > 1:
            names = " and ".join(repr(step.name) for step in last)
            raise PromptError(
                f"the chain has no final step: no other uses the outputs of {names}"
                f"{self._meant(last)}; "
                "let one step name the others as {{ variables }}, or leave them out"
            )
        if last[0].known:
            raise PromptError(f"the final step {last[0].name!r} is known already: nothing is asked")
        return last[0]

    def _meant(self, unused: Sequence[Step]) -> str:
        """Return which unused step another may mean by a variable that is nearly its name."""
        for step in self.steps:
            for name in sorted(self.program(step).variables - self.names):
                near = difflib.get_close_matches(name, [s.name for s in unused], n=1, cutoff=0.7)
                if near and near[0] != step.name:
                    return (
                        f" (did step {step.name!r} mean {{{{ {near[0]} }}}} by {{{{ {name} }}}}?)"
                    )
        return ""

    def step(self, name: str) -> Step:
        """Return the step of this name. Raises PromptError if there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise PromptError(f"the chain has no step {name!r}; there are: {', '.join(self.names)}")

    def needs(self, step: Step) -> frozenset[str]:
        """Return the names of the steps whose outputs a step uses."""
        return frozenset() if step.known else self.program(step).variables & self.names

    def program(self, step: Step) -> Program:
        """Return what a step asks: its program with what the chain shares."""
        return self._programs[step.name]

    @cached_property
    def _programs(self) -> dict[str, Program]:
        def shared(prompt: Prompt) -> Prompt:
            return prompt.with_(
                context=(*self.context, *prompt.context),
                clarifiers=(*self.clarifiers, *prompt.clarifiers),
            )

        if not (self.context or self.clarifiers):
            return {step.name: step.program for step in self.steps}
        return {step.name: with_prompts(step.program, shared) for step in self.steps}

    @cached_property
    def _levels(self) -> tuple[tuple[Step, ...], ...]:
        """The steps in the order of asking; those on one level do not need each other."""
        sorter = TopologicalSorter({step.name: self.needs(step) for step in self.steps})
        try:
            sorter.prepare()
        except CycleError as error:
            way = " -> ".join(map(repr, error.args[1]))
            raise PromptError(
                f"the chain has a cycle: {way}; a step can only use the outputs of earlier ones"
            ) from None
        levels = []
        while sorter.is_active():
            ready = sorter.get_ready()
            levels.append(tuple(step for step in self.steps if step.name in ready))
            sorter.done(*ready)
        return tuple(levels)

    def shows(self, row: Row) -> bool:
        """Say whether a step's demonstration has this row's inputs, as far as it names inputs."""
        return any(
            tuple(row.inputs.get(name, "") for name in names) in shown
            for names, shown in self._shown
        )

    @cached_property
    def _shown(self) -> list[tuple[tuple[str, ...], frozenset[tuple[str, ...]]]]:
        found = []
        for step in self.steps:
            for _, prompt in prompts_in(self.program(step)):
                names = tuple(sorted(prompt.variables - self.names))
                if names and prompt.demonstrations and not step.known:
                    inputs = (shown.inputs for shown in prompt.demonstrations)
                    found.append(
                        (names, frozenset(tuple(i.get(n, "") for n in names) for i in inputs))
                    )
        return found

    def parts(self) -> Mapping[str, Program]:
        """Return the steps' programs, without what is shared, by what a message calls them."""
        return {f"step {step.name!r}": step.program for step in self.steps}

    def with_parts(self, parts: Sequence[Program]) -> Chain:
        """Return the chain with other programs in its steps."""
        pairs = zip(self.steps, parts, strict=True)
        return replace(self, steps=tuple(replace(step, program=part) for step, part in pairs))

    def with_step(self, name: str, **changes: Any) -> Chain:
        """Return the chain with one step changed (`program`, `answer`, `known`, …)."""
        step = self.step(name)
        changed = replace(step, **changes)
        return replace(self, steps=tuple(changed if s is step else s for s in self.steps))

    def check(self, spec: AnswerSpec, sampling: Sampling) -> None:
        """Raise PromptError if a step cannot give its kind of answer; `spec` is the grader's."""
        self._check_final(spec)
        for step in self.steps:
            if step.known:
                continue
            try:
                check_answers(step.program, self._spec(step, spec), sampling)
            except PromptError as error:
                raise PromptError(f"step {step.name!r}: {error}") from None

    def _check_final(self, spec: AnswerSpec) -> None:
        """Raise PromptError if the final step says an answer that the grader does not read."""
        own = self.final.spec
        if own is None or isinstance(spec, FreeText):
            return
        if type(own) is not type(spec):
            raise PromptError(
                f"the final step {self.final.name!r} gives another kind of answer than the "
                "grader reads; leave its answer out, and it gives that one"
            )
        if isinstance(own, Labels) and isinstance(spec, Labels):
            new = [repr(label) for label in own.labels if label not in spec.labels]
            lost = [repr(label) for label in spec.labels if label not in own.labels]
            told = [f"{', '.join(new)} is none of the task's"] if new else []
            told += [f"{', '.join(lost)} is missing"] if lost else []
            if told:
                raise PromptError(
                    f"the final step {self.final.name!r} has other labels than the task: "
                    f"{'; '.join(told)}; leave its labels out, and it gives the task's"
                )

    def unknown(self, inputs: Collection[str]) -> PromptError | None:
        """Return what is wrong if a step names a variable that is neither input nor step."""
        for step in self.steps:
            named = {step.known} if step.known else self.program(step).variables - self.names
            for name in sorted(named - set(inputs)):
                near = difflib.get_close_matches(name, [*self.names, *inputs], n=1, cutoff=0.5)
                meant = f" (did you mean {near[0]!r}?)" if near else ""
                return PromptError(
                    f"step {step.name!r} names {{{{ {name} }}}}, which is neither an input nor a "
                    f"step{meant}; inputs: {', '.join(sorted(inputs)) or 'none'}; "
                    f"steps: {', '.join(other.name for other in self.steps)}"
                )
        return None

    def next(
        self, row: Row, done: Sequence[Got], blank: Request
    ) -> Sequence[Request] | Answer | Lost:
        """Ask the steps that nothing is missing for, until the final one is answered."""
        return played(self._play(row, blank), done)

    def _play(self, row: Row, blank: Request) -> Asking[Answer | Lost]:
        values, steps = dict(row.inputs), list[StepAnswer]()
        for step in self.steps:
            if step.known and not row.right(step.known):
                return Lost(DataError(f"the column {step.known!r} is empty here"), step.name)
        for level in self._levels:
            values |= {step.name: row.right(step.known) for step in level if step.known}
            asked = [step for step in level if not step.known]
            here = replace(row, inputs=values)
            results = yield from together(
                [
                    Part(
                        self.program(step),
                        here,
                        replace(blank, answer=self._spec(step, blank.answer)),
                    )
                    for step in asked
                ]
            )
            for step, result in zip(asked, results, strict=True):
                if isinstance(result, Lost):
                    return replace(result, step=_at(step, result.step))
                spec = self._spec(step, blank.answer)
                read = read_answer(result, spec)
                if step is not self.final or step.target:
                    steps.append(StepAnswer(step.name, read or "", spec, step.target))
                own = step is not self.final or step.answer is not None
                if read is None and (own or result.step is not None):
                    at = _at(step, result.step)
                    return replace(result, step=at, steps=tuple(steps))
                if step is self.final:
                    return replace(result, steps=tuple(steps))
                values = {**values, step.name: read or ""}
        raise AssertionError("a chain ends with its final step")

    def _spec(self, step: Step, wanted: AnswerSpec) -> AnswerSpec:
        """Return the kind of answer a step gives; `wanted` is the chain's."""
        if step is self.final:
            return step.spec or wanted
        return step.spec or FreeText()

    def canonical(self) -> dict[str, object]:
        """Return what there is, in plain values."""
        form: dict[str, object] = {}
        for name in ("context", "clarifiers"):
            if getattr(self, name):
                form[name] = list(getattr(self, name))
        return form | {"steps": [step.canonical() for step in self.steps]}

    @classmethod
    def from_canonical(cls, form: Mapping[str, Any]) -> Chain:
        """Make a chain from its canonical form (or a file's content). Raises PromptError."""
        from intone.prompt.forms import read_chain

        return read_chain(form)

    @classmethod
    def load(cls, path: str | Path) -> Chain:
        """Read a chain from a TOML file. Raises PromptError naming the file."""
        from intone.prompt.files import load_as

        return load_as(path, cls)

    def save(self, path: str | Path) -> None:
        """Write the chain to a TOML file, whole or not at all."""
        from intone.prompt.files import save

        save(self, path)


def _at(step: Step, inner: str | None) -> str:
    """Return the name of the step where a row ended; a chain within a chain adds its own."""
    return step.name if inner is None else f"{step.name}.{inner}"
