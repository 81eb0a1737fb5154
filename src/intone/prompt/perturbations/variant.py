"""What a perturbation comes to: a variant of a program, and the kinds there are. Values only."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from intone.errors import SettingError
from intone.prompt.edits import Edit
from intone.prompt.program import Program

Kind = Literal["paraphrase", "order", "layout", "casing", "filler", "sampling"]
"""What changes: the words of the instruction; the order of demonstrations, labels and clarifiers;
layout and separators; casing and white space; a neutral passage more; the draw and its
temperature."""
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Asked:
    """What is perturbed, and how.

    `count` is the most variants of each of the `kinds`; `seed` decides which. `labels` are those of
    a labelling task; `temperature` is the run's own. `paraphrases` are edits that say the
    instruction in other words (a writer's): they come before our own.
    """

    kinds: Sequence[Kind] = KINDS
    count: int = 3
    seed: int = 0
    labels: Sequence[str] = ()
    temperature: float = 0.0
    paraphrases: Sequence[Sequence[Edit]] = ()


@dataclass(frozen=True)
class Variant:
    """A program changed in a way that should not matter; `sentence` tells a person what changed.

    `sample` numbers repeated draws of the same requests.
    """

    kind: Kind
    program: Program
    sentence: str
    sample: int = 0


@dataclass(frozen=True)
class Perturbed:
    """The variants of a program, by kind, and why kinds that were asked for have none."""

    variants: tuple[Variant, ...] = ()
    left_out: Mapping[Kind, str] = field(default_factory=dict)


def read_kinds(names: Sequence[str]) -> tuple[Kind, ...]:
    """Return the kinds of these names, each once, in the fixed order; none named: all.

    Raises SettingError for a name there is not, with the nearest right one.
    """
    for name in names:
        if name not in KINDS:
            near = difflib.get_close_matches(name, KINDS, 1, 0.5)
            meant = f" (did you mean {near[0]!r}?)" if near else ""
            raise SettingError(
                f"stress.kinds: {name!r} is no kind of change{meant}; there are: {', '.join(KINDS)}"
            )
    return tuple(kind for kind in KINDS if not names or kind in names)
