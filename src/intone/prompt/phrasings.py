"""Phrasings: other ways to ask the same thing, made from the library and the user's own words.

Owns how a library entry and the user's inputs become a template, and in which order phrasings
are tried: templates of the project's own library, as somebody wrote them for this; then the
cheapest change (the user's own words with the labels named, and after the inputs instead of before
them); then our other wordings, with clarifiers, layouts and the place of the question spread over
them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from intone.prompt.contradictions import fit_together
from intone.prompt.edits import (
    Edit,
    add_clarifier,
    apply_all,
    change_layout,
    change_output_format,
    rewrite_template,
    short,
)
from intone.prompt.library.entries import Clarifier, Kind, OutputFormat, Template
from intone.prompt.library.library import Library, ours
from intone.prompt.prompt import Layout, Prompt
from intone.prompt.template import named, split_head, split_tail, without_marks

_BRACE = "{{ '{' }}"  # a brace in a template that is just a brace
_SLOT = re.compile(r"\[\[(\w+)\]\]")
_KINDS: dict[str, Kind] = {"label": "classify", "number": "calculate", "json": "extract"}
_LEAST_ASKED = 3  # words; fewer are a cue such as "Answer:"
_LABELS_LISTED = 80  # beyond so many labels a list of them is longer than it helps


def task_kind(grader: str) -> Kind:
    """Return the kind of task a grader stands for."""
    return _KINDS.get(grader, "answer")


def with_inputs(
    prompt: Prompt, inputs: Sequence[str], headers: Mapping[str, str] | None = None
) -> Prompt:
    """Return the prompt with all inputs after its text, if its template names none of them.

    `headers` says what the columns are called in the data.
    """
    if prompt.variables:
        return prompt
    block = labelled_inputs(inputs, headers)
    return prompt.with_(template=f"{prompt.template.rstrip()}\n\n{block}")


def labelled_inputs(inputs: Sequence[str], headers: Mapping[str, str] | None = None) -> str:
    """Return a line for each input, its name before it: `Subject: {{ subject }}`.

    Where the column has a header that could not be its name, the header stands before it.
    """
    if len(inputs) == 1 and inputs[0].lower() in ("input", "text", "body", "content", "sentence"):
        return f"Text: {{{{ {inputs[0]} }}}}"
    headers = headers or {}
    titles = [_title(name, headers.get(name, name)) for name in inputs]
    return "\n".join(f"{t}: {{{{ {name} }}}}" for t, name in zip(titles, inputs, strict=True))


def inputs_block(prompt: Prompt) -> str:
    """Return the part of a template that holds the inputs, without the question around it.

    The user's own lines where they are just that (names and values, or any Jinja blocks), else a
    line for each input.
    """
    head, body = split_head(prompt.template)
    if "{%" in body:
        return body
    block, _ = split_tail(body)
    words_around = len(re.findall(r"\w+", without_marks(block)))
    if head and words_around <= 3 * max(1, block.count("{{")):
        return block
    return labelled_inputs(named(prompt.template))


def own_words(prompt: Prompt) -> str:
    """Return what the user asks, without the inputs: "" if the template has no words of its own."""
    head, body = split_head(prompt.template)
    tail = _after_inputs(prompt) if asks_last(prompt) else ""
    if head or tail:
        return "\n\n".join(part for part in (head, tail) if part)
    text = " ".join(without_marks(body).split()).strip(" :\n")
    return text if len(text.split()) >= _LEAST_ASKED else ""


def phrasings(
    prompt: Prompt,
    *,
    kind: Kind,
    labels: Sequence[str],
    target: str,
    library: Library | None = None,
) -> list[tuple[Edit, ...]]:
    """Return edits that ask the same in other ways, in the order in which to try them.

    `library` is where the wordings come from (default: ours). None of them uses the rows; only the
    labels' names are used, which the task gives. Every edit keeps all inputs. None makes the prompt
    contradict itself: entries that do not go together are not put together.
    """
    entries = library or ours()
    formats = (format_edit(form, labels, target) for form in entries.output_formats(kind))
    usable = [edit for edit in formats if edit is not None]
    found: list[tuple[Edit, ...]] = []
    named = _joined(prompt, (), usable, 0) if not prompt.output_format else ()
    plain = [change_layout("plain")] if prompt.layout == "chat" else []
    other_side = turned(prompt)
    if named:
        found.append(named)
    if other_side is not None:
        found += [(other_side,), (other_side, *named, *plain)]
    if named and plain:
        found.append((*named, *plain))
    rules = [_clarifier_edit(rule) for rule in entries.clarifiers(kind) if rule.race]
    rotation: Sequence[Layout] = ("plain", "chat", "markdown", "xml")
    shared = set(ours().templates(kind))
    theirs: list[tuple[Edit, ...]] = []
    for place, entry in enumerate(entries.templates(kind)):
        last = (place + place // len(rotation)) % 2 == 1  # so that no layout has one place only
        edits = _template_edits(prompt, entry, labels, target, last=last)
        if edits is None:
            continue
        layout = rotation[place % len(rotation)]
        if layout != prompt.layout:
            edits = (*edits, change_layout(layout))
        if "[[labels]]" not in entry.text:
            edits = _joined(prompt, edits, usable, place)
        if place % 3 == 2:
            edits = _joined(prompt, edits, rules, place // 3)
        if _fits(prompt, edits):
            (found if entry in shared else theirs).append(edits)
    seen = {prompt.id}
    distinct = []
    for edits in (*theirs, *found):
        edited = apply_all(prompt, edits)
        if edited.id not in seen:
            seen.add(edited.id)
            distinct.append(edits)
    return distinct


def _joined(
    prompt: Prompt, edits: tuple[Edit, ...], more: Sequence[Edit], first: int
) -> tuple[Edit, ...]:
    """Return the edits with one more that goes with them; `first` is the first to look at."""
    turn = [more[(first + place) % len(more)] for place in range(len(more))]
    return next((both for edit in turn if _fits(prompt, both := (*edits, edit))), edits)


def _fits(prompt: Prompt, edits: Sequence[Edit]) -> bool:
    return fit_together(prompt, apply_all(prompt, edits))


def said_last(prompt: Prompt, text: str) -> Edit:
    """Return the edit that says something after all else in a prompt, in a paragraph of its own."""
    return rewrite_template(
        f"{prompt.template.rstrip()}\n\n{_escaped(text)}", f"say last “{short(text)}”"
    )


def asks_last(prompt: Prompt) -> bool:
    """Say whether a prompt's template asks after the inputs: three words or more in lines below."""
    return len(_after_inputs(prompt).split()) >= _LEAST_ASKED


def _after_inputs(prompt: Prompt) -> str:
    """Return the lines of a template below the last that depends on the row."""
    _, tail = split_tail(prompt.template)
    return tail.strip()


def turned(prompt: Prompt) -> Edit | None:
    """Return the edit that asks in the user's words on the other side of the inputs."""
    words = own_words(prompt)
    if not words or "{%" in prompt.template:
        return None
    block = inputs_block(prompt)
    if asks_last(prompt):
        return rewrite_template(f"{_escaped(words)}\n\n{block}", "ask before the text")
    return rewrite_template(f"{block}\n\n{_escaped(words)}", "ask after the text")


def _template_edits(
    prompt: Prompt, entry: Template, labels: Sequence[str], target: str, *, last: bool
) -> tuple[Edit, ...] | None:
    values = _slots(prompt, labels, target)
    if any(not values.get(slot) for slot in _SLOT.findall(entry.text)):
        return None
    head = _filled("\n\n".join(part for part in (entry.head, entry.instruction) if part), values)
    block = inputs_block(prompt)
    cue = f"\n{_filled(entry.cue, values)}" if entry.cue else ""
    asked = f"“{short(head.splitlines()[0].replace(_BRACE, '{'))}”"
    if last:
        return (rewrite_template(f"{block}\n\n{head}{cue}", f"ask after the text as {asked}"),)
    return (rewrite_template(f"{head}\n\n{block}{cue}", f"ask as {asked}"),)


def format_edit(form: OutputFormat, labels: Sequence[str], target: str = "") -> Edit | None:
    """Return the edit that asks for answers in a form of the library.

    None where a slot of it has nothing to be filled with.
    """
    values = {"labels": _listed(labels), "target": target}
    if any(not values.get(slot) for slot in _SLOT.findall(form.text)):
        return None
    text = _SLOT.sub(lambda m: values[m.group(1)], form.text)  # never rendered: nothing to escape
    return change_output_format(text)


def _clarifier_edit(rule: Clarifier) -> Edit:
    return add_clarifier(rule.strengths[len(rule.strengths) // 2])


def _slots(prompt: Prompt, labels: Sequence[str], target: str) -> dict[str, str]:
    return {"labels": _listed(labels), "target": target, "task": own_words(prompt)}


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels) if len(labels) <= _LABELS_LISTED else ""


def _filled(text: str, values: dict[str, str]) -> str:
    """Fill the slots; braces in what is filled in must not read as Jinja."""
    return _SLOT.sub(lambda m: _escaped(values[m.group(1)]), text)


def _escaped(text: str) -> str:
    return re.sub(r"\{(?=[{%#])", _BRACE, text)


def _title(name: str, header: str) -> str:
    shown = " ".join(header.split())
    if shown and header != name:
        return _escaped(shown)
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
