"""The Playground page in a real browser: variants are written, tried on rows, and one is saved."""

from __future__ import annotations

from pathlib import Path

from selenium import webdriver

from intone.prompt.prompt import Prompt
from intone.runs.project import Project
from intone.store.registry import Registry
from tests.runs.projects import project as write_project
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
    text_of,
    there,
    tick,
    until,
    value_of,
    write,
)
from tests.serve.process import listening

pytestmark = needs_browser

SPEC = """
prompt = "Which team?\\n\\n{{ body }}"
[task]
data = "rows.jsonl"
target = "team"
[model]
price = {input = 1.0, output = 2.0}
"""


def test_two_variants_are_tried_on_twenty_rows_and_one_is_saved(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    write_project(tmp_path)
    (tmp_path / "intone.toml").write_text(SPEC)
    with Project(tmp_path).open() as database:
        registry = Registry(database)
        registry.save("triage", Prompt("Which <b>team</b>?\n\n{{ body }}").canonical())
        registry.label("triage", "live")
    with listening(tmp_path, "--model", "fake:fake.toml") as server:
        log_in(browser, server.url, server.token, "/playground")
        see(browser, "84 rows can be tried; 36 sealed rows are not offered.")
        see(browser, "Asks for at most 1 call to fake:fake.toml.")
        until(browser, lambda: value_of(browser, "body"), "no row is filled in")
        press(browser, "Add a variant")
        see(browser, "Asks for at most 2 calls")
        choose(browser, "Start from", "triage@1 (live)", which=1)
        see(browser, "<b>")
        write(browser, "Role", "You choose exactly one of the teams.", which=1)
        see(browser, "You choose exactly one of the teams.")
        press(browser, "Clarifiers from the library", which=1)
        tick(browser, "single choice: Prefer a single answer.")
        see(browser, "Clarifiers from the library (1 on)")
        choose(browser, "single choice: strength", "Choose one answer, even")
        see(browser, "Choose one answer, even if several seem to fit.")
        picture(browser, tmp_path / "playground.png")
        tick(browser, "20 rows")
        see(browser, "Asks for at most 40 calls")
        press(browser, "Run")
        see(browser, "40 calls; at the known prices 0.001 USD in all.")
        see(browser, "20 rows say little about which prompt is better")
        see(browser, "right answer")
        until(browser, lambda: text_of(browser).count("\nright\n") >= 20, "too few are right")
        there(browser, "td ins")
        picture(browser, tmp_path / "tried.png")
        press(browser, "Run")
        see(browser, "40 calls, 40 of them answered from the ledger")
        press(browser, "Save", which=1)
        write(browser, "Name", "triage")
        write(browser, "Label to move to it, if any", "live")
        press(browser, "Save")
        see(browser, "Move triage@live to version 2?")
        see(browser, "triage@2 has no verdict")
        picture(browser, tmp_path / "saved.png")
        with Project(tmp_path).open() as database:
            kept = Registry(database).get("triage", "2")
            assert Registry(database).labels("triage") == {"live": 1}  # asked only
        assert kept.program["role"] == "You choose exactly one of the teams."
        assert kept.program["clarifiers"] == ["Choose one answer, even if several seem to fit."]
        assert kept.parent == "triage@1"
        press(browser, "Move the label")
        see(browser, "It is at version 2 now.")
        look(browser, phone=True)
        fits(browser)
        picture(browser, tmp_path / "playground-phone.png")
        assert complaints(browser) == []


def test_without_a_spec_inputs_are_written_by_hand(
    project: Path, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    with listening(project) as server:
        look(browser, dark=True)
        log_in(browser, server.url, server.token, "/playground")
        see(browser, "There are no rows")
        choose(browser, "Start from", "triage@1 (live)")
        write(browser, "body", "my <i>parcel</i> is late")
        press(browser, "Run")
        see(browser, "1 call. One row says little")
        see(browser, "my <i>parcel</i> is late")
        write(browser, "Template", "{{ body")
        press(browser, "Run")
        see(browser, "end of")
        assert value_of(browser, "body") == "my <i>parcel</i> is late"
        picture(browser, tmp_path / "by-hand.png")


def test_a_model_that_cannot_be_reached_is_one_line(
    project: Path, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    away = ("--model", "http://127.0.0.1:9/v1#none")
    with listening(project, *away) as server:
        log_in(browser, server.url, server.token, "/playground")
        press(browser, "Run")
        see(browser, "127.0.0.1:9", "[role=alert]")
        picture(browser, tmp_path / "away.png")


def test_an_input_stays_the_one_it_is_while_others_come_and_go(
    project: Path, browser: webdriver.Chrome
) -> None:
    with listening(project) as server:
        log_in(browser, server.url, server.token, "/playground")
        see(browser, "There are no rows")
        choose(browser, "Start from", "triage@1 (live)")
        write(browser, "body", "my parcel is late")
        (field,) = there(browser, "textarea[aria-label=body]", 1)
        for template, others in (("{{ body }} {{ about }}", 1), ("{{ body }}", 0)):
            write(browser, "Template", template)
            there(browser, "textarea[aria-label=about]", others)
            assert browser.execute_script("return arguments[0].isConnected", field)
        assert value_of(browser, "body") == "my parcel is late"
