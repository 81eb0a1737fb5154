"""Passages of the user's documents as edits: the nearest to each row, or the same for all rows.

Owns which passages these are. No model is called and no target is looked at. Where documents come
from is `data/documents.py`'s; which passages are nearest to a row is decided when it is rendered
(`prompt/nearest.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from intone.data.row import Row
from intone.prompt.edits import Edit, add_passage, set_passages, short, show_nearest
from intone.prompt.nearest import index_of
from intone.prompt.prompt import Prompt

SHOWN = (3, 1)
"""How many passages are tried, in this order."""
_RANKS = 3  # places of a row's ranking that count


def passage_edits(
    prompt: Prompt, passages: Sequence[str], rows: Sequence[Row]
) -> list[tuple[Edit, ...]]:
    """Return the ways to give a prompt passages, likely ones first; none that come to the same.

    By turns the nearest three and one to each row, and those that are nearest to most of `rows`.
    """
    ways = []
    for count in SHOWN:
        ways += [
            nearest_passages(prompt, passages, count),
            fixed_passages(prompt, passages, rows, count),
        ]
    return [edits for edits in dict.fromkeys(ways) if edits]


def nearest_passages(prompt: Prompt, passages: Sequence[str], count: int) -> tuple[Edit, ...]:
    """Return the edits that show each row the `count` passages that are nearest to it, by BM25.

    All passages become part of the prompt, its own among them where it shows the nearest of these
    already. () without passages, and for a prompt that shows passages of its own to every row:
    they must go on standing there.
    """
    if not passages or (prompt.passages and "passages" not in prompt.nearest):
        return ()
    stock = tuple(dict.fromkeys((*prompt.passages, *passages)))
    shown = min(count, len(stock))
    said = f"choose from {len(stock)} passage{'' if len(stock) == 1 else 's'} of the documents"
    return set_passages(stock, said), show_nearest("passages", shown)


def fixed_passages(
    prompt: Prompt, passages: Sequence[str], rows: Sequence[Row], count: int
) -> tuple[Edit, ...]:
    """Return the edits that add the `count` passages that are nearest to most of the rows.

    See `nearest_to_most`. () where there are none, and for a prompt that shows each row the
    nearest of its own passages: whatever is added would be one of these.
    """
    if "passages" in prompt.nearest:
        return ()
    new = [passage for passage in passages if passage not in prompt.passages]
    return tuple(
        add_passage(text, sentence=f"give the passage “{short(' '.join(text.split()))}”")
        for text in nearest_to_most(new, rows, prompt.variables)[:count]
    )


def nearest_to_most(
    passages: Sequence[str], rows: Sequence[Row], variables: frozenset[str]
) -> list[str]:
    """Return the passages that are near to any of the rows, those near to most of them first.

    A row counts 1 for the passage nearest to it by BM25, 1/2 and 1/3 for the next two; a passage
    that shares no word with it counts nothing. Of equal ones the earlier comes first. Rows are
    compared by the inputs in `variables`.
    """
    index = index_of(tuple(passages))
    counts: dict[int, float] = {}
    for row in rows:
        asked = "\n".join(row.inputs.get(name, "") for name in sorted(variables))
        for place, found in enumerate(index.nearest(asked, _RANKS, sharing=True)):
            counts[found] = counts.get(found, 0.0) + 1 / (place + 1)
    best = sorted(counts, key=lambda place: (-round(counts[place], 9), place))
    return [passages[place] for place in best]
