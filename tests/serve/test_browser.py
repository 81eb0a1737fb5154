"""The pages in a real browser (headless Chromium), where there is one."""

from __future__ import annotations

from pathlib import Path

import httpx
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from intone.prompt.prompt import Prompt
from intone.runs.project import Project
from intone.store.registry import Registry
from tests.serve.accessible import assert_accessible
from tests.serve.browsing import log_in, needs_browser, press, see
from tests.serve.process import listening

pytestmark = needs_browser


def test_logging_in_leads_to_the_prompts(
    project: Path, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    with Project(project).open() as database:
        Registry(database).save("other", Prompt("<script>alert(1)</script> {{ x }}").canonical())
    wait = WebDriverWait(browser, 60)
    with listening(project) as server:
        browser.get(server.url)
        assert "Log in" in browser.find_element(By.TAG_NAME, "body").text
        browser.find_element(By.ID, "token").send_keys(server.token)
        browser.find_element(By.TAG_NAME, "button").click()
        wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, "table"))
        text = browser.find_element(By.TAG_NAME, "body").text
        assert "Prompts" in text and "live → 1" in text and "triage" in text
        (cookie,) = browser.get_cookies()
        assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
        assert server.token not in cookie["value"]
        browser.save_screenshot(str(tmp_path / "prompts.png"))
        said = [entry["message"] for entry in browser.get_log("browser")]  # type: ignore[no-untyped-call]
        assert not [line for line in said if "Content Security Policy" in line], said
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
        browser.set_window_size(1200, 900)
        log_in(browser, server.url, server.token)
        see(browser, "Versions of asked")
        see(browser, "<b>one</b>")
        assert browser.find_elements(By.CSS_SELECTOR, "ins")
        field = browser.find_element(By.CSS_SELECTOR, 'input[aria-label="Label"]')
        field.send_keys("\ue009a\ue000live\t")
        press(browser, "Promote")
        see(browser, "asked@2 over asked@1: better, +10.0 points [2.0, 18.0] on 80 rows.")
        browser.save_screenshot(str(tmp_path / "question.png"))
        assert_accessible(browser)
        with Project(project).open() as database:
            assert Registry(database).labels("asked") == {"live": 1}  # asked only
        press(browser, "Promote")
        see(browser, "live → 2")
        browser.save_screenshot(str(tmp_path / "promoted.png"))
        browser.set_window_size(400, 800)
        browser.save_screenshot(str(tmp_path / "phone.png"))
        press(browser, "Roll live back")
        see(browser, "asked@1 has no verdict")
        press(browser, "Roll back")
        see(browser, "live → 1")
        with Project(project).open() as database:
            assert Registry(database).labels("asked") == {"live": 1}
