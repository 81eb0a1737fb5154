"""The page Feedback in a real browser: from a complaint to a version, by clicking and typing."""

from __future__ import annotations

import re
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from intone.runs.project import Project
from intone.store.complaints import Complaints
from intone.store.registry import Registry
from tests.runs.inbox import keep
from tests.serve.accessible import assert_accessible, is_too_wide
from tests.serve.browsing import (
    focus,
    gone,
    log_in,
    look,
    needs_browser,
    press,
    see,
    text_of,
    type_into,
    whole_page,
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
    look(browser)
    log_in(browser, server.url, server.token)
    see(browser, "Prompts")
    browser.get(f"{server.url}/feedback")


def pictured(browser: webdriver.Chrome, file: Path) -> None:
    """Look at the page in light and dark, wide and on a phone, and keep pictures of it."""
    for dark in (False, True):
        for phone in (False, True):
            look(browser, dark=dark, phone=phone)
            assert_accessible(browser)
            assert not is_too_wide(browser)
            kind = f"{'dark' if dark else 'light'}-{'phone' if phone else 'wide'}"
            file.with_name(f"{file.name}-{kind}.png").write_bytes(whole_page(browser))
    look(browser)


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
        type_into(browser, "What was said", "It is <b>far</b> too long")
        type_into(browser, "What was asked: topic", "topic099")
        type_into(browser, "Rating", "2/5")
        pictured(browser, tmp_path / "form")
        press(browser, "Keep the complaint")
        see(browser, "Complaint 13 is kept.")
        see(browser, "Make the answer shorter")
        see(browser, "“It is <b>far</b> too long”")
        press(browser, "Add a complaint")
        propose(browser)
        see(browser, "Proposed: add “Keep it short.”")
        pictured(browser, tmp_path / "proposal")
        assert len(browser.find_elements(By.CSS_SELECTOR, ".beside")) == 3
        assert browser.find_elements(By.CSS_SELECTOR, ".beside del")
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
        browser.find_element(By.CSS_SELECTOR, "[role=checkbox]").click()
        press(browser, "Accept")
        see(browser, "explain@2 is explain@current now.")


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
        WebDriverWait(browser, 20).until(lambda b: count(b) > first)
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
        (said,) = browser.find_elements(By.CSS_SELECTOR, "[role=status].bad")
        assert said.text.startswith("“make the answer shorter” (explain): ")


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
        type_into(browser, "What was said", "too long")
        focus(browser, "It is about")
        for key in (Keys.ENTER, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER):
            browser.switch_to.active_element.send_keys(key)
        see(browser, trace[:8])
        type_into(browser, "Rating", "7/5")
        press(browser, "Keep the complaint")
        see(browser, "write a number from 0 to 1")
        type_into(browser, "Rating", "down")
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
        path = f"//button[starts-with(@aria-label, '{PROPOSE}')]"
        button = browser.find_element(By.XPATH, path)
        press(browser, "Decline the complaint: answer in French")
        see(browser, "Nothing will be done about it.")
        press(browser, "Decline")
        see(browser, "Declined (13)")
        see(browser, "explain (1 open)")
        # The focus was on a button that is gone: it has not left the list.
        inside = "return document.activeElement.contains(arguments[0])"
        away = "return document.activeElement !== document.body"
        wait = WebDriverWait(browser, 20)
        wait.until(lambda b: b.execute_script(away) and b.execute_script(inside, button))
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()  # the very button that was there before
        see(browser, "This asks fake:model.toml at most")
        press(browser, "Cancel")
        wait.until(lambda b: not b.find_elements(By.CSS_SELECTOR, ".q-dialog"))


def test_opposite_wishes_are_not_decided_by_the_page(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    keep(tmp_path, "far too long", "too long", "Please give more detail.")
    with listening(tmp_path, "--model", model(tmp_path)) as server:
        open_page(browser, server)
        see(browser, "2 want “make the answer shorter”, 1 want")
        buttons = browser.find_elements(
            By.XPATH, f"//button[starts-with(@aria-label, '{PROPOSE}')]"
        )
        assert not buttons
        press(browser, "Decline the complaint: say more")
        see(browser, "Nothing will be done about it.")
        press(browser, "Decline")
        gone(browser, "1 want")
        see(browser, "explain (2 open)")
        propose(browser)
        see(browser, "Proposed:")
