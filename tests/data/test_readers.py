"""The same table in every format, and one line of complaint for each way to get it wrong."""

from __future__ import annotations

import datetime
import json
import os
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from intone.data.cells import as_text
from intone.data.dataset import Dataset, load
from intone.data.formats import open_source
from intone.data.records import Records
from intone.errors import DataError

ROWS = [
    {"subject": "Refund", "body": 'twice, he said: "no"', "team": "billing"},
    {"subject": "Späť", "body": "two\nlines", "team": "delivery"},
    {"subject": "", "body": "{{ braces }}", "team": "billing"},
]
CSV = (
    "subject,body,team\n"
    'Refund,"twice, he said: ""no""",billing\n'
    'Späť,"two\nlines",delivery\n'
    ",{{ braces }},billing\n"
)


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def written(folder: Path, ending: str) -> Path:
    if ending == "parquet":
        path = folder / "rows.parquet"
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path, row_group_size=2)
        return path
    lines = "\n\n".join(json.dumps(row) for row in ROWS)
    contents = {
        "csv": CSV,
        "tsv": CSV.replace(",", "\t").replace("twice\t", "twice,"),
        "jsonl": lines,
        "json": json.dumps({"version": 1, "rows": ROWS}),
    }
    return put(folder, f"rows.{ending}", contents[ending])


@pytest.mark.parametrize(
    ("ending", "places"),
    [
        ("csv", ["line 2", "line 3", "line 5"]),
        ("tsv", ["line 2", "line 3", "line 5"]),
        ("jsonl", ["line 1", "line 3", "line 5"]),
        ("json", ["row 1", "row 2", "row 3"]),
        ("parquet", ["row 1", "row 2", "row 3"]),
    ],
)
def test_every_format_gives_whole_records_with_their_place(
    tmp_path: Path, ending: str, places: list[str]
) -> None:
    path = written(tmp_path, ending)
    found = list(open_source(path).records())
    assert [record for _, record in found] == ROWS
    assert [place for place, _ in found] == [f"{path}, {place}" for place in places]


def test_records_that_differ_have_columns_of_their_own(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jsonl", '{"a": 1}\n' * 1000 + '{"b": {"c": [true, null]}}\n')
    *_, (place, last) = open_source(path).records()
    assert (place, last) == (f"{path}, line 1001", {"b": '{"c": [true, null]}'})
    assert list(Records([{"a": 1}, {"b": None}]).records()) == [
        ("row 1", {"a": "1"}),
        ("row 2", {"b": None}),
    ]


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "json", "parquet"])
def test_every_format_gives_the_same_rows(tmp_path: Path, ending: str) -> None:
    dataset = load(written(tmp_path, ending), target="team")
    assert [{**row.inputs, "team": row.target} for row in dataset] == ROWS
    assert dataset.inputs == ("subject", "body")
    assert dataset.id == Dataset.from_rows(ROWS, target="team").id


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("prefix", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_dialects(tmp_path: Path, separator: str, prefix: str, end: str) -> None:
    lines = ['" text "|team', '"a, b; c\td"|x', "", "plain| y ", ""]
    content = prefix + end.join(lines).replace("|", separator)
    dataset = load(put(tmp_path, "rows.csv", content), target="team")
    assert [(row.inputs["text"], row.target) for row in dataset] == [
        ("a, b; c\td", "x"),
        ("plain", "y"),
    ]


def test_a_quoted_header_may_hold_another_separator(tmp_path: Path) -> None:
    dataset = load(put(tmp_path, "rows.csv", '"Age, years";team\n"4";x\n'), target="team")
    assert dataset.columns == ("Age, years", "team")
    assert dataset.inputs == ("Age_years",)


def test_a_csv_value_may_be_large_and_a_nameless_column_is_no_input(tmp_path: Path) -> None:
    large = "word " * 60_000
    dataset = load(put(tmp_path, "rows.csv", f",text,team\n0,{large},x\n"), target="team")
    assert dataset.inputs == ("text",)
    assert dataset[0].inputs["text"] == large


BAD: dict[str, tuple[str, str | bytes, list[str]]] = {
    "ragged": (
        "a.csv",
        'text,team\n"x\ny",b\nc,d,e\n',
        ["line 4", "3 values", "2 columns; put quotes"],
    ),
    "short row": (
        "a.csv",
        "text,team\na,b\nc\n",
        ["line 3: 1 value, ", "2 columns; add what is missing (a comma"],
    ),
    "open quote": ("a.csv", 'text,team\na,b\n"c,d\ne,f\n', ["line 3", "never closed"]),
    "stray quote": ("a.csv", 'text,team\n"he said "no"",b\n', ["line 2", "written twice"]),
    "open quote in the header": ("a.csv", '"text,team\na,b\n', ["line 1", "never closed"]),
    "twice": ("a.csv", "text,text,team\na,b,c\n", ["'text' is named twice"]),
    "latin-1": ("a.csv", "text,team\na,b\nSp\xe4t,b\n".encode("latin-1"), ["line 3", "0xe4"]),
    "utf-16": ("a.csv", "text,team\na,b\n".encode("utf-16"), ["UTF-16"]),
    "empty csv": ("a.csv", "", ["is empty"]),
    "blank csv": ("a.csv", "\n\n", ["is empty"]),
    "header only": ("a.csv", "text,team\n", ["no rows"]),
    "empty jsonl": ("a.jsonl", "\n", ["is empty"]),
    "bad jsonl": ("a.jsonl", '{"text": "a", "team": "b"}\n\n{"text": \n', ["line 3", "not JSON"]),
    "jsonl list": ("a.jsonl", '["a"]\n', ["line 1", "not an object"]),
    "deep jsonl": ("a.jsonl", "[" * 100_000 + "\n", ["line 1"]),
    "latin-1 jsonl": ("a.jsonl", '{"text": "Sp\xe4t"}\n'.encode("latin-1"), ["line 1", "0xe4"]),
    "empty json": ("a.json", " ", ["is empty"]),
    "no rows": ("a.json", "[]", ["no rows"]),
    "bad json": ("a.json", '[{"text": "a"},\n]', ["line 2", "not JSON"]),
    "jsonl as json": ("a.json", '{"text": "a"}\n{"text": "b"}', ["name it .jsonl"]),
    "json scalar": ("a.json", '{"text": "a"}', ["no list of objects"]),
    "json mixture": ("a.json", '[{"text": "a"}, 3]', ["row 2", "not an object"]),
    "two lists": ("a.json", '{"a": [{"x": 1}], "b": [{"x": 1}]}', ["'a', 'b'"]),
    "not parquet": ("a.parquet", "text,team\n", ["not a Parquet file"]),
    "unknown ending": ("a.xlsx", "x", ["'.xlsx'", ".csv", ".parquet"]),
    "no ending": ("a", "x", ["without an ending"]),
}


@pytest.mark.parametrize("case", BAD)
def test_malformed_files_get_one_line(tmp_path: Path, case: str) -> None:
    name, content, parts = BAD[case]
    path = put(tmp_path, name, content)
    with pytest.raises(DataError) as error:
        load(path, target="team" if "text,team" in str(content) else None)
    message = str(error.value)
    assert "\n" not in message
    assert str(path) in message
    for part in parts:
        assert part in message


def test_missing_files_and_folders(tmp_path: Path) -> None:
    put(tmp_path, "tickets.csv", "a,b\n1,2\n")
    with pytest.raises(DataError, match=r"did you mean .*tickets\.csv\?"):
        load(tmp_path / "ticket.csv")
    with pytest.raises(DataError, match="there is no folder"):
        load(tmp_path / "nowhere" / "tickets.csv")
    with pytest.raises(DataError, match="is a folder"):
        load(tmp_path)
    with pytest.raises(DataError, match=r"cannot read x+\.csv: "):
        load("x" * 300 + ".csv")
    with pytest.raises(DataError, match="name at least one"):
        load([])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("ending", ["csv", "jsonl", "json", "parquet"])
def test_an_unreadable_file(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ending)
    path.chmod(0)
    with pytest.raises(DataError, match=r"cannot read .* check the path and its permissions"):
        load(path)


def test_jsonl_columns_may_come_late_and_be_missing(tmp_path: Path) -> None:
    lines = ['{"text": "a"}'] * 1001 + ['{"text": "b", "team": "x"}']
    dataset = load(put(tmp_path, "a.jsonl", "\n".join(lines)), inputs=["text"], target="team")
    assert dataset.untargeted == 1001
    assert dataset[1001].target == "x"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  kept ", "  kept "),
        (5, "5"),
        (5.0, "5"),
        (0.1, "0.1"),
        (-2.50, "-2.5"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        (float("nan"), None),
        (None, None),
        (True, "true"),
        (np.int64(7), "7"),
        (np.float32(0.5), "0.5"),
        (Decimal("12.00"), "12"),
        (Decimal("1200"), "1200"),
        (Decimal("NaN"), None),
        ({"city": "Köln", "n": [1, None]}, '{"city": "Köln", "n": [1, null]}'),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (b"bytes", "bytes"),
        ("\ud83d\ude00", "\U0001f600"),
        ("lone \ud800", "lone \ufffd"),
    ],
)
def test_values_become_text(value: object, text: str | None) -> None:
    assert as_text(value) == text


def test_values_without_text_name_the_row_and_column() -> None:
    with pytest.raises(DataError, match="row 2, column 'text': a value of type object"):
        Dataset.from_rows([{"text": "a"}, {"text": object()}])
    with pytest.raises(DataError, match="row 1 is not a mapping"):
        Dataset.from_rows(["a"])  # type: ignore[list-item]
