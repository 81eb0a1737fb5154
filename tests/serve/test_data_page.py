"""The Data page in a real browser: rows are looked at, and a label is fixed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from selenium import webdriver

from intone.runs.orders import execute, prepare
from tests.runs.projects import LABELS, order, project, rows
from tests.serve.browsing import (
    choose,
    complaints,
    fits,
    log_in,
    look,
    needs_browser,
    picture,
    press,
    see,
    write,
)
from tests.serve.process import listening

pytestmark = needs_browser

SPEC = '[task]\ndata = "rows.jsonl"\ntarget = "team"\n[model]\nname = "fake:fake.toml"\n'
SET = ("--model", "fake:fake.toml")


def test_a_row_that_all_get_wrong_is_found_and_its_label_fixed(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
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
    with listening(tmp_path, *SET) as server:
        log_in(browser, server.url, server.token, "/data")
        see(browser, "120 rows. 36 of them are sealed")
        see(browser, "1 to 20 of 84")
        picture(browser, tmp_path / "data.png")
        press(browser, "Next")
        see(browser, "21 to 40 of 84")
        write(browser, "Row", str(sealed[0] + 1))
        press(browser, "Go to the row")
        see(browser, f"Row {sealed[0] + 1} is sealed")
        choose(browser, "Show", "rows that every prompt gets wrong")
        see(browser, "1 to 1 of 1")
        press(browser, f"Open row {place + 1}")
        see(browser, "What prompts answered")
        see(browser, "<b>bold</b>")
        picture(browser, tmp_path / "row.png")
        choose(browser, "Right label", right)
        press(browser, "Fix the label")
        see(browser, "No row is wrong for every prompt.")
        choose(browser, "Show", "rows with a fixed label")
        see(browser, f"{right} (in the file: {wrong})")
        picture(browser, tmp_path / "fixed.png")
        assert prepare(order(tmp_path)).data[place].target == right
        look(browser, phone=True)
        see(browser, "fixed")
        fits(browser)
        picture(browser, tmp_path / "data-phone.png")
        press(browser, f"Open row {place + 1}")
        press(browser, "Take the fix back")
        see(browser, "No label was fixed.")
        assert prepare(order(tmp_path)).data[place].target == wrong
        assert complaints(browser) == []


def test_without_rows_the_page_says_what_is_missing(
    project: Path, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    with listening(project) as server:
        look(browser, dark=True)
        log_in(browser, server.url, server.token, "/data")
        see(browser, "There are no rows to show: name a file in intone.toml, as task.data")
        picture(browser, tmp_path / "data-none.png")
