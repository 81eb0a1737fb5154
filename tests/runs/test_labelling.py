"""Looking at rows and mending their labels, as the Data page does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intone.errors import DataError, InputError, SettingError
from intone.feedback.complaint import Complaint
from intone.feedback.corrections import CURATOR
from intone.runs.about import Feedback
from intone.runs.feedback import add, decline
from intone.runs.orders import execute, plan, prepare
from intone.runs.project import Project
from intone.runs.spec import read_spec
from intone.store.complaints import Complaints
from intone.store.runs import Runs
from tests.runs.opened import ON_ROWS, opened
from tests.runs.projects import LABELS, order, project, rows

PROMPT = "Which team?\n\n{{ body }}"


def other(target: str) -> str:
    return next(label for label in LABELS if label != target)


def done(that: Any) -> dict[str, Any]:
    return asyncio.run(execute(that))


def test_sealed_rows_are_counted_and_never_shown(tmp_path: Path) -> None:
    project(tmp_path)
    sealed = list(prepare(order(tmp_path)).split.sealed)
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        told = serving.labelling.overview()
        assert (told.rows, told.shown, told.target) == (120, 84, "team")
        assert told.labels == tuple(sorted(LABELS)) and told.runs == ()
        seen: list[int] = []
        for start in range(0, 100, 20):
            leaf = serving.labelling.leaf("all", start)
            assert leaf.total == 84
            seen += [row.place for row in leaf.rows]
        assert len(seen) == 84 and not set(seen) & set(sealed)
        for act in (serving.labelling.detail, lambda at: serving.labelling.fix(at, "billing")):
            with pytest.raises(InputError, match=f"row {sealed[0] + 1} is sealed"):
                act(sealed[0])
        with pytest.raises(InputError, match="is sealed"):
            serving.labelling.page_of(sealed[0] + 1)
        with pytest.raises(InputError, match="there is no row 121; the last one is 120"):
            serving.labelling.page_of(121)
        assert serving.labelling.leaf("all", serving.labelling.page_of(seen[50] + 1)).start == 40


def test_rows_are_sealed_as_the_project_s_own_prompt_reads_them(tmp_path: Path) -> None:
    data = [row | {"subject": f"s {i}"} for i, row in enumerate(rows(120))]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, data)))
    sealed = set(prepare(order(tmp_path, model__name="fake:first")).split.sealed)
    on_all = order(tmp_path, model__name="fake:first")
    on_all = replace(on_all, prompts=("Which?\n\n{{ subject }}{{ body }}",))
    assert set(prepare(on_all).split.sealed) != sealed
    settings = ON_ROWS | {"model__name": "fake:first", "prompt": PROMPT}
    with opened(tmp_path, **settings) as (serving, _):
        seen = {row.place for row in serving.labelling.leaf("all", 0, 200).rows}
        assert seen == set(range(120)) - sealed
        (first,) = serving.labelling.leaf("all", 0, 1).rows
        assert set(first.inputs) == {"body", "subject"}


def test_rows_that_equal_a_sealed_one_and_a_sealed_file_are_hidden(tmp_path: Path) -> None:
    project(tmp_path)
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    (tmp_path / "rows.jsonl").write_text("\n".join(lines[:60]))
    (tmp_path / "sealed.jsonl").write_text("\n".join([*lines[60:], lines[3]]))
    with opened(tmp_path, task__sealed_data="sealed.jsonl", **ON_ROWS) as (serving, _):
        leaf = serving.labelling.leaf("all", 0, 200)
        assert [row.place for row in leaf.rows] == list(range(60))
    twice = [json.dumps({"body": f"b {i // 2}", "team": LABELS[i // 2 % 3]}) for i in range(200)]
    (tmp_path / "rows.jsonl").write_text("\n".join(twice))
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        split = prepare(order(tmp_path)).split
        assert len(split.sealed) and len(split.tuning) + 2 * len(split.sealed) == 200
        seen = [row.place for row in serving.labelling.leaf("all", 0, 200).rows]
        assert seen == list(split.tuning)


def test_a_fixed_label_is_what_later_runs_tune_on_and_their_records_say_so(tmp_path: Path) -> None:
    project(tmp_path)
    file = (tmp_path / "rows.jsonl").read_bytes()
    place = prepare(order(tmp_path)).split.tuning[3]
    before = rows(120)[place]["team"]
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        number = serving.labelling.fix(place, f" {other(before).upper()}")
        detail = serving.labelling.detail(place)
        assert (detail.row.label, detail.row.written) == (other(before), before)
        assert detail.curated and serving.labelling.overview().fixed == 1
        (row,) = serving.labelling.leaf("fixed").rows
        assert row.place == place
    assert prepare(order(tmp_path)).data[place].target == other(before)
    assert plan(order(tmp_path))["corrections"] == 1
    done(order(tmp_path, "run"))
    with Project(tmp_path).open() as database:
        assert Runs(database).get(1).spec["corrections"] == [number]
    assert (tmp_path / "rows.jsonl").read_bytes() == file
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        serving.labelling.unfix(place)
        assert serving.labelling.detail(place).row.label == before
        with pytest.raises(InputError, match="was not fixed here"):
            serving.labelling.unfix(place)
    assert prepare(order(tmp_path)).data[place].target == before


def test_the_curator_s_word_is_final_and_is_no_complaint_about_a_prompt(tmp_path: Path) -> None:
    project(tmp_path)
    place = prepare(order(tmp_path)).split.tuning[3]
    row = rows(120)[place]
    wrong, right = (label for label in LABELS if label != row["team"])
    with Project(tmp_path).open() as database:
        said = [Complaint("", inputs={"body": row["body"]}, answer=wrong, who=w) for w in "ab"]
        Complaints(database).add_many(said)
    assert prepare(order(tmp_path)).data[place].target == wrong
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        serving.labelling.fix(place, row["team"])
        assert serving.labelling.detail(place).row.label == row["team"]
        number = serving.labelling.fix(place, right)
        assert serving.labelling.detail(place).row.label == right
    assert prepare(order(tmp_path)).data[place].target == right
    with Project(tmp_path).open() as database:
        assert [it.number for it in Complaints(database).list(open_only=True)] == [1, 2]
    decline(Project(tmp_path), [number, number - 1])
    assert prepare(order(tmp_path)).data[place].target == wrong


def test_nobody_else_speaks_as_the_curator(tmp_path: Path) -> None:
    project(tmp_path)
    with pytest.raises(InputError, match="is kept for labels fixed on the Data page"):
        add(Feedback(answer="sales", who=CURATOR, inputs={"body": "x"}), read_spec(folder=tmp_path))


def test_labels_that_cannot_be_are_refused(tmp_path: Path) -> None:
    project(tmp_path)
    place = prepare(order(tmp_path)).split.tuning[0]
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        for answer in ("no such team", "", "  "):
            with pytest.raises(InputError, match="it can be one of: billing, sales, shipping"):
                serving.labelling.fix(place, answer)
    without = {name: value for name, value in ON_ROWS.items() if name != "task__target"}
    with opened(tmp_path, **without) as (serving, _):
        assert serving.labelling.overview().target is None
        with pytest.raises(SettingError, match=r"name their column as task\.target"):
            serving.labelling.fix(0, "x")


def test_a_row_without_a_label_gets_one(tmp_path: Path) -> None:
    project(tmp_path)
    those = rows(120)
    lines = [json.dumps(row | ({"team": None} if i == 7 else {})) for i, row in enumerate(those)]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        (row,) = serving.labelling.leaf("unlabelled").rows
        assert (row.place, row.label) == (7, None)
        serving.labelling.fix(7, "sales")
        assert serving.labelling.leaf("unlabelled").total == 0
    assert prepare(order(tmp_path)).data[7].target == "sales"


def test_rows_that_every_prompt_gets_wrong_until_their_label_is_fixed(tmp_path: Path) -> None:
    project(tmp_path, quality=1.0)
    ready = prepare(order(tmp_path))
    tuning, sealed = ready.split.tuning, ready.split.sealed
    wrong = {tuning[2], tuning[5], sealed[1]}
    data = rows(120)
    mixed = [r | ({"team": other(r["team"])} if i in wrong else {}) for i, r in enumerate(data)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, mixed)))
    prompts = (PROMPT, "Which one?\n\n{{ body }}")
    done(replace(order(tmp_path, "compare"), prompts=prompts, rows="all"))
    visible = wrong - set(prepare(order(tmp_path)).split.sealed)
    assert visible
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        leaf = serving.labelling.leaf("wrong")
        assert {row.place for row in leaf.rows} == visible and leaf.total == len(visible)
        assert {row.wrong for row in leaf.rows} == {2}
        assert serving.labelling.overview().runs == (1,)
        place = min(visible)
        (given,) = serving.labelling.detail(place).answers
        assert (given.answer, given.prompts, given.score) == (data[place]["team"], 2, 0.0)
        serving.labelling.fix(place, data[place]["team"])
        left = {row.place for row in serving.labelling.leaf("wrong").rows}
        assert left == visible - {place}
        serving.labelling.fix(
            place, next(x for x in LABELS if x not in (data[place]["team"], mixed[place]["team"]))
        )
    done(replace(order(tmp_path, "compare"), prompts=prompts))
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        assert place in {row.place for row in serving.labelling.leaf("wrong").rows}
        assert serving.labelling.overview().runs == (2, 1)


def test_runs_on_other_rows_do_not_count(tmp_path: Path) -> None:
    project(tmp_path, quality=0.0)
    done(order(tmp_path, "run"))
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        assert serving.labelling.leaf("wrong").total > 0
        project(tmp_path, 119)
        assert serving.labelling.overview().rows == 119  # the file is read again
        assert serving.labelling.leaf("wrong").total == 0


def test_without_rows_a_line_says_what_is_missing(tmp_path: Path) -> None:
    with opened(tmp_path) as (serving, _):
        with pytest.raises(SettingError, match=r"name a file in intone\.toml, as task\.data"):
            serving.labelling.overview()
    project(tmp_path)
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        (tmp_path / "rows.jsonl").unlink()
        with pytest.raises(DataError, match=r"rows\.jsonl"):
            serving.labelling.overview()
