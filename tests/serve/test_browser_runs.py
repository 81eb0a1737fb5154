"""The page with the runs, in a real browser: a tuning started, watched, stopped and compared."""

from __future__ import annotations

import time
from pathlib import Path

from selenium import webdriver

from tests.runs.projects import project as write_project
from tests.serve.browsing import (
    choose,
    complaints,
    fits,
    follow,
    looks,
    needs_browser,
    picture,
    press,
    see,
    settled,
    text_of,
    there,
    until,
    write,
)
from tests.serve.process import listening

pytestmark = needs_browser

SPEC = """
prompt = "Which team?\\n\\n{{ body }}"
[task]
data = "rows.jsonl"
target = "team"
[budget]
calls = 400
"""


def _calls(text: str) -> int:
    """Return the calls that the budget's line tells of."""
    lines = [line for line in text.splitlines() if line.endswith(" of 300 calls")]
    return int(lines[0].split()[0]) if lines else 0


def _pictures(browser: webdriver.Chrome, file: Path) -> None:
    """Keep what the page looks like: light, dark, and on a phone, where it has to fit."""
    for kind in looks(browser):
        settled(browser)
        fits(browser)
        picture(browser, file.with_name(f"{file.name}-{kind}.png"))


def _more_calls(browser: webdriver.Chrome, than: int) -> int:
    """Wait until the run has made more calls, and return how many."""

    def more() -> int:
        calls = _calls(text_of(browser))
        return calls if calls > than else 0

    return until(browser, more, f"there are not more than {than} calls")


def test_a_run_is_started_watched_stopped_resumed_reported_and_compared(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    write_project(folder, extra="delay = 0.2")
    (folder / "intone.toml").write_text(SPEC)
    with listening(folder, "--model", "fake:fake.toml") as server:
        browser.get(f"{server.url}/login?token={server.token}")
        follow(browser, "Runs")
        see(browser, "No runs yet.")
        follow(browser, "Start a tuning")
        see(browser, "At most 400 calls: this is never exceeded.")
        write(browser, "Most calls", "300")
        see(browser, "At most 300 calls: this is never exceeded.")
        _pictures(browser, tmp_path / "new")
        press(browser, "Start the tuning", by_key=True)
        see(browser, "Under way")
        first = _more_calls(browser, 8)
        see(browser, "Tried now:")
        _more_calls(browser, first + 20)
        see(browser, "Leaderboard")
        see(browser, " to ")
        there(browser, "img[alt*='calls']")
        press(browser, "Pause", by_key=True)
        see(browser, "Paused")
        time.sleep(1.5)
        held = _calls(see(browser, "Paused"))
        time.sleep(1.5)
        assert _calls(see(browser, "Paused")) == held
        _pictures(browser, tmp_path / "live")
        press(browser, "Continue", by_key=True)
        _more_calls(browser, held)
        press(browser, "Stop", by_key=True)
        see(browser, "Interrupted")
        see(browser, "It was stopped; what was answered is kept.")
        press(browser, "Resume", by_key=True)
        see(browser, "Under way")
        see(browser, "Done")
        see(browser, "points [")
        _pictures(browser, tmp_path / "done")
        follow(browser, "Open the report")
        until(browser, lambda: len(browser.window_handles) == 2, "no report was opened")
        ours, report = browser.window_handles
        browser.switch_to.window(report)
        see(browser, "The scores")
        there(browser, "ins")
        picture(browser, tmp_path / "report.png")
        browser.close()
        browser.switch_to.window(ours)
        browser.get(f"{server.url}/runs?new")
        write(browser, "Seed", "4")
        choose(browser, "Method", "random")
        write(browser, "Most calls", "12")
        see(browser, "At most 12 calls")
        press(browser, "Start the tuning", by_key=True)
        see(browser, "Run 2")
        see(browser, "Done")
        follow(browser, "All runs")
        see(browser, "Compare two runs")
        see(browser, "better")
        _pictures(browser, tmp_path / "list")
        press(browser, "Compare", by_key=True)
        see(browser, "Runs 1 and 2")
        see(browser, "score of the prompt found")
        there(browser, "ins, del")
        _pictures(browser, tmp_path / "pair")
        assert complaints(browser, "Content Security Policy") == []
