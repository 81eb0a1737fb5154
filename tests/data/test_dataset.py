"""Which columns are kept, what a row is, what the id depends on, and memory."""

from __future__ import annotations

import gc
import json
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given

from intone.data.dataset import NO_TARGET, UNCODED, Dataset, load
from intone.errors import DataError
from tests.strategies import tables

ROWS = [
    {"subject": "Refund", "body": "charged twice", "team": "billing"},
    {"subject": "Where", "body": "is it", "team": " delivery "},
    {"subject": "Hm", "body": "nothing", "team": "  "},
    {"subject": "Money", "body": "back", "team": "billing"},
]


def test_rows_and_their_targets() -> None:
    dataset = Dataset.from_rows(ROWS, target="team")
    assert len(dataset) == 4
    assert dataset[1].inputs == {"subject": "Where", "body": "is it"}
    assert [row.target for row in dataset] == ["billing", "delivery", None, "billing"]
    assert [row.index for row in dataset[1:3]] == [1, 2]
    assert dataset[-1] == dataset[3]
    assert dataset.labels == ("billing", "delivery")
    assert dataset.target_counts == {"billing": 2, "delivery": 1}
    assert dataset.untargeted == 1
    assert list(dataset.codes) == [0, 1, NO_TARGET, 0]
    with pytest.raises(IndexError, match="no row 4 among 4"):
        dataset[4]


@given(tables())
def test_rows_come_back_as_they_were(table: list[dict[str, str | None]]) -> None:
    dataset = Dataset.from_rows(table, target="target")
    assert [(row.inputs, row.target) for row in dataset] == [
        ({"text": row["text"], "more": row["more"]}, row["target"]) for row in table
    ]
    assert len({row.id for row in dataset}) == len(
        {json.dumps(row, sort_keys=True) for row in table}
    )


def test_the_id_is_that_of_the_kept_values() -> None:
    whole = Dataset.from_rows(ROWS, target="team")
    turned = [dict(reversed(row.items())) for row in ROWS]
    assert Dataset.from_rows(turned, target="team").id == whole.id
    assert Dataset.from_rows(ROWS, target="team", keep=["body"]).id != whole.id
    assert Dataset.from_rows(ROWS).id != whole.id
    assert Dataset.from_rows(ROWS[::-1], target="team").id != whole.id
    assert Dataset.from_rows(turned, target="team")[0].id == whole[0].id
    assert list(Dataset.from_rows(turned, target="team").keys) == list(whole.keys)


def test_keys_ignore_case_and_spacing_but_not_columns() -> None:
    rows = [{"a": "One  two", "b": ""}, {"a": " one TWO\n", "b": ""}, {"a": "one", "b": "two"}]
    first, second, third = Dataset.from_rows(rows).keys
    assert first == second != third


def test_which_columns_are_kept() -> None:
    def kept(**settings: object) -> tuple[str, ...]:
        return Dataset.from_rows(ROWS, **settings).inputs  # type: ignore[arg-type]

    assert kept() == ("subject", "body", "team")
    assert kept(target="team") == ("subject", "body")
    assert kept(target="team", keep={"body", "team", "unheard of"}) == ("body",)
    assert kept(target="team", keep=[]) == ("subject", "body")
    assert kept(inputs=["body", "subject", "body"]) == ("body", "subject")
    assert kept(inputs="body") == ("body",)
    dataset = Dataset.from_rows(ROWS, target="team", keep=["body"])
    assert dataset.columns == ("subject", "body", "team")
    assert dataset[0].inputs == {"body": "charged twice"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": "Teams"}, "no column 'Teams'; did you mean 'team'\\? It has: subject, body"),
        ({"target": "zzz"}, "no column 'zzz'; it has: subject, body, team"),
        ({"inputs": ["bodi"]}, "no column 'bodi'; did you mean 'body'"),
        ({"inputs": ["team"], "target": "team"}, "'team' is both input and target"),
        ({"inputs": []}, "no input column is named"),
    ],
)
def test_wrong_columns(settings: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Dataset.from_rows(ROWS, **settings)  # type: ignore[arg-type]


def test_no_rows_and_no_inputs() -> None:
    with pytest.raises(DataError, match="there are no rows"):
        Dataset.from_rows([])
    with pytest.raises(DataError, match="no column but the target"):
        Dataset.from_rows([{"team": "x"}], target="team")


def test_several_files_are_one_dataset(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,team\na,x\nb,y\n")
    (tmp_path / "b.jsonl").write_text('{"team": "x", "text": "c"}')
    dataset = load([tmp_path / "a.csv", tmp_path / "b.jsonl"], target="team")
    assert [row.inputs["text"] for row in dataset] == ["a", "b", "c"]
    assert dataset[2].index == 2
    assert dataset.parts == (range(2), range(2, 3))
    assert dataset.paths == (tmp_path / "a.csv", tmp_path / "b.jsonl")
    (tmp_path / "b.jsonl").write_text('{"text": "c"}')
    with pytest.raises(DataError, match=r"b\.jsonl has no column 'team'"):
        load([tmp_path / "a.csv", tmp_path / "b.jsonl"], target="team")


def test_more_targets_than_labels_can_be() -> None:
    rows = [{"text": str(n), "answer": f"answer {n}"} for n in range(1500)]
    dataset = Dataset.from_rows([*rows, {"text": "none", "answer": None}], target="answer")
    assert dataset.labels == ()
    assert dataset.target_counts == {}
    assert set(dataset.codes) == {NO_TARGET, UNCODED}
    assert dataset[1499].target == "answer 1499"


def test_memory_stays_flat(tmp_path: Path) -> None:
    """20,000 rows of a kilobyte each, 20 MB on disk, leave far less in memory."""
    path = tmp_path / "rows.csv"
    text = "w" * 1000
    with path.open("w") as file:
        file.write("text,unused,team\n")
        for number in range(20_000):
            file.write(f"{number} {text},{text},{'ab'[number % 2]}\n")
    tracemalloc.start()
    try:
        dataset = load(path, inputs=["text"], target="team")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(dataset) == 20_000
    assert dataset[19_999].inputs["text"] == f"19999 {text}"
    assert after < 2_000_000


def test_nothing_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "a"}\nnot json\n')
    with pytest.raises(DataError, match="line 2"):
        load(tmp_path / "rows.jsonl")
    dataset = Dataset.from_rows(ROWS)
    dataset.close()
    del dataset
    Dataset.from_rows(ROWS)
    gc.collect()


def test_no_room_for_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    rows = ({"text": "x" * 100_000} for _ in range(300))
    with pytest.raises(DataError, match=r"cannot keep the rows in .*gone.* TMPDIR"):
        Dataset.from_rows(rows)


def test_amended_rows_keep_their_places_and_the_rest_as_it_was() -> None:
    given = [{"body": f"b{n}", "team": "xy"[n % 2]} for n in range(4)] + [{"body": "last"}]
    base = Dataset.from_rows(given, target="team")
    before = [*base]
    changed = base.amended({1: "z ", 4: "x"}, [({"body": "New one"}, "y")])
    assert [row.target for row in changed] == ["x", "z", "x", "y", "x", "y"]
    assert changed.labels == ("x", "y", "z")
    assert changed.target_counts == {"x": 3, "y": 2, "z": 1} and changed.untargeted == 0
    assert [changed.labels[code] for code in changed.codes] == [row.target for row in changed]
    assert changed[5].inputs == {"body": "New one"}
    assert changed.keys[:5] == base.keys and changed.keys[5] == base.key({"body": " new  ONE"})
    assert (changed.place(4), changed.place(5)) == ("row 5", "correction 1")
    assert changed[0] == before[0] and changed[1].id != before[1].id
    as_if_written = Dataset.from_rows(
        ({"body": r.inputs["body"], "team": r.target} for r in changed), target="team"
    )
    assert [row.id for row in as_if_written] == [row.id for row in changed]
    assert len({base.id, changed.id, base.amended({1: "z"}, []).id}) == 3
    assert changed.id == base.amended({4: "x", 1: "z "}, [({"body": "New one"}, "y")]).id
    assert [*base] == before and base.untargeted == 1


def test_amended_rows_of_too_many_targets_have_no_codes() -> None:
    base = Dataset.from_rows(({"a": n, "t": f"t{n}"} for n in range(1001)), target="t")
    changed = base.amended({0: "new"}, [({"a": "x"}, "t1")])
    assert changed.labels == () and set(changed.codes) == {UNCODED}
    assert (changed[0].target, changed[1001].target) == ("new", "t1")
    full = Dataset.from_rows(({"a": n, "t": f"t{n}"} for n in range(1000)), target="t")
    over = full.amended({}, [({"a": "x"}, "another")])
    assert len(full.labels) == 1000 and over.labels == () and set(over.codes) == {UNCODED}
