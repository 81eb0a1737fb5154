"""What is worth a remark, what is not, and what stops a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from intone.data.checks import alike, check, require_classes, require_rows
from intone.data.dataset import Dataset
from intone.data.split import Split, split
from intone.errors import DataError

LABELS = ("billing", "delivery", "account")


def kinds(rows: Sequence[Mapping[str, object]]) -> list[str]:
    dataset = Dataset.from_rows(rows, target="target")
    return [notice.kind for notice in check(dataset, split(dataset, 0.3, 0))]


def rows(count: int = 60, **columns: str) -> list[dict[str, object]]:
    """Rows whose columns are patterns of n, t (the target) and o (the next target)."""
    made: list[dict[str, object]] = []
    for n in range(count):
        names = {"n": n, "t": LABELS[n % 3], "o": LABELS[(n + 1) % 3]}
        row: dict[str, object] = {key: text.format(**names) for key, text in columns.items()}
        made.append({"id": f"no. {n}", "target": LABELS[n % 3], **row})
    return made


def test_clean_data_gets_no_remark() -> None:
    assert kinds(rows(text="ticket {n} says {o}")) == []


def test_a_column_that_holds_the_target() -> None:
    dataset = Dataset.from_rows(rows(text="words {n}", queue="Queue: {t}."), target="target")
    (notice,) = check(dataset, split(dataset, 0.3, 0))
    assert notice.kind == "leak"
    assert notice.message.startswith("the input 'queue' holds the target in 100% of rows (0%")
    assert "\n" not in notice.message


@pytest.mark.parametrize(
    "text",
    ["pick one: billing, delivery, account ({n})", "{t}s of {n}", "{n} {o}"],
    ids=["all options", "part of a word", "another's target"],
)
def test_targets_in_the_text_that_give_nothing_away(text: str) -> None:
    assert kinds(rows(text=text)) == []


def test_a_leak_in_most_rows_is_enough_and_in_some_is_not() -> None:
    most = rows(100, text="{t} {n}")
    for row in most[:15]:
        row["text"] = f"nothing {row['id']}"
    assert kinds(most) == ["leak"]
    for row in most[:40]:
        row["text"] = f"nothing {row['id']}"
    assert kinds(most) == []


def test_a_common_word_as_label_is_no_leak() -> None:
    table = [
        {"text": f"this is a sentence, number {n}", "target": "a" if n % 20 else "b"}
        for n in range(200)
    ]
    assert kinds(table) == []


def test_numbers_leak_only_if_nearly_all_do() -> None:
    solved = [
        {"text": f"{n} and {n + 3}?", "work": f"so {2 * n + 3}.0", "target": 2 * n + 3}
        for n in range(50)
    ]
    assert kinds(solved) == ["leak"]
    often = [
        {"text": f"{n} in all" if n % 8 else f"{n + 1000} in all", "target": n}
        for n in range(5, 65)
    ]
    assert kinds(often) == []


def test_rows_that_contradict_each_other() -> None:
    table: list[dict[str, object]] = [
        *rows(30, text="ticket {n}"),
        {"id": "No.  4", "text": "TICKET 4", "target": "other"},
    ]
    dataset = Dataset.from_rows(table, target="target")
    notices = check(dataset, split(dataset, 0.3, 0))
    assert [notice.kind for notice in notices] == ["conflict", "repeats"]
    assert "rows 5 and 31" in notices[0].message
    assert "'delivery' and 'other'" in notices[0].message


def test_a_split_of_ones_own_may_straddle() -> None:
    dataset = Dataset.from_rows(rows(20, text="{n}") * 2, target="target")
    notices = check(dataset, Split(range(20), range(20, 40)))
    assert [notice.kind for notice in notices] == ["straddles"]
    assert notices[0].message.startswith("20 sealed rows")


def test_rows_without_a_target() -> None:
    table = rows(30, text="ticket {n}")
    table[3]["target"] = None
    dataset = Dataset.from_rows(table, target="target")
    (notice,) = check(dataset, split(dataset, 0.3, 0))
    assert notice.kind == "untargeted"
    assert notice.message.startswith("1 of 30 rows have no 'target'")
    bare = Dataset.from_rows([{"text": "same"}] * 3)
    assert [notice.kind for notice in check(bare, split(bare, 0, 0))] == []


def test_what_stops_a_run() -> None:
    with pytest.raises(DataError, match="has 9 rows; at least 10 are needed"):
        require_rows(Dataset.from_rows(rows(9)))
    require_rows(Dataset.from_rows(rows(10)))
    require_classes(Dataset.from_rows(rows(10), target="target"))
    require_classes(Dataset.from_rows(rows(10)))
    with pytest.raises(DataError, match="every row has the same 'target' \\('billing'\\)"):
        require_classes(Dataset.from_rows(rows(1), target="target"))
    with pytest.raises(DataError, match="'target' is empty in every row"):
        require_classes(Dataset.from_rows([{"text": "a", "target": ""}], target="target"))
    many = [{"text": n, "target": n} for n in range(1200)]
    require_classes(Dataset.from_rows(many, target="target"))


def test_rows_that_lack_an_input() -> None:
    table = [{"text": f"t{n}", "more text": "x", "team": "ab"[n % 2]} for n in range(10)]
    del table[3]["more text"]
    table[4]["more text"] = ""
    dataset = Dataset.from_rows([*table, {"text": None, "team": "a"}], target="team")
    messages = [note.message for note in check(dataset, split(dataset, 0, 0))]
    assert messages == [
        "2 of 11 rows lack the input 'more text'; prompts show nothing in its place",
        "1 of 11 rows lack the input 'text'; prompts show nothing in its place",
    ]


def test_labels_that_only_look_different() -> None:
    assert alike(["billing", "sales", "Sales-team"]) == []
    (notice,) = alike(["Billing", "sales", "BILLING", "a  b", "A b", "billing"])
    assert notice.kind == "alike"
    assert "'A b' and 'a  b'; 'BILLING' and 'Billing' and 'billing'; write" in notice.message
