"""The pages in a real browser (headless Chromium), where there is one."""

from __future__ import annotations

from pathlib import Path

import httpx
from selenium import webdriver

from intone.prompt.prompt import Prompt
from intone.runs.project import Project
from intone.store.registry import Registry
from tests.serve.accessible import assert_accessible
from tests.serve.browsing import (
    complaints,
    log_in,
    look,
    needs_browser,
    picture,
    press,
    see,
    there,
    write,
)
from tests.serve.process import listening

pytestmark = needs_browser


def test_logging_in_leads_to_the_prompts(
    project: Path, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    with Project(project).open() as database:
        Registry(database).save("other", Prompt("<script>alert(1)</script> {{ x }}").canonical())
    with listening(project) as server:
        browser.get(server.url)
        see(browser, "Log in")
        log_in(browser, server.url, server.token)
        there(browser, "table")
        for words in ("Prompts", "live → 1", "triage"):
            see(browser, words)
        (cookie,) = browser.get_cookies()
        assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
        assert server.token not in cookie["value"]
        picture(browser, tmp_path / "prompts.png")
        assert complaints(browser, "Content Security Policy") == []
        policy = httpx.get(f"{server.url}/login").headers["content-security-policy"]
        assert "script-src" not in policy and "default-src 'none'" in policy


def test_a_version_is_promoted_after_its_evidence_was_shown_and_rolled_back(
    project: Path, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    with Project(project).open() as database:
        registry = Registry(database)
        verdict = {"word": "better", "difference": 0.1, "low": 0.02, "high": 0.18, "n": 80}
        again = Prompt("Which <b>one</b> team?\n\n{{ body }}").canonical()
        registry.save("asked", Prompt("Which team?\n\n{{ body }}").canonical())
        registry.label("asked", "live")
        registry.save("asked", again, parent="asked@1", verdict=verdict)
    with listening(project) as server:
        log_in(browser, server.url, server.token)
        see(browser, "Versions of asked")
        see(browser, "<b>one</b>")
        there(browser, "ins")
        write(browser, "Label", "live")
        press(browser, "Promote")
        see(browser, "asked@2 over asked@1: better, +10.0 points [2.0, 18.0] on 80 rows.")
        picture(browser, tmp_path / "question.png")
        assert_accessible(browser)
        with Project(project).open() as database:
            assert Registry(database).labels("asked") == {"live": 1}  # asked only
        press(browser, "Promote")
        see(browser, "live → 2")
        picture(browser, tmp_path / "promoted.png")
        look(browser, phone=True)
        picture(browser, tmp_path / "phone.png")
        press(browser, "Roll live back")
        see(browser, "asked@1 has no verdict")
        press(browser, "Roll back")
        see(browser, "live → 1")
        with Project(project).open() as database:
            assert Registry(database).labels("asked") == {"live": 1}
