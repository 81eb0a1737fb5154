"""A real browser (headless Chromium) for tests of the pages, and what people do with one."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

needs_browser = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no Chromium here")


@contextmanager
def opened_browser() -> Iterator[webdriver.Chrome]:
    """Open a browser and close it again."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=900,600")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def log_in(browser: webdriver.Chrome, url: str, token: str) -> None:
    """Log in by the form."""
    browser.get(url)
    browser.find_element(By.ID, "token").send_keys(token)
    browser.find_element(By.TAG_NAME, "button").click()


def press(browser: webdriver.Chrome, words: str) -> None:
    """Press the last button that is shown and whose text or name begins with these words."""
    begins = f"starts-with(normalize-space(.), {words!r}) or starts-with(@aria-label, {words!r})"
    path = f"//*[self::button or @role='button'][{begins}]"

    def shown(driver: webdriver.Chrome) -> list[WebElement]:
        asked = driver.find_elements(By.CSS_SELECTOR, ".q-dialog__inner")  # hides all the rest
        found = asked[-1].find_elements(By.XPATH, f".{path}") if asked else []
        found = found or driver.find_elements(By.XPATH, path)
        return [it for it in found if it.is_displayed() and it.is_enabled()]

    button = WebDriverWait(browser, 20).until(shown, f"there is no button {words!r}")[-1]
    click(browser, button)


def see(browser: webdriver.Chrome, words: str, seconds: float = 20) -> None:
    """Wait until words are on the page."""
    waiting = WebDriverWait(browser, seconds)
    waiting.until(lambda b: words in text_of(b), f"{words!r} is not on the page")


def gone(browser: webdriver.Chrome, words: str) -> None:
    """Wait until words are not on the page any more."""
    waiting = WebDriverWait(browser, 20)
    waiting.until(lambda b: words not in text_of(b), f"{words!r} is on the page still")


def text_of(browser: webdriver.Chrome) -> str:
    """Return the text that is shown."""
    script = "return document.body ? document.body.innerText : ''"  # a page may be on its way
    return browser.execute_script(script)  # type: ignore[no-any-return]


def click(browser: webdriver.Chrome, element: WebElement) -> None:
    """Click, once nothing lies over it any more: a message at the page's foot goes by itself."""
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)

    def clicked(_: webdriver.Chrome) -> bool:
        element.click()
        return True

    waiting = WebDriverWait(browser, 30, ignored_exceptions=[ElementClickInterceptedException])
    waiting.until(clicked, "something lies over what is to be clicked")


def focus(browser: webdriver.Chrome, label: str) -> None:
    """Give the keyboard to the field or select of this name."""
    path = f"//*[self::input or self::textarea][@aria-label={label!r}]"
    box = browser.find_element(By.XPATH, path)  # that of a select has no size
    browser.execute_script("arguments[0].focus()", box)


def type_into(browser: webdriver.Chrome, label: str, words: str) -> None:
    """Replace what stands in the field whose label begins with these words."""
    path = f"//*[self::input or self::textarea][starts-with(@aria-label, {label!r})]"

    def shown(driver: webdriver.Chrome) -> list[WebElement]:
        return [it for it in driver.find_elements(By.XPATH, path) if it.is_displayed()]

    box = WebDriverWait(browser, 20).until(shown, f"there is no field {label!r}")[0]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", box)
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys(words)


def look(browser: webdriver.Chrome, *, dark: bool = False, phone: bool = False) -> None:
    """Show the page in light or dark colours, on a phone's screen or a wide one."""
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    size = {"width": 390, "height": 844} if phone else {"width": 1200, "height": 900}
    more = {"deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size | more)


def whole_page(browser: webdriver.Chrome) -> bytes:
    """Return a picture of the whole page, what would have to be scrolled to included."""
    wanted = {"captureBeyondViewport": True}
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", wanted)
    return base64.b64decode(taken["data"])
