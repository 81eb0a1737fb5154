"""Which rows are for tuning and which are sealed, and in what order rows are taken.

Owns the choice of rows. All of it depends on the rows' contents and a seed only: not on their
order in the file, and not on what was chosen before.
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from intone.data.canonical import draw
from intone.data.dataset import NO_TARGET, Dataset
from intone.data.notice import Notice
from intone.errors import DataError, SettingError

Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_FEW_CLASSES = 50
_ROWS_A_CLASS = 3


@dataclass(frozen=True, slots=True)
class Split:
    """The rows (places in the dataset, ascending) to tune on and those only a verdict sees.

    `moved` is the number of rows that would have been sealed but have the same inputs as a row
    to tune on, `untargeted` the number of rows on neither side because they have no target;
    `notes` says so in words.
    """

    tuning: Sequence[int]
    sealed: Sequence[int]
    moved: int = 0
    notes: tuple[Notice, ...] = ()
    untargeted: int = 0


def usable(dataset: Dataset, *, targeted: bool) -> Sequence[int]:
    """Return the rows that can be graded: all of them, or those with a target if `targeted`."""
    return _indices(_usable(dataset, targeted))


def split(dataset: Dataset, share: float, seed: int, *, targeted: bool = False) -> Split:
    """Seal a share (0 up to, not including, 1) of the rows; SettingError for another share.

    `targeted` leaves rows without a target out of both sides: for graders that need one.

    Each class of targets gives its share of sealed rows to within one row (largest remainder),
    as long as there are few classes: at most 50, or at least three rows a class. Always for
    tuning are rows without a target (where others have one) and one row of each class. Rows that
    repeat another row's inputs (case and spacing aside) are for tuning as long as there are
    enough others to seal. Where there are not, whole groups of equal rows leave the tuning side,
    and one row of each is sealed: equal rows get equal answers, and to count one answer twice
    would make a verdict look surer than it is. Which rows of a class are sealed follows from a
    hash of seed and inputs, so more rows of data move few of them.
    """
    exact = _exact(share)
    keys, codes = _keys(dataset), _codes(dataset)
    used = _usable(dataset, targeted)
    sealed = np.zeros(len(keys), dtype=np.bool_)
    left_out = _left_out_notes(dataset, used)
    if not exact or not used.any():
        return _parted(used, sealed, 0, left_out)
    repeated = np.zeros(len(keys), dtype=np.bool_)
    repeated[used] = repeats(keys[used])
    turns = _mixed(keys, _salt(seed, "split"))
    equal = np.sort(turns[repeated])
    groups: list[list[int]] = []
    moved = missing = asked = 0
    strata = list(_strata(dataset, codes))
    quotas = _quotas([len(rows) for _, rows in strata], [name for name, _ in strata], exact, seed)
    for (_, rows), quota in zip(strata, quotas, strict=True):
        asked += quota
        last = _smallest(turns[rows], quota)
        moved += min(quota, int(np.count_nonzero(repeated[rows] & (turns[rows] <= last))))
        free = rows[~repeated[rows]]
        taken = min(quota, len(free))
        sealed[free[turns[free] <= _smallest(turns[free], taken)]] = taken > 0
        whole = _whole_groups(dataset, turns, rows[repeated[rows]], equal, quota - taken)
        groups += whole
        moved -= sum(len(group) for group in whole if turns[group[0]] <= last)
        missing += quota - taken - sum(map(len, whole))
    sealed[[group[0] for group in groups]] = True
    notes = _notes(len(equal), groups, asked, missing)
    parts = _parted(used, sealed, moved, (*left_out, *notes))
    twins = {row for group in groups for row in group[1:]}
    if not twins:
        return parts
    return replace(parts, tuning=array("I", (row for row in parts.tuning if row not in twins)))


def split_files(dataset: Dataset, *, targeted: bool = False) -> Split:
    """Split a dataset of several files: the first is for tuning, the others are sealed.

    Rows of the sealed files whose inputs are among the tuning rows are on neither side; `moved`
    counts them. `targeted` leaves rows without a target out of both sides. DataError if none is
    left on a side, SettingError if there is one file only.
    """
    if len(dataset.parts) < 2:
        raise SettingError("a second file is needed for sealed rows; set task.sealed_data")
    keys, first = _keys(dataset), dataset.parts[0].stop
    used = _usable(dataset, targeted)
    tuning, sealed = used.copy(), used.copy()
    tuning[first:], sealed[:first] = False, False
    for side, which in ((tuning, "to tune on"), (sealed, "to seal")):
        if not side.any():
            raise DataError(f"{dataset.name}: no row {which} has a {dataset.target!r}; add some")
    count = int(np.count_nonzero(sealed))
    seen = sealed & np.isin(keys, keys[tuning])
    moved = int(np.count_nonzero(seen))
    notes = (*_left_out_notes(dataset, used), *_seen_notes(moved, count, dataset.name))
    left_out = len(used) - int(np.count_nonzero(used))
    return Split(_indices(tuning), _indices(sealed & ~seen), moved, notes, left_out)


def once_each(dataset: Dataset, parts: Split) -> Split:
    """Return the split with one row to tune on of each group of equal inputs, and a note of it.

    For cross-validation: equal rows would be on both sides of a fold and be counted several times.
    Which row of a group stays does not depend on the order of the file.
    """
    keys = _keys(dataset)
    kept: dict[int, int] = {}
    for row in order(parts.tuning, dataset, 0, "once"):
        kept.setdefault(int(keys[row]), row)
    fewer = len(parts.tuning) - len(kept)
    if not fewer:
        return parts
    are = "1 row repeats the inputs of another and is" if fewer == 1 else f"{fewer} rows repeat"
    are += "" if fewer == 1 else " the inputs of another and are"
    said = f"{are} left out: every row of so few is judged by a search on the others"
    note = Notice("repeats", said)
    return replace(parts, tuning=array("I", sorted(kept.values())), notes=(*parts.notes, note))


def unseen(sealed: Dataset, tuning: Dataset) -> tuple[Sequence[int], tuple[Notice, ...]]:
    """Return the rows of `sealed` whose inputs are not in `tuning`, and what to say of the rest.

    DataError if all of them are. Both must have been loaded with the same input columns
    (SettingError).
    """
    if sorted(sealed.inputs) != sorted(tuning.inputs):
        raise SettingError(
            f"{sealed.name} and {tuning.name} were read with different inputs; name the same ones"
        )
    seen = np.isin(_keys(sealed), _keys(tuning))
    notes = _seen_notes(int(np.count_nonzero(seen)), len(seen), sealed.name)
    return array("I", np.flatnonzero(~seen).tolist()), notes


def order(
    indices: Sequence[int],
    dataset: Dataset,
    seed: int,
    purpose: str = "order",
    *,
    balanced: bool = False,
    limit: int | None = None,
) -> list[int]:
    """Return the rows in an order of which every beginning is a good sample of them.

    Not balanced, a beginning keeps the mix of targets (each class to within one row or two);
    balanced, it has as many rows of each target as there are (to within one row). Different
    purposes give unrelated orders; the order of `indices` and of the file does not matter.
    Only the first `limit` rows are returned (default: all).
    """
    rows = np.array(indices, dtype=np.int64)
    if len(rows) == 0:
        return []
    turns = _mixed(_keys(dataset)[rows], _salt(seed, "order", purpose))
    by_turn = np.lexsort((rows, turns))
    rows, turns = _ties_settled(dataset, rows[by_turn], turns[by_turn])
    codes = _codes(dataset)[rows]
    present, class_of, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    by_class = np.argsort(class_of, kind="stable")
    starts = np.cumsum(sizes) - sizes
    rank = np.empty(len(rows), dtype=np.int64)
    rank[by_class] = np.arange(len(rows)) - np.repeat(starts, sizes)
    salts = np.array(
        [_salt(seed, "class", purpose, _class_name(dataset, code)) for code in present],
        dtype=np.uint64,
    )
    if balanced:
        # Rounds of one row from each class, the classes in a new order every round.
        shuffled = _mixed(salts[class_of] + rank.astype(np.uint64), 0)
        return _as_ints(rows[np.lexsort((turns, shuffled, rank))][:limit])
    # Systematic sampling: rank r of a class of n comes at (r + u) / n, its start u drawn.
    start = salts.astype(np.float64) / 2.0**64
    place = (rank + start[class_of]) / sizes[class_of]
    return _as_ints(rows[np.lexsort((turns, place))][:limit])


def repeats(keys: Keys) -> Mask:
    """Return for each key whether it occurs more than once."""
    ordered = np.sort(keys)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if len(twice) == 0:
        return np.zeros(len(keys), dtype=np.bool_)
    place = np.minimum(np.searchsorted(twice, keys), len(twice) - 1)
    return np.asarray(twice[place] == keys)


def _keys(dataset: Dataset) -> Keys:
    return np.frombuffer(dataset.keys, dtype=np.uint64)


def _codes(dataset: Dataset) -> npt.NDArray[np.int16]:
    return np.frombuffer(dataset.codes, dtype=np.int16)


def _usable(dataset: Dataset, targeted: bool) -> Mask:
    if targeted:
        return np.asarray(_codes(dataset) != NO_TARGET)
    return np.ones(len(dataset), dtype=np.bool_)


def _exact(share: float) -> Fraction:
    if not (isinstance(share, (int, float)) and math.isfinite(share) and 0 <= share < 1):
        raise SettingError(
            f"task.sealed is {share!r}; it is a share of the rows, from 0 to below 1 (0.3, say)"
        )
    return Fraction(str(float(share)))  # as written: 0.3 is three tenths


def _salt(seed: int, *purpose: object) -> int:
    return draw(seed, *purpose).getrandbits(64)


def _mixed(keys: Keys, salt: int) -> Keys:
    """Return splitmix64's finaliser of each key and the salt (Steele et al. 2014): a bijection."""
    mixed = keys ^ np.uint64(salt)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _smallest(turns: Keys, count: int) -> np.uint64:
    """Return the largest of the `count` smallest turns, 0 for none."""
    return np.uint64(np.partition(turns, count - 1)[count - 1] if count else 0)


def _strata(dataset: Dataset, codes: npt.NDArray[np.int16]) -> Iterator[tuple[str, Places]]:
    """Yield the classes to be split one by one, rows without a target left out."""
    targeted = len(codes) - dataset.untargeted
    classes = len(dataset.labels)
    if not targeted:
        yield "", np.arange(len(codes))
        return
    if not 0 < classes <= max(_FEW_CLASSES, targeted // _ROWS_A_CLASS):
        yield "", np.flatnonzero(codes != NO_TARGET)
        return
    # NO_TARGET is below all codes, so the rows without a target come first and are cut off.
    by_class = np.argsort(codes, kind="stable")[dataset.untargeted :]
    ends = np.searchsorted(codes[by_class], np.arange(classes), side="right")
    for label, (start, end) in zip(
        dataset.labels, itertools.pairwise([0, *ends.tolist()]), strict=True
    ):
        yield label, by_class[start:end]


def _whole_groups(
    dataset: Dataset, turns: Keys, rows: Places, equal: Keys, room: int
) -> list[list[int]]:
    """Return groups of equal rows, all in `rows` and of one target, with up to `room` rows in all.

    `equal` are the sorted turns of all rows that repeat another. A group begins with the row of
    the smallest id, so that the order of the file does not matter.
    """
    in_turn = rows[np.lexsort((rows, turns[rows]))]
    found, starts, sizes = np.unique(turns[in_turn], return_index=True, return_counts=True)
    everywhere = np.searchsorted(equal, found, "right") - np.searchsorted(equal, found, "left")
    whole = np.flatnonzero(sizes == everywhere)
    groups = []
    for start, size in zip(starts[whole].tolist(), sizes[whole].tolist(), strict=True):
        if room < 2:
            break
        if size > room:
            continue
        group = [dataset[place] for place in in_turn[start : start + size].tolist()]
        if len({row.target for row in group}) == 1:
            room -= size
            groups.append([row.index for row in sorted(group, key=lambda row: (row.id, row.index))])
    return groups


def _quotas(sizes: Sequence[int], names: Sequence[str], share: Fraction, seed: int) -> list[int]:
    """Share out the sealed rows by largest remainder; equal remainders are settled by lot."""
    quotas = [math.floor(size * share) for size in sizes]
    left = math.floor(sum(sizes) * share + Fraction(1, 2)) - sum(quotas)
    by_remainder = sorted(
        range(len(sizes)),
        key=lambda place: (
            quotas[place] - sizes[place] * share,
            _salt(seed, "remainder", names[place]),
        ),
    )
    for place in by_remainder:
        if left > 0 and quotas[place] < sizes[place] * share:
            left -= 1
            quotas[place] += 1
    return [min(quota, size - 1) for quota, size in zip(quotas, sizes, strict=True)]


def _as_ints(rows: Places) -> list[int]:
    return [int(row) for row in rows]


def _class_name(dataset: Dataset, code: int) -> str:
    return dataset.labels[code] if code >= 0 else f"\0{code}"


def _ties_settled(dataset: Dataset, rows: Places, turns: Keys) -> tuple[Places, Keys]:
    """Order rows of equal turn (same inputs) by their ids, so that file order does not matter."""
    tied = np.flatnonzero(repeats(turns))
    if len(tied):
        by_id = sorted(
            (int(turns[place]), dataset[int(rows[place])].id, int(rows[place])) for place in tied
        )
        rows[tied] = [row for _, _, row in by_id]
    return rows, turns


def _parted(used: Mask, sealed: Mask, moved: int, notes: tuple[Notice, ...]) -> Split:
    left_out = len(used) - int(np.count_nonzero(used))
    return Split(_indices(used & ~sealed), _indices(sealed), moved, notes, left_out)


def _indices(mask: Mask) -> Sequence[int]:
    found = array("I")
    found.frombytes(np.flatnonzero(mask).astype(np.uint32).tobytes())
    return found


def _left_out_notes(dataset: Dataset, used: Mask) -> tuple[Notice, ...]:
    count = len(used) - int(np.count_nonzero(used))
    if not count:
        return ()
    has = "has" if count == 1 else "have"
    return (
        Notice(
            "untargeted",
            f"{count} of {len(used)} rows {has} no {dataset.target!r} to grade against; left out",
        ),
    )


def _notes(
    repeated: int, groups: Sequence[Sequence[int]], asked: int, missing: int
) -> tuple[Notice, ...]:
    notes = []
    grouped = sum(map(len, groups))
    if repeated:
        what = "they are all used for tuning, none is sealed"
        if groups:
            what = (
                f"{grouped} of them are sealed, equal rows together, and one row of each of the "
                f"{len(groups)} groups is judged; the others are for tuning"
            )
        said = f"{repeated} rows have the same inputs as another row; {what}"
        notes.append(Notice("repeats", said))
    sealed = asked - missing - grouped + len(groups)
    if sealed < asked:
        said = f"{sealed} rows are sealed instead of {asked}, because too many rows repeat others"
        remedy = "" if groups else "; remove the repeats to seal more"
        notes.append(Notice("shortfall", said + remedy))
    return tuple(notes)


def _seen_notes(seen: int, count: int, name: str) -> tuple[Notice, ...]:
    if seen == count:
        raise DataError(
            f"all {count} sealed rows are among the rows to tune on ({name}); "
            "use other rows for task.sealed_data"
        )
    if not seen:
        return ()
    return (
        Notice(
            "straddles",
            f"{seen} of {count} sealed rows have the same inputs as a row to tune on; "
            "they are left out",
        ),
    )
