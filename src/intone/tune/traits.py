"""Traits: what prompts have in common, by name. Owns which traits there are.

Rankings pool what is known about a trait over all candidates that have it (`scores.py`).
"""

from __future__ import annotations

from functools import lru_cache

from intone.data.canonical import content_id
from intone.prompt.phrasings import asks_last, own_words
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt


def traits(program: Program) -> frozenset[str]:
    """Return a program's traits; none for what is no prompt."""
    return _of_prompt(program) if isinstance(program, Prompt) else frozenset()


@lru_cache(maxsize=4096)
def _of_prompt(program: Prompt) -> frozenset[str]:
    found = {f"layout {program.layout}", f"words {content_id(own_words(program))}"}
    if asks_last(program):
        found.add("asks last")
    if program.role:
        found.add("role")
    if program.output_format:
        found.add("output format")
    if program.context:
        found.add("context")
    if program.passages:
        found.add("passages")
        found.add(f"passages {'nearest' if 'passages' in program.nearest else 'fixed'}")
    if program.clarifiers:
        found.add("clarifiers")
    if program.offsets:
        found.add("offsets")
    if program.demonstrations:
        found.add("demonstrations")
        chosen = "nearest" if "demonstrations" in program.nearest else "fixed"
        shown = program.nearest.get("demonstrations", len(program.demonstrations))
        found.add(f"demonstrations {chosen}")
        found.add("many demonstrations" if shown >= 8 else "few demonstrations")
    return frozenset(found)
