"""The pages in a real browser (headless Chromium), where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from intone.prompt.prompt import Prompt
from intone.runs.project import Project
from intone.store.registry import Registry
from tests.serve.process import listening

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no Chromium here")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=900,600")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


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
