"""Whether programs and data fit each other, found out before anything is spent.

Owns which columns a program needs, what a prompt without inputs gets, and the errors for variables
that are no inputs and for answers that a program cannot give.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from intone.data.dataset import Dataset
from intone.errors import PromptError
from intone.llm.answers import AnswerSpec
from intone.llm.request import Sampling
from intone.prompt.chain import Chain
from intone.prompt.parts import check_answers, prompts_in, with_prompts
from intone.prompt.phrasings import with_inputs
from intone.prompt.program import Program
from intone.prompt.step import Step
from intone.prompt.template import unknown_variable
from intone.prompt.vote import Vote


def columns_used(programs: Sequence[Program]) -> set[str] | None:
    """Return the columns that programs use, None for all: a prompt without inputs gets them all."""
    if any(not prompt.variables for program in programs for _, prompt in prompts_in(program)):
        return None
    return set(step_targets(programs)).union(*(program.variables for program in programs))


def right_answers(programs: Sequence[Program]) -> set[str]:
    """Return the columns with the right answers of steps, which no prompt may see."""
    return {step.target for program in programs for step in steps_in(program)} - {""}


def step_targets(programs: Sequence[Program]) -> list[str]:
    """Return the columns with the right answers of steps, and those that stand in for steps."""
    named = (
        column
        for program in programs
        for step in steps_in(program)
        for column in (step.target, step.known)
    )
    return [column for column in dict.fromkeys(named) if column]


def steps_in(program: Program) -> list[Step]:
    """Return all steps of a program, those of chains inside it too."""
    if isinstance(program, Vote):
        return [step for member in program.members for step in steps_in(member)]
    if not isinstance(program, Chain):
        return []
    found: list[Step] = []
    for step in program.steps:
        found += [step, *steps_in(step.program)]
    return found


def filled_in(program: Program, data: Dataset) -> Program:
    """Return the program with the inputs after the text of prompts that name no variable."""
    targets = set(step_targets([program]))
    inputs = [name for name in data.inputs if name not in targets] or data.inputs
    return with_prompts(program, lambda prompt: with_inputs(prompt, inputs, data.headers))


def check_inputs(program: Program, name: str, data: Dataset) -> None:
    """Raise PromptError if a program names what is no input, or a right answer."""
    target = _target_of(data)
    known = frozenset(data.names.values()) - {target}
    missing = sorted(program.variables - known)
    if target in missing:
        raise PromptError(
            f"{name}: the template names {{{{ {target} }}}}, which is the target; "
            "a prompt must not see the right answer"
        )
    if missing:
        _no_headers(program, name, data)
        unknown = program.unknown(known) if isinstance(program, Chain) else None
        raise PromptError(f"{name}: {unknown or unknown_variable(missing[0], known)}")
    hidden = sorted(program.variables - set(data.inputs))
    if hidden:
        raise PromptError(
            f"{name}: the template names {{{{ {hidden[0]} }}}}, which task.input leaves out; "
            f"task.input is: {', '.join(data.inputs)}"
        )
    _check_targets(program, name, data)


def check_kind(program: Program, name: str, expects: AnswerSpec, sampling: Sampling) -> None:
    """Raise PromptError if a program cannot give the answers that the grader reads."""
    try:
        check_answers(program, expects, sampling)
    except PromptError as error:
        raise PromptError(f"{name}: {error}") from None


def shadowed(programs: Sequence[Program], data: Dataset) -> list[str]:
    """Return what to say of steps that are named as a column is."""
    steps = (step for program in programs for step in steps_in(program))
    there = set(data.inputs)
    return [
        f"{{{{ {name} }}}} is the output of the step {name!r}, not the column of that name"
        for name in dict.fromkeys(s.name for s in steps if s.target != s.name != s.known)
        if name in there
    ]


def _target_of(data: Dataset) -> str | None:
    return None if data.target is None else data.names[data.target]


def _check_targets(program: Program, name: str, data: Dataset) -> None:
    """Raise PromptError for a step's right answers that are not there, or are shown to a prompt."""
    for step in steps_in(program):
        for column in filter(None, (step.target, step.known)):
            if column not in data.inputs and column != _target_of(data):
                raise PromptError(
                    f"{name}: step {step.name!r} has its right answers in the column {column!r}, "
                    f"which is none of the data's: {', '.join(data.names.values())}"
                )
        if step.target and step.target in program.variables - {step.known}:
            raise PromptError(
                f"{name}: a template names {{{{ {step.target} }}}}, which holds the right answers "
                f"of step {step.name!r}; a prompt must not see them"
            )


def _no_headers(program: Program, name: str, data: Dataset) -> None:
    """Raise PromptError if a column is named by a header that reads as something else."""
    prompts = [prompt for _, prompt in prompts_in(program)]
    text = "\n".join(text for prompt in prompts for text in (prompt.template, *prompt.context))
    for column, written in data.names.items():
        if column != written and re.search(rf"\{{\{{\s*{re.escape(column)}\s*\}}\}}", text):
            raise PromptError(
                f"{name}: the column {column!r} is written {{{{ {written} }}}} in a template; "
                "a name there has letters, digits and _ only"
            )
