"""The edits between two prompts.

Owns how a difference is put into edits: which items are taken to be the same, what counts as a
replacement, and an order in which no edit loses an input on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from intone.errors import PromptError
from intone.prompt.edits.edit import Edit, Section, section_value, set_demonstrations, set_section
from intone.prompt.edits.items import (
    Item,
    ListSection,
    add_item,
    drop_item,
    items_of,
    reorder,
    replace_item,
)
from intone.prompt.edits.show_nearest import show_nearest
from intone.prompt.edits.strength import steps_between
from intone.prompt.nearest import SECTIONS
from intone.prompt.prompt import Prompt
from intone.prompt.template import variables


class Changes(NamedTuple):
    """The edits of one list: those that bring something in come first."""

    coming: list[Edit]
    going: list[Edit]


def diff(before: Prompt, after: Prompt) -> tuple[Edit, ...]:
    """Return the edits that turn one prompt into the other; none if they are equal.

    Clarifiers, context passages and demonstrations are compared item by item (demonstrations as a
    whole set where fewer than half stay), other sections are replaced. The order is fixed:
    demonstrations change before anything names an input that only the new ones have, and the
    template is rewritten after context passages have come and before others go, so that an input
    can move between the two. `apply_all(before, diff(before, after))` equals `after` wherever the
    demonstrations of both have all inputs. Raises PromptError, naming them, if `after` lacks inputs
    that `before` has.
    """
    lost = sorted(before.variables - after.variables)
    if lost:
        names = ", ".join(f"{{{{ {name} }}}}" for name in lost)
        raise PromptError(f"no edits lead there: they would lose the input {names}")
    passages = _changes("context", before, after)
    rules = _changes("clarifiers", before, after)
    return (
        *_whole("role", before, after),
        *_demonstrations(before, after),
        *passages.coming,
        *_whole("template", before, after),
        *passages.going,
        *_whole("passages", before, after),
        *rules.coming,
        *rules.going,
        *_whole("output_format", before, after),
        *_whole("codes", before, after),
        *_nearest(before, after),
        *_whole("offsets", before, after),
        *_whole("layout", before, after),
    )


def sections_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of the sections in which two canonical forms differ."""
    names = dict.fromkeys([*before, *after])
    return [name for name in names if before.get(name) != after.get(name)]


def _whole(section: Section, before: Prompt, after: Prompt) -> list[Edit]:
    if getattr(before, section) == getattr(after, section):
        return []
    return [set_section(section, section_value(after, section))]


def _nearest(before: Prompt, after: Prompt) -> list[Edit]:
    counts = ((of, before.nearest.get(of, 0), after.nearest.get(of, 0)) for of in SECTIONS)
    return [show_nearest(of, count) for of, was, count in counts if was != count]


def _demonstrations(before: Prompt, after: Prompt) -> list[Edit]:
    old, new = items_of(before, "demonstrations"), items_of(after, "demonstrations")
    if old == new:
        return []
    if 2 * len(_same(old, new)) < max(len(old), len(new)):
        return [set_demonstrations(after.demonstrations)]
    changes = _changes("demonstrations", before, after)
    return [*changes.coming, *changes.going]


def _changes(section: ListSection, before: Prompt, after: Prompt) -> Changes:
    """Return the edits that turn a list of the one prompt into that of the other."""
    old, new = items_of(before, section), items_of(after, section)
    pairs = _same(old, new)
    coming: list[Edit] = []
    for at, to in _turned(section, old, new, pairs):
        was, becomes = old[at], new[to]
        steps: list[Edit] = []
        if isinstance(was, str) and isinstance(becomes, str) and section == "clarifiers":
            steps = steps_between(was, becomes, at)
        coming += steps or [replace_item(section, was, becomes, at)]
        pairs[at] = to
    # What stands in the list, as places in `new`; None for what is to go.
    now = [pairs.get(at) for at in range(len(old))]
    items = [item if to is None else new[to] for item, to in zip(old, now, strict=True)]
    moved = [pairs[at] for at in sorted(pairs)] != sorted(pairs.values())
    for to in sorted(set(range(len(new))) - set(pairs.values())):
        # What is reordered in the end anyway can come at the end.
        at = len(now) if moved else now.index(to - 1) + 1 if to else 0
        coming.append(add_item(section, new[to], None if at == len(now) else at))
        now.insert(at, to)
        items.insert(at, new[to])
    going: list[Edit] = []
    while None in now:
        at = now.index(None)
        going.append(drop_item(section, items[at], at if items.index(items[at]) != at else None))
        del now[at], items[at]
    places = [to for to in now if to is not None]
    if places != sorted(places):
        going.append(reorder(section, [places.index(to) for to in range(len(new))]))
    return Changes(coming, going)


def _same(old: Sequence[Item], new: Sequence[Item]) -> dict[int, int]:
    """Return which places of the old list stay as which of the new; as few as can be move."""
    pairs: dict[int, int] = {}
    for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        pairs.update({block.a + i: block.b + i for i in range(block.size)})
    for at, item in enumerate(old):
        if at not in pairs:
            free = (to for to, other in enumerate(new) if other == item)
            taken = set(pairs.values())
            to = next((to for to in free if to not in taken), None)
            if to is not None:
                pairs[at] = to
    return pairs


def _turned(
    section: ListSection, old: Sequence[Item], new: Sequence[Item], same: Mapping[int, int]
) -> list[tuple[int, int]]:
    """Return which items that do not stay are turned into which new ones.

    Clarifiers that are strengths of one library entry, wherever they stand; then what stands
    between the same neighbours. A passage may be replaced only by one that names its inputs too:
    this comes before the template is rewritten.
    """
    gone = [at for at in range(len(old)) if at not in same]
    come = [to for to in range(len(new)) if to not in set(same.values())]
    turned: list[tuple[int, int]] = []
    if section == "clarifiers":
        for at in gone:
            to = next((to for to in come if steps_between(str(old[at]), str(new[to]))), None)
            if to is not None:
                turned.append((at, to))
                come.remove(to)
    fixed = {**same, **dict(turned)}
    for at in gone:
        if at in fixed:
            continue
        follows = fixed[at - 1] + 1 if at - 1 in fixed else 0 if at == 0 else None
        if follows in come and _may_turn(section, old[at], new[follows]):
            turned.append((at, follows))
            fixed[at] = follows
            come.remove(follows)
    return turned


def _may_turn(section: ListSection, old: Item, new: Item) -> bool:
    if section != "context":
        return True
    return variables(str(old)) <= variables(str(new))
