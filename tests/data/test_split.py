"""Splits are disjoint, complete, in proportion and a matter of contents; orders are prefixes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.data.canonical import content_id
from intone.data.dataset import Dataset
from intone.data.records import Records
from intone.data.split import Split, once_each, order, split, split_files, unseen, usable
from intone.errors import DataError, SettingError
from tests.strategies import tables

Table = list[dict[str, str | None]]
SHARES = st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9])


def made(table: Sequence[dict[str, str | None]]) -> Dataset:
    return Dataset.from_rows(table, target="target")


def tickets(count: int = 100) -> Table:
    teams = ["billing"] * 5 + ["delivery"] * 3 + ["account"] * 2
    return [{"text": f"ticket {n}", "target": teams[n % 10]} for n in range(count)]


def ids(dataset: Dataset, rows: Sequence[int]) -> list[str]:
    return [dataset[row].id for row in rows]


@given(tables(), SHARES, st.integers(0, 3))
def test_sides_are_disjoint_and_complete(table: Table, share: float, seed: int) -> None:
    dataset = made(table)
    parts = split(dataset, share, seed)
    keys = dataset.keys
    sealed = {keys[row] for row in parts.sealed}
    assert len(sealed) == len(parts.sealed)
    assert not sealed & {keys[row] for row in parts.tuning}
    neither = set(range(len(table))) - {*parts.tuning, *parts.sealed}
    assert len(parts.tuning) + len(parts.sealed) + len(neither) == len(table)
    assert all(keys[row] in sealed for row in neither)
    assert list(parts.tuning) == sorted(parts.tuning)
    assert parts == split(dataset, share, seed)
    if dataset.labels:
        assert all(dataset.codes[row] >= 0 for row in parts.sealed)


@given(tables(), SHARES, st.integers(0, 3), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    table: Table, share: float, seed: int, shuffler: random.Random
) -> None:
    dataset = made(table)
    shuffled_table = list(table)
    shuffler.shuffle(shuffled_table)
    shuffled = made(shuffled_table)
    one, other = split(dataset, share, seed), split(shuffled, share, seed)
    assert sorted(ids(dataset, one.sealed)) == sorted(ids(shuffled, other.sealed))
    assert one.moved == other.moved
    everywhere = range(len(table))
    for balanced in (False, True):
        here = order(everywhere, dataset, seed, "race", balanced=balanced)
        there = order(everywhere, shuffled, seed, "race", balanced=balanced)
        assert ids(dataset, here) == ids(shuffled, there)


@given(tables(), SHARES)
def test_each_class_keeps_its_share(table: Table, share: float) -> None:
    unlike = [{**row, "text": f"{place} {row['text']}"} for place, row in enumerate(table)]
    dataset = made(unlike)
    sealed = Counter(dataset[row].target for row in split(dataset, share, 0).sealed)
    for label, count in dataset.target_counts.items():
        assert abs(sealed[label] - share * count) <= 1
        assert sealed[label] < count


def test_the_golden_split() -> None:
    dataset = made(tickets(20))
    assert list(split(dataset, 0.3, seed=0).sealed) == [6, 8, 12, 13, 14, 17]
    assert order(range(20), dataset, 0, "race") == [
        10,
        17,
        2,
        9,
        5,
        4,
        1,
        6,
        14,
        8,
        0,
        15,
        13,
        19,
        7,
        11,
        3,
        16,
        12,
        18,
    ]
    assert order(range(20), dataset, 0, "race", balanced=True) == [
        9,
        17,
        10,
        5,
        8,
        2,
        4,
        19,
        6,
        1,
        15,
        18,
        14,
        7,
        0,
        16,
        13,
        11,
        3,
        12,
    ]


def digest(dataset: Dataset, share: float, seed: int) -> str:
    parts = split(dataset, share, seed)
    raced = order(parts.tuning, dataset, seed, "race")
    shown = order(parts.tuning, dataset, seed, "pool", balanced=True)
    return content_id([list(parts.tuning), list(parts.sealed), raced, shown])


def test_what_was_sealed_stays_sealed() -> None:
    """Sealed rows that move to the tuning side make every earlier verdict worthless."""
    rows = [
        {"body": f"case {n * 7919 % 1000} of {n}", "kind": f"k{n * n % 97 % 7}"} for n in range(500)
    ]
    made_up = Dataset.from_rows(rows, target="kind")
    assert made_up.id == "8857202c81fc0e0f"
    assert [digest(made_up, 0.3, 0), digest(made_up, 0.5, 2)] == [
        "4d352e30a5df696f",
        "0d37fdf30284f550",
    ]


def test_a_split_seals_the_share_and_seeds_differ() -> None:
    dataset = made(tickets())
    one, other = split(dataset, 0.3, 0), split(dataset, 0.3, 1)
    assert len(one.sealed) == len(other.sealed) == 30
    assert 3 <= len(set(one.sealed) & set(other.sealed)) <= 17
    nothing = split(dataset, 0, 0)
    assert (list(nothing.tuning), list(nothing.sealed)) == (list(range(100)), [])


def test_more_data_moves_few_rows() -> None:
    before, after = made(tickets(1000)), made(tickets(1100))
    sealed = set(split(before, 0.3, 0).sealed)
    still = sealed & set(split(after, 0.3, 0).sealed)
    assert len(still) >= 0.9 * len(sealed)


def test_repeated_inputs_stay_on_the_tuning_side() -> None:
    table: Table = [*tickets(40), *({**row, "target": "other"} for row in tickets(4))]
    table.append({"text": "TICKET  39", "target": "account"})
    dataset = made(table)
    parts = split(dataset, 0.5, 0)
    assert not set(parts.sealed) & {0, 1, 2, 3, 39, *range(40, 45)}
    assert parts.moved > 0
    assert [note.kind for note in parts.notes] == ["repeats", "shortfall"]
    assert parts.notes[0].message.startswith("10 rows have the same inputs")


def test_one_of_equal_rows_is_used_where_all_are_cross_validated() -> None:
    rows = tickets(6)
    table: Table = [*rows, *({**row, "target": "other"} for row in rows[:2])]
    table.append({"text": "TICKET  5", "target": "account"})
    dataset, turned = made(table), made(table[::-1])
    parts = once_each(dataset, split(dataset, 0.0, 0))
    assert len(parts.tuning) == 6 and list(parts.tuning) == sorted(parts.tuning)
    assert [note.kind for note in parts.notes] == ["repeats"]
    assert parts.notes[0].message.startswith("3 rows repeat the inputs of another and are left out")
    other = once_each(turned, split(turned, 0.0, 0))
    assert {dataset[i].id for i in parts.tuning} == {turned[i].id for i in other.tuning}
    whole = split(made(rows), 0.0, 0)
    assert once_each(made(rows), whole) is whole


def test_a_file_that_repeats_itself_seals_equal_rows_together() -> None:
    parts = split(made(tickets(200) * 2), 0.3, 0)
    assert (len(parts.tuning), len(parts.sealed), parts.moved) == (280, 60, 0)
    assert not {row % 200 for row in parts.tuning} & {row % 200 for row in parts.sealed}
    assert [note.message for note in parts.notes] == [
        "400 rows have the same inputs as another row; 120 of them are sealed, equal rows "
        "together, and one row of each of the 60 groups is judged; the others are for tuning",
        "60 rows are sealed instead of 120, because too many rows repeat others",
    ]
    thrice = split(made(tickets(20) * 3), 0.3, 1)
    assert len(thrice.tuning) + 3 * len(thrice.sealed) == 60
    assert len(thrice.sealed) == 5  # 18 rows are to be sealed, six of them by classes of 6 and 12


def test_equal_rows_with_unlike_targets_are_not_sealed() -> None:
    """Whatever the number of targets: they may be too many to be classes."""
    torn: Table = [{"text": str(n // 2), "target": f"answer {n}"} for n in range(2400)]
    assert len(split(made(torn), 0.3, 0).sealed) == 0
    agreed: Table = [{"text": str(n // 2), "target": f"answer {n // 2}"} for n in range(2400)]
    assert len(split(made(agreed), 0.3, 0).sealed) == 360
    assert len(split(made([*torn, *agreed]), 0.3, 0).sealed) == 0  # groups of four that disagree


def test_without_targets_and_with_many() -> None:
    bare = Dataset.from_rows([{"text": str(n)} for n in range(50)])
    assert len(split(bare, 0.3, 0).sealed) == 15
    many = made([{"text": str(n), "target": f"answer {n}"} for n in range(2000)])
    assert len(split(many, 0.25, 0).sealed) == 500
    pairs = made([{"text": str(n), "target": f"answer {n // 2}"} for n in range(400)])
    assert len(split(pairs, 0.3, 0).sealed) == 120


@pytest.mark.parametrize("share", [1, 1.5, -0.1, float("nan"), "0.3"])
def test_shares_that_are_none(share: float) -> None:
    with pytest.raises(SettingError, match=r"task\.sealed is .* from 0 to below 1"):
        split(made(tickets(10)), share, 0)


def test_orders_are_samples_at_every_length() -> None:
    dataset = made(tickets())
    shares = {"billing": 0.5, "delivery": 0.3, "account": 0.2}
    plain = order(range(100), dataset, 0, "race")
    even = order(range(100), dataset, 0, "race", balanced=True)
    assert sorted(plain) == sorted(even) == list(range(100))
    for length in range(1, 101):
        mix = Counter(dataset[row].target for row in plain[:length])
        assert all(abs(mix[team] - share * length) < 2 for team, share in shares.items())
    for length in range(1, 61):
        counts = Counter(dataset[row].target for row in even[:length])
        assert max(counts.values()) - min(counts[team] for team in shares) <= 1


def test_orders_of_some_rows_by_seed_and_purpose() -> None:
    dataset = made(tickets())
    some = [row for row in range(100) if row % 3]
    first = order(some, dataset, 0, "race")
    assert first == order(some[::-1], dataset, 0, "race")
    assert set(first) == set(some)
    assert first != order(some, dataset, 0, "demonstrations")
    assert first != order(some, dataset, 1, "race")
    assert order(some, dataset, 0, "race", limit=5) == first[:5]
    assert order([], dataset, 0, "race") == []


def test_early_rows_are_drawn_from_all_classes_alike() -> None:
    """Over seeds, each row is equally likely to come first, whatever its class."""
    table: Table = [{"text": str(n), "target": "rare" if n < 2 else "common"} for n in range(10)]
    dataset = made(table)
    firsts = Counter(order(range(10), dataset, seed)[0] < 2 for seed in range(400))
    assert 50 <= firsts[True] <= 110


def half_labelled(count: int = 200) -> Table:
    """Return tickets of which one in four has a target."""
    return [
        {**row, "target": row["target"] if n % 4 == 0 else ""}
        for n, row in enumerate(tickets(count))
    ]


@given(tables(), SHARES, st.integers(0, 3))
def test_rows_without_a_target_can_be_left_out(table: Table, share: float, seed: int) -> None:
    dataset = made(table)
    parts = split(dataset, share, seed, targeted=True)
    targeted = [place for place, row in enumerate(table) if row["target"] is not None]
    assert list(usable(dataset, targeted=True)) == targeted
    assert {*parts.tuning, *parts.sealed} <= set(targeted)
    assert parts.untargeted == len(table) - len(targeted)
    alone = made([table[place] for place in targeted]) if targeted else None
    if alone is not None:  # the others make no difference to what is sealed
        same = split(alone, share, seed)
        assert [targeted[place] for place in same.sealed] == list(parts.sealed)
        assert [targeted[place] for place in same.tuning] == list(parts.tuning)


def test_rows_that_are_left_out_are_counted() -> None:
    parts = split(made(half_labelled()), 0.3, 0, targeted=True)
    assert (len(parts.tuning), len(parts.sealed), parts.untargeted) == (35, 15, 150)
    assert [note.message for note in parts.notes] == [
        "150 of 200 rows have no 'target' to grade against; left out"
    ]
    none = split(made(half_labelled()), 0.0, 0, targeted=True)
    assert (len(none.tuning), none.notes) == (50, parts.notes)
    everything = split(made(half_labelled()), 0.3, 0)
    assert (len(everything.tuning), len(everything.sealed)) == (185, 15)


def test_files_without_targets_on_a_side() -> None:
    def both(one: Table, other: Table) -> Dataset:
        sources = [Records(one), Records(other)]
        return Dataset(sources, inputs=["text"], target="target", name="both")

    bare: Table = [{"text": f"new {n}", "target": ""} for n in range(5)]
    parts = split_files(both([*tickets(5), *bare], [*tickets(7), *bare]), targeted=True)
    assert (list(parts.tuning), list(parts.sealed)) == ([0, 1, 2, 3, 4], [15, 16])
    assert (parts.moved, parts.untargeted) == (5, 10)
    with pytest.raises(DataError, match="no row to tune on has a 'target'"):
        split_files(both(bare, tickets(5)), targeted=True)
    with pytest.raises(DataError, match="no row to seal has a 'target'"):
        split_files(both(tickets(5), bare), targeted=True)


def test_a_sealed_file_of_its_own() -> None:
    tuning = made(tickets(30))
    sealed = made([{"text": "Ticket 7 ", "target": "x"}, {"text": "new", "target": "x"}])
    rows, notes = unseen(sealed, tuning)
    assert list(rows) == [1]
    assert "1 of 2 sealed rows have the same inputs" in notes[0].message
    with pytest.raises(DataError, match="all 30 sealed rows are among the rows to tune on"):
        unseen(tuning, tuning)
    with pytest.raises(SettingError, match="different inputs"):
        unseen(Dataset.from_rows([{"body": "x"}]), tuning)


def test_files_are_sides() -> None:
    sources = [Records(tickets(5)), Records(tickets(7))]
    dataset = Dataset(sources, inputs=["text"], target="target", name="both")
    parts = split_files(dataset)
    assert (list(parts.tuning), list(parts.sealed), parts.moved) == ([0, 1, 2, 3, 4], [10, 11], 5)
    assert isinstance(parts, Split)
    with pytest.raises(SettingError, match="second file"):
        split_files(made(tickets(5)))
