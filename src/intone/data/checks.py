"""What is suspicious about the data, said before anything is spent. Owns the checks only.

A `Notice` does not stop a run; the two `require_` functions raise for data no tuning can use.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence

import numpy as np

from intone.data.dataset import Dataset
from intone.data.kind import is_number
from intone.data.notice import Notice
from intone.data.row import Row
from intone.data.split import Mask, Places, Split, repeats
from intone.errors import DataError

_LOOKED_AT = 5000
_LONGEST_TEXT = 10_000
"""Characters of an input that are searched for the target."""
_OTHERS = 5
_NAMED = 3
"""Groups of labels that a notice lists."""

_LEAK_RATE = 0.8
_LEAK_RATE_NUMBERS = 0.95
_LEAK_LIFT = 0.3
"""How much more often a target must be in its own row than in rows with other targets."""

_WORD = re.compile(r"\w+")
_FIGURE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def check(dataset: Dataset, split: Split, answers: Collection[str] = ()) -> list[Notice]:
    """Return what a person should know of the data before spending on it, most serious first.

    Looks at all rows for repeated inputs, at up to 5,000 for the rest. `answers` are columns of
    right answers among the inputs: no prompt sees them.
    """
    return [
        *_straddling(dataset, split),
        *_leaks(dataset, answers),
        *_conflicts(dataset),
        *_untargeted(dataset, split),
        *_lacking(dataset),
        *split.notes,
    ]


def require_rows(dataset: Dataset, least: int = 10, *, targeted: bool = False) -> None:
    """Raise DataError if there are fewer rows (with a target, if `targeted`) than `least`."""
    rows = len(dataset) - (dataset.untargeted if targeted else 0)
    if rows < least:
        count = f"{rows} row" + ("" if rows == 1 else "s")
        if rows < len(dataset):
            count += f" with a {dataset.target!r} ({len(dataset)} in all)"
        raise DataError(f"{dataset.name} has {count}; at least {least} are needed, add some")


def require_targets(dataset: Dataset) -> None:
    """Raise DataError if a target column is empty in every row."""
    if dataset.target is not None and dataset.untargeted == len(dataset):
        raise DataError(
            f"{dataset.name}: the target column {dataset.target!r} is empty in every row; "
            "name another column or leave target out"
        )


def require_classes(dataset: Dataset) -> None:
    """Raise DataError if a target column has no value, or the same one in every row."""
    require_targets(dataset)
    if dataset.target is not None and len(dataset.labels) == 1:
        every = "every row with a target" if dataset.untargeted else "every row"
        raise DataError(
            f"{dataset.name}: {every} has the same {dataset.target!r} "
            f"({_short(dataset.labels[0])}), so nothing can be tuned; add rows with other targets"
        )


def alike(labels: Sequence[str]) -> list[Notice]:
    """Say which labels differ in case and spacing only: to a grader they are different answers."""
    groups: dict[str, list[str]] = {}
    for label in sorted(labels):
        groups.setdefault(" ".join(label.casefold().split()), []).append(label)
    found = [group for group in groups.values() if len(group) > 1]
    if not found:
        return []
    named = "; ".join(" and ".join(map(repr, group)) for group in found[:_NAMED])
    more = f" (and {len(found) - _NAMED} more such groups)" if len(found) > _NAMED else ""
    return [
        Notice(
            "alike",
            f"labels that differ in case or spacing only are different labels: {named}{more}; "
            "write them alike if they mean the same",
        )
    ]


def _straddling(dataset: Dataset, split: Split) -> list[Notice]:
    keys = np.frombuffer(dataset.keys, dtype=np.uint64)
    repeated = repeats(keys)
    if not repeated.any():
        return []
    tuning, sealed = (_repeated_rows(rows, repeated) for rows in (split.tuning, split.sealed))
    count = int(np.count_nonzero(np.isin(keys[sealed], keys[tuning])))
    if not count:
        return []
    return [
        Notice(
            "straddles",
            f"{count} sealed rows have the same inputs as a row to tune on; "
            "the verdict would be too kind, leave them out",
        )
    ]


def _repeated_rows(rows: Sequence[int], repeated: Mask) -> Places:
    places = np.array(rows, dtype=np.int64)
    return places[repeated[places]]


def _conflicts(dataset: Dataset) -> list[Notice]:
    """Find rows with the same inputs and different targets."""
    if dataset.target is None:
        return []
    keys = np.frombuffer(dataset.keys, dtype=np.uint64)
    repeated = np.flatnonzero(repeats(keys))
    by_key = repeated[np.argsort(keys[repeated], kind="stable")][:_LOOKED_AT]
    groups: dict[int, dict[str, int]] = {}
    for place in map(int, by_key):
        target = dataset[place].target
        if target is not None:
            groups.setdefault(dataset.keys[place], {}).setdefault(target, place)
    torn = sorted(sorted(group.values()) for group in groups.values() if len(group) > 1)
    if not torn:
        return []
    first, second = torn[0][:2]
    targets = f"{_short(dataset[first].target)} and {_short(dataset[second].target)}"
    count = "one input has" if len(torn) == 1 else f"{len(torn)} inputs have"
    if len(repeated) > _LOOKED_AT:
        count = f"at least {count}"
    return [
        Notice(
            "conflict",
            f"{count} more than one target: {_both(dataset, first, second)}, say, have the "
            f"same inputs but {targets}; no prompt can get both right",
        )
    ]


def _both(dataset: Dataset, first: int, second: int) -> str:
    if len(dataset.parts) > 1:
        return f"{dataset.place(first)} and {dataset.place(second)}"
    return f"rows {first + 1} and {second + 1}"


def _untargeted(dataset: Dataset, split: Split) -> list[Notice]:
    if dataset.target is None or not dataset.untargeted or split.untargeted:
        return []  # rows that were left out are among the split's own notes
    return [
        Notice(
            "untargeted",
            f"{dataset.untargeted} of {len(dataset)} rows have no {dataset.target!r}; "
            "nothing can be graded against it there",
        )
    ]


def _lacking(dataset: Dataset) -> list[Notice]:
    return [
        Notice(
            "lacking",
            f"{count} of {len(dataset)} rows lack the input {dataset.headers[name]!r}; "
            "prompts show nothing in its place",
        )
        for name, count in sorted(dataset.missing.items())
    ]


def _leaks(dataset: Dataset, answers: Collection[str]) -> list[Notice]:
    """Find inputs that hold the target's text: much more often their own row's than another's."""
    if dataset.target is None or dataset.untargeted == len(dataset):
        return []
    chosen = range(0, len(dataset), -(-len(dataset) // _LOOKED_AT))
    rows = [row for place in chosen if (row := dataset[place]).target is not None]
    targets = [row.target or "" for row in rows]
    numeric = all(map(is_number, targets))
    rest = _others(targets)
    if not any(rest):
        return []
    notices = []
    for column in (name for name in dataset.inputs if name not in answers):
        own, chance = _rates(rows, targets, rest, column, numeric=numeric)
        if own >= (_LEAK_RATE_NUMBERS if numeric else _LEAK_RATE) and own - chance >= _LEAK_LIFT:
            notices.append(
                Notice(
                    "leak",
                    f"the input {column!r} holds the target in {own:.0%} of rows ({chance:.0%} "
                    "expected by chance); leave it out if it is not known beforehand",
                )
            )
    return notices


def _others(targets: Sequence[str]) -> list[list[int]]:
    """For each row up to five rows with another target, a fixed choice spread over all of them."""
    count = len(targets)
    by_target = sorted(range(count), key=targets.__getitem__)
    others: list[list[int]] = [[] for _ in targets]
    end = 0
    for _, block in itertools.groupby(by_target, key=targets.__getitem__):
        members = list(block)
        end += len(members)
        rest = count - len(members)
        if not rest:
            break
        for turn, place in enumerate(members):
            # The rows outside the block are those that follow its end, around the corner.
            steps = {turn + step * rest // _OTHERS for step in range(_OTHERS)}
            others[place] = [by_target[(end + step % rest) % count] for step in sorted(steps)]
    return others


def _rates(
    rows: Sequence[Row],
    targets: Sequence[str],
    others: Sequence[Sequence[int]],
    column: str,
    *,
    numeric: bool,
) -> tuple[float, float]:
    """Return how often a target is in its own row's column, and in a row with another target."""
    texts = [row.inputs[column][:_LONGEST_TEXT] for row in rows]
    if numeric:
        figures = [{_figure(found) for found in _FIGURE.findall(text)} for text in texts]
        wanted = [_figure(target.lstrip("+-")) for target in targets]
        own = [number in there for number, there in zip(wanted, figures, strict=True)]
        chance = [[wanted[i] in figures[j] for j in js] for i, js in enumerate(others)]
    else:
        plain = [_plain(text) for text in texts]
        own = [_holds(text, target) for text, target in zip(plain, targets, strict=True)]
        chance = [[_holds(plain[j], targets[i]) for j in js] for i, js in enumerate(others)]
    by_chance = [sum(found) / len(found) for found in chance if found]
    return sum(own) / len(own), sum(by_chance) / len(by_chance)


def _figure(text: str) -> float:
    return float(text.replace(",", ""))


def _plain(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} \0{text.casefold()}"


def _holds(plain: str, target: str) -> bool:
    words = _WORD.findall(target.casefold())
    if words and target.isascii():
        return f" {' '.join(words)} " in plain
    # Writing without spaces has no whole words to compare, and some labels have no words.
    return target.casefold() in plain


def _short(text: str | None) -> str:
    words = " ".join((text or "").split())
    return repr(words if len(words) <= 40 else words[:39] + "…")
