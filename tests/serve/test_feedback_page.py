"""The page Feedback in a real browser: from a complaint to a version, by clicking and typing."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from intone.runs.project import Project
from intone.store.complaints import Complaints
from intone.store.registry import Registry
from tests.runs.inbox import keep
from tests.serve.accessible import assert_accessible
from tests.serve.browsing import (
    click,
    fits,
    focus,
    gone,
    keys,
    log_in,
    looks,
    needs_browser,
    picture,
    press,
    see,
    text_of,
    there,
    tick,
    until,
    write,
)
from tests.serve.process import Process, listening

pytestmark = needs_browser

HEEDS = """
answer = "It is a thing with a long and winding history that is told here from the beginning on."
delay = {delay}
[[rules]]
when = "Keep it short."
whole = true
answer = "It is a thing with a history."
"""
PROPOSE = "Propose a change: make the answer shorter"


def model(folder: Path, delay: float = 0.0) -> str:
    (folder / "model.toml").write_text(HEEDS.replace("{delay}", str(delay)))
    return "fake:model.toml"


def open_page(browser: webdriver.Chrome, server: Process) -> None:
    log_in(browser, server.url, server.token, "/feedback")


def pictured(browser: webdriver.Chrome, file: Path) -> None:
    """Look at the page in light and dark, wide and on a phone, and keep pictures of it."""
    for kind in looks(browser):
        assert_accessible(browser)
        fits(browser)
        picture(browser, file.with_name(f"{file.name}-{kind}.png"))


def count(browser: webdriver.Chrome) -> int:
    """Return how many calls the page says were made."""
    found = re.search(r"(\d+) of at most", text_of(browser))
    return int(found[1]) if found else -1


def propose(browser: webdriver.Chrome) -> None:
    press(browser, PROPOSE)
    see(browser, "This asks fake:model.toml at most")
    press(browser, "Make the proposal")


def test_a_complaint_becomes_a_version(browser: webdriver.Chrome, tmp_path: Path) -> None:
    keep(tmp_path)
    with listening(tmp_path, "--model", model(tmp_path)) as server:
        open_page(browser, server)
        press(browser, "Add a complaint")
        write(browser, "What was said", "It is <b>far</b> too long")
        write(browser, "What was asked: topic", "topic099")
        write(browser, "Rating", "2/5")
        pictured(browser, tmp_path / "form")
        press(browser, "Keep the complaint")
        see(browser, "Complaint 13 is kept.")
        see(browser, "Make the answer shorter")
        see(browser, "“It is <b>far</b> too long”")
        press(browser, "Add a complaint")
        propose(browser)
        see(browser, "Proposed: add “Keep it short.”")
        pictured(browser, tmp_path / "proposal")
        there(browser, ".beside", 3)
        there(browser, ".beside del")
        press(browser, "Decline this change")
        see(browser, "the complaints stay open")
        assert_accessible(browser)
        press(browser, "Decline")
        gone(browser, "Proposed:")
        see(browser, "explain (1 open)")
        propose(browser)
        see(browser, "Proposed:")
        press(browser, "Accept: a new version at explain@current")
        see(browser, "explain@2 is explain@current now.")
        see(browser, "explain (0 open)")
        with Project(tmp_path).open() as database:
            version = Registry(database).resolve("explain@current")
            assert version.number == 2 and version.author == "web page"
            assert (version.verdict or {})["complaints"] == [13]
            assert Complaints(database).get(13).applied == "explain@2"
        browser.get(server.url)
        see(browser, "current → 2")
        see(browser, "explain@2 over explain@1: answers complaint 13; words fewer")
        browser.get(f"{server.url}/feedback")
        see(browser, "Accepted changes in use")
        press(browser, "Undo explain@2")
        see(browser, "goes back to where it was")
        press(browser, "Undo")
        see(browser, "explain (1 open)")
        gone(browser, "Accepted changes in use")
        with Project(tmp_path).open() as database:
            assert Registry(database).labels("explain") == {"current": 1}


def test_what_is_unproven_is_accepted_only_if_ticked(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    keep(tmp_path, "far too long", inputs=2)
    with listening(tmp_path, "--model", model(tmp_path)) as server:
        open_page(browser, server)
        propose(browser)
        see(browser, "Each has to be ticked")
        pictured(browser, tmp_path / "unproven")
        press(browser, "Accept")
        see(browser, "not accepted, for this is not ticked")
        with Project(tmp_path).open() as database:
            assert len(Registry(database).versions("explain")) == 1
        tick(browser, "I accept this.")
        press(browser, "Accept")
        see(browser, "explain@2 is explain@current now.")


def test_a_decision_that_takes_long_is_shown_all_the_same(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    keep(tmp_path, "far too long")
    with listening(tmp_path, "--model", model(tmp_path)) as server:
        open_page(browser, server)
        propose(browser)
        press(browser, "Decline this change")
        see(browser, "the complaints stay open")
        with closing(sqlite3.connect(Project(tmp_path).database_path)) as other:
            other.execute("BEGIN IMMEDIATE")  # the decision has to wait for this
            press(browser, "Decline")
            there(browser, ".q-dialog", 0)
        see(browser, "The change is declined")
        gone(browser, "Proposed:")


def test_a_proposal_is_seen_moving_and_is_stopped(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    keep(tmp_path, "far too long")
    settings = ["--set", "model.concurrency=1", "--model", model(tmp_path, delay=0.3)]
    with listening(tmp_path, *settings) as server:
        open_page(browser, server)
        propose(browser)
        see(browser, " of at most")
        first = count(browser)
        until(browser, lambda: count(browser) > first, "no more calls are made")
        press(browser, "Stop")
        see(browser, "stopped; what was answered is kept")
        assert "Proposed:" not in text_of(browser)


def test_a_model_that_fails_is_one_line(browser: webdriver.Chrome, tmp_path: Path) -> None:
    keep(tmp_path, "far too long")
    (tmp_path / "model.toml").write_text("[[rules]]\nwhen = ''\nerror = 400\n")
    with listening(tmp_path, "--model", "fake:model.toml") as server:
        open_page(browser, server)
        propose(browser)
        see(browser, "“make the answer shorter” (explain): ")
        assert "Traceback" not in text_of(browser)
        there(browser, "[role=status].bad", 1)
        assert text_of(browser, "[role=status].bad").startswith(
            "“make the answer shorter” (explain): "
        )


def test_a_complaint_about_an_answer_of_the_server(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    keep(tmp_path, inputs=0)
    with listening(tmp_path, "--model", model(tmp_path)) as server:
        with server.client() as client:
            sent = {"inputs": {"topic": "the sea"}}
            trace = client.post("/api/v1/prompts/explain/latest:run", json=sent).json()["trace"]
        open_page(browser, server)
        see(browser, "Nothing was said yet.")
        press(browser, "Add a complaint")
        write(browser, "What was said", "too long")
        focus(browser, "It is about")
        keys(browser, Keys.ENTER)
        there(browser, "[role=option]", 3)
        for key in (Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER):
            keys(browser, key)
        see(browser, trace[:8])
        write(browser, "Rating", "7/5")
        press(browser, "Keep the complaint")
        see(browser, "write a number from 0 to 1")
        write(browser, "Rating", "down")
        press(browser, "Keep the complaint")
        see(browser, "The complaint is kept.")
        see(browser, "Make the answer shorter")
    with Project(tmp_path).open() as database:
        (kept,) = Complaints(database).list()
    assert (kept.inputs, kept.rating, kept.version) == ({"topic": "the sea"}, 0.0, "explain@1")


def test_what_stands_still_is_not_drawn_anew(browser: webdriver.Chrome, tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "Answer in French, please.")
    with listening(tmp_path, "--model", model(tmp_path)) as server:
        open_page(browser, server)
        see(browser, "Make the answer shorter")
        (button,) = there(browser, f"button[aria-label^={PROPOSE!r}]", 1)
        press(browser, "Decline the complaint: answer in French")
        see(browser, "Nothing will be done about it.")
        press(browser, "Decline")
        see(browser, "Declined (13)")
        see(browser, "explain (1 open)")
        # The focus was on a button that is gone: it has not left the list.
        inside = "return document.activeElement.contains(arguments[0])"
        away = "return document.activeElement !== document.body"
        until(
            browser,
            lambda: browser.execute_script(away) and browser.execute_script(inside, button),
            "the focus has left the list",
        )
        click(browser, button)  # the very button that was there before
        see(browser, "This asks fake:model.toml at most")
        press(browser, "Cancel")
        there(browser, ".q-dialog", 0)


def test_opposite_wishes_are_not_decided_by_the_page(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    keep(tmp_path, "far too long", "too long", "Please give more detail.")
    with listening(tmp_path, "--model", model(tmp_path)) as server:
        open_page(browser, server)
        see(browser, "2 want “make the answer shorter”, 1 want")
        there(browser, f"button[aria-label^={PROPOSE!r}]", 0)
        press(browser, "Decline the complaint: say more")
        see(browser, "Nothing will be done about it.")
        press(browser, "Decline")
        gone(browser, "1 want")
        see(browser, "explain (2 open)")
        propose(browser)
        see(browser, "Proposed:")
