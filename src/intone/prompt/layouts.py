"""Layouts: how the sections of a prompt become messages.

What is the same for all rows (role, instructions, context, clarifiers, output format,
demonstrations) comes first, the row's inputs last, so that engines and providers compute the
shared part once. In every layout a demonstration's output follows its question as the model's
answer follows the row's: on the next line, with nothing between them that an answer read from its
first token would have to say first. Owns the arrangement only; `template` fills in variables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from intone.llm.messages import Message
from intone.prompt.template import render, split_head, variables

if TYPE_CHECKING:
    from intone.prompt.prompt import Demonstration, Prompt


class Still(NamedTuple):
    """The part of the messages that is the same for all rows; `lead` begins the row's message."""

    messages: tuple[Message, ...]
    lead: str


class Section(NamedTuple):
    """A named block of the static part."""

    title: str
    tag: str
    text: str


def still(prompt: Prompt, demonstrations: Sequence[Demonstration]) -> Still:
    """Return the static part of a prompt with these demonstrations."""
    sections = _sections(prompt)
    shown = [
        (_filled(prompt, d.inputs), prompt.codes.get(d.output, d.output)) for d in demonstrations
    ]
    if prompt.layout == "chat":
        return _chat(sections, shown)
    compose = {"plain": _plain, "markdown": _markdown, "xml": _xml}[prompt.layout]
    return Still((), compose(sections, shown))


def with_row(
    prompt: Prompt, still: Still, inputs: Mapping[str, str], passages: Sequence[str] = ()
) -> list[Message]:
    """Return the messages for a row; `passages` come with it, as they are."""
    body = "\n\n".join(filter(None, [*passages, _filled(prompt, inputs)]))
    if prompt.layout == "xml" and still.lead:
        body = f"<input>\n{body}\n</input>"
    return [*still.messages, Message("user", still.lead + body)]


def _filled(prompt: Prompt, inputs: Mapping[str, str]) -> str:
    """Return what depends on the row: context passages that name inputs, then the template."""
    _, body = split_head(prompt.template)
    moving = [render(passage, inputs) for passage in prompt.context if variables(passage)]
    return "\n\n".join([*moving, render(body, inputs)]) if body or moving else ""


def _sections(prompt: Prompt) -> list[Section]:
    head, _ = split_head(prompt.template)
    fixed = [render(passage, {}) for passage in prompt.context if not variables(passage)]
    if "passages" not in prompt.nearest:
        fixed += prompt.passages
    rules = prompt.clarifiers
    listed = "\n".join(f"- {rule}" for rule in rules) if len(rules) > 1 else "".join(rules)
    codes = "\n".join(f"{code}: {label}" for label, code in prompt.codes.items())
    answer = "\n".join(part for part in (prompt.output_format, codes) if part)
    sections = [
        Section("Role", "role", prompt.role),
        Section("Instructions", "instructions", head),
        Section("Background", "context", "\n\n".join(fixed)),
        Section("Rules", "rules", listed),
        Section("Answer format", "output_format", answer),
    ]
    return [section for section in sections if section.text]


def _chat(sections: Sequence[Section], shown: Sequence[tuple[str, str]]) -> Still:
    messages: list[Message] = []
    if sections:
        messages.append(Message("system", "\n\n".join(section.text for section in sections)))
    for question, output in shown:
        messages += [Message("user", question), Message("assistant", output)]
    return Still(tuple(messages), "")


def _plain(sections: Sequence[Section], shown: Sequence[tuple[str, str]]) -> str:
    blocks = [section.text for section in sections]
    blocks += [f"{question}\n{output}" for question, output in shown]
    return "".join(block + "\n\n" for block in blocks)


def _markdown(sections: Sequence[Section], shown: Sequence[tuple[str, str]]) -> str:
    blocks = [f"## {section.title}\n\n{section.text}" for section in sections]
    if shown:
        examples = [
            f"### Example {number}\n\n{question}\n{output}"
            for number, (question, output) in enumerate(shown, start=1)
        ]
        blocks.append("\n\n".join(["## Examples", *examples]))
    if not blocks:
        return ""
    return "".join(block + "\n\n" for block in blocks) + "## Input\n\n"


def _xml(sections: Sequence[Section], shown: Sequence[tuple[str, str]]) -> str:
    blocks = [f"<{section.tag}>\n{section.text}\n</{section.tag}>" for section in sections]
    if shown:
        examples = [
            f"<example>\n<input>\n{question}\n</input>\n{output}\n</example>"
            for question, output in shown
        ]
        blocks.append("\n".join(["<examples>", *examples, "</examples>"]))
    return "".join(block + "\n\n" for block in blocks)
