"""The page with the runs, in a real browser: a tuning started, watched, stopped and compared."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.runs.projects import project as write_project
from tests.serve.process import listening

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
SPEC = """
prompt = "Which team?\\n\\n{{ body }}"
[task]
data = "rows.jsonl"
target = "team"
[budget]
calls = 400
"""

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no Chromium here")


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=1200,1400")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def _see(browser: webdriver.Chrome, words: str, seconds: float = 30.0) -> str:
    def seen(driver: webdriver.Chrome) -> str | bool:
        text = driver.find_element(By.TAG_NAME, "main").text
        return text if words in text else False

    return str(WebDriverWait(browser, seconds).until(seen, f"{words!r} is not on the page"))


def _find(browser: webdriver.Chrome, path: str) -> WebElement:
    def shown(driver: webdriver.Chrome) -> WebElement | bool:
        return next((it for it in driver.find_elements(By.XPATH, path) if it.is_displayed()), False)

    found = WebDriverWait(browser, 20).until(shown, f"{path} is not on the page")
    assert isinstance(found, WebElement)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
    return found


def _press(browser: webdriver.Chrome, words: str) -> None:
    """Press a button by the keyboard."""
    path = f"//button[starts-with(normalize-space(.), {words!r}) and not(@disabled)]"
    _find(browser, path).send_keys(Keys.ENTER)


def _follow(browser: webdriver.Chrome, words: str) -> None:
    _find(browser, f"//a[normalize-space(.) = {words!r}]").send_keys(Keys.ENTER)


def _until(browser: webdriver.Chrome, true: Callable[[str], bool], seconds: float = 60.0) -> str:
    def seen(driver: webdriver.Chrome) -> str | bool:
        text = driver.find_element(By.TAG_NAME, "main").text
        return text if true(text) else False

    return str(WebDriverWait(browser, seconds).until(seen))


def _calls(text: str) -> int:
    """Return the calls that the budget's line tells of."""
    lines = [line for line in text.splitlines() if line.endswith(" of 300 calls")]
    return int(lines[0].split()[0]) if lines else 0


def _dark(browser: webdriver.Chrome, wanted: bool) -> None:
    feature = {"name": "prefers-color-scheme", "value": "dark" if wanted else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def _pictures(browser: webdriver.Chrome, folder: Path, name: str) -> None:
    """Keep what the page looks like: light, dark, and on a phone."""
    browser.execute_script("window.scrollTo(0, 0)")
    browser.save_screenshot(str(folder / f"{name}.png"))
    _dark(browser, True)
    time.sleep(0.3)
    browser.save_screenshot(str(folder / f"{name}-dark.png"))
    phone = {"width": 390, "height": 1600, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    time.sleep(0.3)
    browser.save_screenshot(str(folder / f"{name}-phone.png"))
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    _dark(browser, False)
    assert wide <= 390, f"{name} is {wide} wide on a phone"


def test_a_run_is_started_watched_stopped_resumed_reported_and_compared(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    write_project(folder, extra="delay = 0.2")
    (folder / "intone.toml").write_text(SPEC)
    with listening(folder, "--model", "fake:fake.toml") as server:
        browser.get(f"{server.url}/login?token={server.token}")
        _find(browser, "//nav//a[. = 'Runs']").send_keys(Keys.ENTER)
        _see(browser, "No runs yet.")
        _follow(browser, "Start a tuning")
        _see(browser, "At most 400 calls: this is never exceeded.")
        calls = _find(browser, "//input[@aria-label='Most calls']")
        calls.send_keys(Keys.CONTROL, "a")
        calls.send_keys("300", Keys.TAB)
        _see(browser, "At most 300 calls: this is never exceeded.")
        _pictures(browser, tmp_path, "new")
        _press(browser, "Start the tuning")
        _see(browser, "Under way")
        first = _until(browser, lambda text: _calls(text) > 8 and "Tried now:" in text)
        later = _until(browser, lambda text: _calls(text) > _calls(first) + 20)
        assert "Leaderboard" in later and " to " in later
        _find(browser, "//img[contains(@alt, 'calls')]")
        _press(browser, "Pause")
        _see(browser, "Paused")
        time.sleep(1.5)
        held = _calls(_see(browser, "Paused"))
        time.sleep(1.5)
        assert _calls(_see(browser, "Paused")) == held
        _pictures(browser, tmp_path, "live")
        _press(browser, "Continue")
        _until(browser, lambda text: _calls(text) > held)
        _press(browser, "Stop")
        _see(browser, "Interrupted")
        _see(browser, "It was stopped; what was answered is kept.")
        _press(browser, "Resume")
        _see(browser, "Under way")
        _see(browser, "Done", 60)
        _see(browser, "points [")
        _pictures(browser, tmp_path, "done")
        _follow(browser, "Open the report")
        WebDriverWait(browser, 20).until(lambda b: len(b.window_handles) == 2)
        ours, report = browser.window_handles
        browser.switch_to.window(report)
        _see(browser, "The scores")
        assert browser.find_elements(By.CSS_SELECTOR, "ins")
        browser.save_screenshot(str(tmp_path / "report.png"))
        browser.close()
        browser.switch_to.window(ours)
        browser.get(f"{server.url}/runs?new")
        _find(browser, "//input[@aria-label='Seed']").send_keys(Keys.CONTROL, "a")
        _find(browser, "//input[@aria-label='Seed']").send_keys("4", Keys.TAB)
        _find(browser, "//label[.//*[normalize-space(.) = 'Method']]").click()
        _find(browser, "//*[@role='option'][. = 'random']").click()
        calls = _find(browser, "//input[@aria-label='Most calls']")
        calls.send_keys(Keys.CONTROL, "a")
        calls.send_keys("12", Keys.TAB)
        _see(browser, "At most 12 calls")
        _press(browser, "Start the tuning")
        _see(browser, "Run 2")
        _see(browser, "Done", 60)
        _follow(browser, "All runs")
        text = _see(browser, "Compare two runs")
        assert "better" in text
        _pictures(browser, tmp_path, "list")
        _press(browser, "Compare")
        _see(browser, "Runs 1 and 2")
        _see(browser, "score of the prompt found")
        assert browser.find_elements(By.CSS_SELECTOR, "ins, del")
        _pictures(browser, tmp_path, "pair")
        said = [entry["message"] for entry in browser.get_log("browser")]  # type: ignore[no-untyped-call]
        assert not [line for line in said if "Content Security Policy" in line], said
