"""The Data page in a real browser: rows are looked at, and a label is fixed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from intone.runs.orders import execute, prepare
from tests.runs.projects import LABELS, order, project, rows
from tests.serve.browsing import CHROMIUM, DRIVER
from tests.serve.clicking import PHONE, visitor
from tests.serve.process import listening

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no Chromium here")

SPEC = '[task]\ndata = "rows.jsonl"\ntarget = "team"\n[model]\nname = "fake:fake.toml"\n'
SET = ("--model", "fake:fake.toml")


def test_a_row_that_all_get_wrong_is_found_and_its_label_fixed(tmp_path: Path) -> None:
    project(tmp_path, quality=1.0)
    data = rows(120)
    place = prepare(order(tmp_path)).split.tuning[2]
    right = data[place]["team"]
    data[place]["team"] = wrong = next(label for label in LABELS if label != right)
    data[place]["body"] += " <b>bold</b>" + " long" * 60
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, data)))
    (tmp_path / "intone.toml").write_text(SPEC)
    prompts = ("Which team?\n\n{{ body }}", "Which one?\n\n{{ body }}")
    asyncio.run(execute(replace(order(tmp_path, "compare"), prompts=prompts)))
    sealed = prepare(order(tmp_path)).split.sealed
    assert place not in sealed
    with listening(tmp_path, *SET) as server, visitor() as it:
        it.log_in(server.url, server.token, "/data")
        it.see("120 rows. 36 of them are sealed")
        it.see("1 to 20 of 84")
        it.picture(str(tmp_path / "data.png"))
        it.press("Next")
        it.see("21 to 40 of 84")
        it.write("Row", str(sealed[0] + 1))
        it.press("Go to the row")
        it.see(f"Row {sealed[0] + 1} is sealed")
        it.choose("Show", "rows that every prompt gets wrong")
        it.see("1 to 1 of 1")
        it.press(f"Open row {place + 1}")
        it.see("What prompts answered")
        assert "<b>bold</b>" in it.text
        it.picture(str(tmp_path / "row.png"))
        it.choose("Right label", right)
        it.press("Fix the label")
        it.see("No row is wrong for every prompt.")
        it.choose("Show", "rows with a fixed label")
        it.see(f"{right} (in the file: {wrong})")
        it.picture(str(tmp_path / "fixed.png"))
        assert prepare(order(tmp_path)).data[place].target == right
        it.driver.set_window_size(*PHONE)
        it.see("fixed")
        assert not it.too_wide()
        it.picture(str(tmp_path / "data-phone.png"))
        it.press(f"Open row {place + 1}")
        it.press("Take the fix back")
        it.see("No label was fixed.")
        assert prepare(order(tmp_path)).data[place].target == wrong
        assert it.complaints() == []


def test_without_rows_the_page_says_what_is_missing(project: Path, tmp_path: Path) -> None:
    with listening(project) as server, visitor(dark=True) as it:
        it.log_in(server.url, server.token, "/data")
        it.see("There are no rows to show: name a file in intone.toml, as task.data")
        it.picture(str(tmp_path / "data-none.png"))
