"""Programs in plain values: which kind a form is of, and how each is read.

Owns the reading and its messages. Files are `files`'; what a program does with it is its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

from intone.errors import PromptError
from intone.prompt import kinds
from intone.prompt.chain import Chain
from intone.prompt.program import Program
from intone.prompt.prompt import Demonstration, Prompt
from intone.prompt.step import Step
from intone.prompt.vote import Vote

AnyProgram: TypeAlias = Prompt | Vote | Chain
"""The programs there are."""

_SECTIONS = tuple(section.name for section in fields(Prompt))
_OF_VOTE = tuple(field.name for field in fields(Vote))
_OF_CHAIN = tuple(field.name for field in fields(Chain))
_OF_STEP = tuple(field.name for field in fields(Step) if field.name != "program")


def read_program(form: Mapping[str, Any]) -> AnyProgram:
    """Make the program that a form is of: `steps` make a chain, `members` a vote, else a prompt.

    Raises PromptError for what is unknown or of a wrong kind, saying in which step or member.
    """
    if "steps" in form:
        return read_chain(form)
    return read_vote(form) if "members" in form else read_prompt(form)


def read_prompt(form: Mapping[str, Any]) -> Prompt:
    """Make a prompt from plain values. PromptError for what is unknown or of a wrong kind."""
    _known(form, _SECTIONS, "section")
    if "template" not in form:
        raise PromptError('the prompt has no template; write template = "…"')
    sections: dict[str, Any] = dict(form)  # a section of a wrong kind is refused by Prompt
    if "demonstrations" in sections:
        shown = kinds.listed(sections["demonstrations"], "demonstrations")
        sections["demonstrations"] = [_demonstration(item) for item in shown]
    return Prompt(**sections)


def read_vote(form: Mapping[str, Any]) -> Vote:
    """Make a vote from plain values. Raises PromptError."""
    _known(form, _OF_VOTE, "setting of a vote")
    members = _tables(form.get("members", ()), "members")
    read = [_inside(f"member {place}", member) for place, member in enumerate(members, start=1)]
    return Vote(**{**form, "members": read})


def read_chain(form: Mapping[str, Any]) -> Chain:
    """Make a chain from plain values. Raises PromptError."""
    _known(form, _OF_CHAIN, "setting of a chain")
    steps = []
    for place, table in enumerate(_tables(form.get("steps", ()), "steps"), start=1):
        own = {name: value for name, value in table.items() if name in _OF_STEP}
        rest = {name: value for name, value in table.items() if name not in _OF_STEP}
        if "name" not in own:
            raise PromptError(f'step {place} of the chain has no name; write name = "…"')
        steps.append(Step(program=_inside(f"step {own['name']!r}", rest), **own))
    return Chain(**{**form, "steps": steps})


def sections_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return a program's form as one table of sections, for comparing: `steps.team.template`."""
    return dict(_flat(form, ""))


def nearest(name: str, names: Sequence[str]) -> str:
    """Return the end of a message about an unknown name: the nearest right one, or all."""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)" if near else f"; there are: {', '.join(names)}"


def _flat(form: Mapping[str, Any], where: str) -> Iterator[tuple[str, Any]]:
    for name, value in form.items():
        if name == "steps":
            for step in value:
                yield from _flat(step, f"{where}steps.{step['name']}.")
        elif name == "members":
            for place, member in enumerate(value, start=1):
                yield from _flat(member, f"{where}members.{place}.")
        else:
            yield where + name, value


def _inside(where: str, form: Mapping[str, Any]) -> Program:
    try:
        return read_program(form)
    except PromptError as error:
        raise PromptError(f"{where}: {error}") from None


def _tables(value: object, name: str) -> list[Mapping[str, Any]]:
    found = []
    for item in kinds.listed(value, name):
        if not isinstance(item, Mapping):
            raise PromptError(f"{name} must be a list of tables: write [[{name}]]")
        found.append(item)
    return found


def _known(form: Mapping[str, Any], names: Sequence[str], what: str) -> None:
    for name in form:
        if name not in names:
            raise PromptError(f"unknown {what} {name!r}{nearest(name, names)}")


def _demonstration(value: object) -> Demonstration:
    if isinstance(value, Demonstration):
        return value
    if not isinstance(value, Mapping) or set(value) != {"inputs", "output"}:
        raise PromptError("a demonstration has exactly two keys: inputs (a table) and output")
    return Demonstration(value["inputs"], value["output"])
