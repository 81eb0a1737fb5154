"""Pruning: what can be left out of a prompt.

Owns which parts these are. Whether one earns anything is for the race to find out.
"""

from __future__ import annotations

from collections.abc import Iterator

from intone.prompt.edits import (
    Edit,
    change_output_format,
    drop_clarifier,
    drop_context,
    drop_passage,
    rewrite_role,
    set_demonstrations,
    set_offsets,
    set_passages,
    show_nearest,
)
from intone.prompt.prompt import Prompt


def droppable(prompt: Prompt) -> Iterator[tuple[Edit, ...]]:
    """Give the edits that leave one section or one directive out, for each there is."""
    if "demonstrations" in prompt.nearest:
        yield set_demonstrations(()), show_nearest("demonstrations", 0)
    elif prompt.demonstrations:
        yield (set_demonstrations(()),)
    if "passages" in prompt.nearest:
        yield set_passages(()), show_nearest("passages", 0)
    else:
        for text in prompt.passages:
            yield (drop_passage(text),)
    for text in prompt.context:
        yield (drop_context(text),)
    for text in prompt.clarifiers:
        yield (drop_clarifier(text),)
    if prompt.output_format:
        yield (change_output_format(""),)
    if prompt.role:
        yield (rewrite_role(""),)
    if prompt.offsets:
        yield (set_offsets({}),)
