"""Variation without a writer: other prompts from the library, from rows, and from two parents.

Owns the space around the user's prompt, single changes of any candidate, and crossing by sections.
What methods fall back on where there is no writer, or where it produces junk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest

from intone.data.canonical import draw
from intone.data.row import Row
from intone.errors import PromptError
from intone.prompt.contradictions import fit_together
from intone.prompt.edits import (
    SECTIONS,
    Edit,
    add_clarifier,
    apply_all,
    change_layout,
    drop_clarifier,
    set_demonstrations,
    show_nearest,
)
from intone.prompt.edits.edit import Section, section_value, set_section
from intone.prompt.nearest import SECTIONS as NEAREST
from intone.prompt.prompt import LAYOUTS, Demonstration, Prompt
from intone.prompt.space import PromptSpace, space_around
from intone.tune.candidate import Candidate
from intone.tune.demonstrations import balanced
from intone.tune.material import Material

_SIZES = (4, 8, 16)
_LEAST_SHOWN = 3
_CLARIFIERS = 3  # more would be on in nearly every point that is drawn


def prompt_of(candidate: Candidate) -> Prompt:
    """Return a candidate's prompt; the methods make no other programs."""
    assert isinstance(candidate.program, Prompt)
    return candidate.program


def edits_of(candidate: Candidate) -> tuple[Edit, ...]:
    """Return a candidate's edits; those of a prompt are of no other kind."""
    return tuple(edit for edit in candidate.edits if isinstance(edit, Edit))


def demonstration_sets(
    pool: Sequence[Row], variables: frozenset[str], seed: int, most: int
) -> list[tuple[Demonstration, ...]]:
    """Return up to `most` balanced sets of 4, 8 and 16 demonstrations, then such sets again.

    No two sets show the same rows; a pool under three rows gives none.
    """
    found: dict[frozenset[Demonstration], tuple[Demonstration, ...]] = {}
    for take in range(most):
        for size in _SIZES:
            shown = balanced(pool, size, seed, variables, take)
            if len(shown) >= _LEAST_SHOWN:
                found.setdefault(frozenset(shown), shown)
    return list(found.values())[:most]


def space(material: Material, sets: int = 6) -> PromptSpace:
    """Return the space that `random` draws from: phrasing, layout, clarifiers, demonstrations."""
    given = material.given
    return space_around(
        given,
        phrasings=material.phrasings,
        layouts=[layout for layout in LAYOUTS if layout != given.layout],
        clarifiers=[[text] for text in material.clarifiers[:_CLARIFIERS]],
        demonstrations=demonstration_sets(material.pool, given.variables, material.seed, sets),
    )


def changed(parent: Candidate, edits: Sequence[Edit], *, phrased: bool = False) -> Candidate | None:
    """Return the candidate that edits make of a parent, None where they do not fit it.

    `phrased` says that the edits change nothing but wording and use nothing learnt from rows.
    """
    prompt = prompt_of(parent)
    try:
        edited = apply_all(prompt, edits)
    except PromptError:
        return None
    only_wording = phrased and not edited.demonstrations and (parent.rephrasing or not parent.edits)
    return Candidate(edited, (*parent.edits, *edits), (parent.id,), rephrasing=only_wording)


def variants(
    material: Material, parent: Candidate, *, demonstrations: bool = False
) -> Iterator[Candidate]:
    """Yield what the library makes of a candidate with one change, likely changes first.

    Another phrasing (which keeps the demonstrations), another layout, a clarifier added or dropped
    and, if wanted, other demonstrations or none; the kinds take turns, phrasings two at a time. No
    clarifier is added that contradicts what the candidate says.
    """
    phrased = _rephrased(material, parent)
    kinds: list[Iterator[Candidate | None]] = [phrased, phrased]
    if demonstrations:
        kinds.append(_shown(material, parent))
    kinds.append(_adjusted(material, parent))
    seen = {parent.id}
    for candidate in chain.from_iterable(zip_longest(*kinds)):
        if candidate is not None and candidate.id not in seen:
            seen.add(candidate.id)
            yield candidate


def crossed(one: Candidate, other: Candidate, seed: int, *purpose: object) -> Candidate | None:
    """Return the first parent with about half of the sections that differ taken from the other.

    At least one section is taken and, where several differ, one kept. None where the parents are
    the same or the sections do not fit together.
    """
    here, there = prompt_of(one), prompt_of(other)
    differing = [s for s in SECTIONS if section_value(here, s) != section_value(there, s)]
    if not differing:
        return None
    chance = draw(seed, "crossed", one.id, other.id, *purpose)
    count = max(1, min(len(differing) - 1, round(len(differing) / 2)))
    taken = chance.sample(differing, count)
    edits = [taken_over(section, here, there) for section in differing if section in taken]
    child = changed(one, [*chain.from_iterable(edits)])
    return child and Candidate(child.program, child.edits, (one.id, other.id))


def taken_over(section: Section, here: Prompt, there: Prompt) -> list[Edit]:
    """Return the edits that make a section of one prompt what it is in the other."""
    if section != "nearest":
        return [set_section(section, section_value(there, section))]
    counts = {of: there.nearest.get(of, 0) for of in NEAREST}
    return [show_nearest(of, n) for of, n in counts.items() if n != here.nearest.get(of, 0)]


def _rephrased(material: Material, parent: Candidate) -> Iterator[Candidate | None]:
    prompt = prompt_of(parent)
    given = Candidate(material.given)
    shown = prompt.demonstrations
    for edits in material.phrasings:
        kept = (set_demonstrations(shown),) if shown != material.given.demonstrations else ()
        made = changed(given, (*edits, *kept), phrased=True)
        yield made and Candidate(made.program, made.edits, (parent.id,), made.rephrasing)


def _shown(material: Material, parent: Candidate) -> Iterator[Candidate | None]:
    prompt = prompt_of(parent)
    sets = demonstration_sets(material.pool, prompt.variables, material.seed, 6)
    for shown in sets:
        if shown != prompt.demonstrations:
            yield changed(parent, (set_demonstrations(shown),))
    if prompt.demonstrations:
        yield changed(parent, (set_demonstrations(()),))


def _adjusted(material: Material, parent: Candidate) -> Iterator[Candidate | None]:
    prompt = prompt_of(parent)
    own = [text for text in prompt.clarifiers if text not in material.given.clarifiers]
    clarifiers: list[Edit] = [drop_clarifier(text) for text in own]
    added = [add_clarifier(t) for t in material.clarifiers if t not in prompt.clarifiers]
    clarifiers += [edit for edit in added if fit_together(prompt, edit.apply(prompt))]
    layouts = [change_layout(layout) for layout in LAYOUTS if layout != prompt.layout]
    for pair in zip_longest(layouts, clarifiers):
        for edit in pair:
            if edit is not None:
                yield changed(parent, (edit,), phrased=True)
