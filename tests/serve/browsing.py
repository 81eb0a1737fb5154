"""A real browser (headless Chromium) for tests of the pages, and what people do with one.

Everything is found and used as one step, which is tried again while the page is being drawn anew:
a test says what it does and what it waits for. What is looked for by its name is called exactly so
or, where nothing is, begins so.
"""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

T = TypeVar("T")

PATIENCE = 60.0  # seconds; the machine may be busy
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

needs_browser = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no Chromium here")

_PASSING = (
    StaleElementReferenceException,
    ElementClickInterceptedException,
    ElementNotInteractableException,
)
_BUTTON = ".//*[self::button or @role='button'][{}]"
_LINK = ".//a[{}]"
_FIELD = ".//*[self::input or self::textarea][{}]"
_SELECT = ".//*[@role='combobox'][{}]/ancestor::label[1]"  # the combobox itself has no size
_TICK = ".//*[@role='switch' or @role='radio' or @role='checkbox'][{}]"
_OPTION = ".//*[@role='option'][{}]"

_AT_REST = """
const it = arguments[0];
it.scrollIntoView({block: "center"});
return !document.getAnimations().some(moving =>
    moving.playState === "running" && moving.effect.getComputedTiming().iterations !== Infinity
    && (moving.transitionProperty === "height" || moving.effect.target?.contains(it)));
"""
_LISTEN = """
window.wasHit = false;
const hit = () => { window.wasHit = true; };
arguments[0].addEventListener("click", hit, {once: true, capture: true});
"""
_HIT = "return window.wasHit !== false"  # undefined: the click has led to another page
_MOVING = """
return document.getAnimations().some(
    it => it.playState === "running" && it.effect.getComputedTiming().iterations !== Infinity);
"""


@contextmanager
def opened_browser() -> Iterator[webdriver.Chrome]:
    """Open a browser, with a wide screen and light colours, and close it again."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        look(driver)
        yield driver
    finally:
        driver.quit()


def log_in(browser: webdriver.Chrome, url: str, token: str, path: str = "/") -> None:
    """Log in by the form, and go to a page."""

    def typed() -> bool:
        field = browser.find_element(By.ID, "token")
        field.clear()
        field.send_keys(token)
        return True

    browser.get(url)
    until(browser, typed, "there is no field for the token")
    press(browser, "Log in")
    see(browser, "Prompts")
    if path != "/":
        browser.get(url + path)


def until(
    browser: webdriver.Chrome, true: Callable[[], T], otherwise: str, seconds: float = PATIENCE
) -> T:
    """Wait until something is true and return it; the page may be drawn anew meanwhile."""
    waiting = WebDriverWait(browser, seconds, poll_frequency=0.1, ignored_exceptions=_PASSING)
    try:
        return waiting.until(lambda _: true())
    except TimeoutException:
        said = f"{otherwise}. The page {browser.current_url} says:\n{text_of(browser)}"
        raise AssertionError(said) from None


def see(browser: webdriver.Chrome, words: str, where: str = "body") -> str:
    """Wait until words are on the page, or in a part of it (CSS); return all that it says."""
    place = "on the page" if where == "body" else f"in {where}"

    def seen() -> str:
        text = text_of(browser, where)
        return text if words in text else ""

    return until(browser, seen, f"{words!r} is not {place}")


def gone(browser: webdriver.Chrome, words: str) -> None:
    """Wait until words are not on the page any more."""
    until(browser, lambda: words not in text_of(browser), f"{words!r} is on the page still")


def there(browser: webdriver.Chrome, css: str, number: int | None = None) -> list[WebElement]:
    """Wait until there are such elements, or so many of them, and return them."""
    those: list[WebElement] = []

    def found() -> bool:
        those[:] = browser.find_elements(By.CSS_SELECTOR, css)
        return bool(those) if number is None else len(those) == number

    until(browser, found, f"there is not {css if number is None else f'{number} of {css}'}")
    return those


def settled(browser: webdriver.Chrome) -> None:
    """Wait until the page has a text that stays as it is, and nothing moves any more."""
    before = ["", ""]

    def still() -> bool:
        before.append(text_of(browser))
        time.sleep(0.2)
        moving = browser.execute_script(_MOVING)
        return not moving and bool(before[-1]) and before[-1] == before[-2] == before[-3]

    until(browser, still, "the page does not come to rest")


def fits(browser: webdriver.Chrome) -> None:
    """Wait until the page itself (not only a table in it) need not be scrolled sideways."""
    root = "document.documentElement"
    script = f"return {root}.scrollWidth <= {root}.clientWidth"
    until(browser, lambda: browser.execute_script(script), "the page is too wide")


def press(browser: webdriver.Chrome, words: str, which: int = -1, *, by_key: bool = False) -> None:
    """Press a button, or unfold what is folded: the last one of this name, or another."""
    _use(browser, _BUTTON, words, which, lambda it: _clicked(it, by_key=by_key))


def follow(browser: webdriver.Chrome, words: str) -> None:
    """Follow a link, by the keyboard."""
    _use(browser, _LINK, words, 0, lambda it: _clicked(it, by_key=True))


def tick(browser: webdriver.Chrome, words: str, which: int = 0) -> None:
    """Press a switch, a radio button or a box to tick."""
    _use(browser, _TICK, words, which, _clicked)


def write(browser: webdriver.Chrome, label: str, words: str, which: int = 0) -> None:
    """Replace what stands in a field, and leave it."""

    def written(field: WebElement) -> bool:
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(words)
        held = field.get_attribute("value")
        assert held == words, f"{label!r} holds {held!r} after {words!r} was written"
        field.send_keys(Keys.TAB)
        return True

    _use(browser, _FIELD, label, which, written)


def choose(browser: webdriver.Chrome, label: str, option: str, which: int = 0) -> None:
    """Choose an option of a select, which is opened (again) where its options are not shown."""

    def chosen(select: WebElement) -> bool:
        box = select.find_element(By.CSS_SELECTOR, "[role=combobox]")
        if box.get_attribute("aria-expanded") != "true":
            _clicked(select)
            return False
        listed = browser.find_element(By.ID, str(box.get_attribute("aria-controls")))
        options = _called(listed, _OPTION, option)
        return bool(options) and _at_rest(options[0]) and _clicked(options[0])

    _use(browser, _SELECT, label, which, chosen, f"{label!r} has no option {option!r}")


def focus(browser: webdriver.Chrome, label: str) -> None:
    """Give the keyboard to the field or select of this name."""
    script = "arguments[0].focus(); return document.activeElement === arguments[0]"
    path = _FIELD.format(f"@aria-label={label!r}")  # that of a select has no size

    def focused() -> bool:
        return bool(browser.execute_script(script, browser.find_element(By.XPATH, path)))

    until(browser, focused, f"there is no {label!r} to be focused")


def keys(browser: webdriver.Chrome, *those: str) -> None:
    """Strike keys, for whatever has the keyboard."""
    ActionChains(browser).send_keys(*those).perform()


def click(browser: webdriver.Chrome, element: WebElement) -> None:
    """Click on this very element, once nothing lies over it; that it is gone is an error."""

    def done() -> bool:
        try:
            return _at_rest(element) and _clicked(element)
        except StaleElementReferenceException as error:
            raise AssertionError("what was to be clicked is there no more") from error

    until(browser, done, "something lies over what is to be clicked")


def look(browser: webdriver.Chrome, *, dark: bool = False, phone: bool = False) -> None:
    """Show the page in light or dark colours, on a phone's screen or a wide one."""
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    size = {"width": 390, "height": 844} if phone else {"width": 1200, "height": 900}
    more = {"deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size | more)


def looks(browser: webdriver.Chrome) -> Iterator[str]:
    """Show the page in light and dark, wide and on a phone, and say which; then as at first."""
    for dark in (False, True):
        for phone in (False, True):
            look(browser, dark=dark, phone=phone)
            yield f"{'dark' if dark else 'light'}-{'phone' if phone else 'wide'}"
    look(browser)


def text_of(browser: webdriver.Chrome, where: str = "body") -> str:
    """Return the text that is shown on the page, or in parts of it (CSS)."""
    script = (
        "return [...document.querySelectorAll(arguments[0])].map(it => it.innerText).join('\\n')"
    )
    return browser.execute_script(script, where)  # type: ignore[no-any-return]


def value_of(browser: webdriver.Chrome, label: str) -> str:
    """Return what a field holds."""
    held: list[str] = []

    def read(field: WebElement) -> bool:
        held.append(field.get_attribute("value") or "")
        return True

    _use(browser, _FIELD, label, 0, read)
    return held[-1]


def focused_name(browser: webdriver.Chrome) -> str | None:
    """Return the name of what has the keyboard, as it is told to those who do not see it."""
    script = "return document.activeElement.getAttribute('aria-label')"
    return browser.execute_script(script)  # type: ignore[no-any-return]


def complaints(browser: webdriver.Chrome, about: str = "") -> list[str]:
    """Return what the browser finds wrong with its pages, but that one had to log in."""
    said = browser.get_log("browser")  # type: ignore[no-untyped-call]
    lines = [entry["message"] for entry in said]
    return [line for line in lines if "401" not in line and about in line]


def picture(browser: webdriver.Chrome, file: Path) -> None:
    """Keep a picture of the whole page, what would have to be scrolled to included."""
    wanted = {"captureBeyondViewport": True}
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", wanted)
    file.write_bytes(base64.b64decode(taken["data"]))


def _use(
    browser: webdriver.Chrome,
    kind: str,
    words: str,
    which: int,
    act: Callable[[WebElement], bool],
    otherwise: str = "",
) -> None:
    """Find something and do something with it, as one step; `act` says whether it is done."""

    def done() -> bool:
        dialogs = browser.find_elements(By.CSS_SELECTOR, ".q-dialog__inner")  # hides all the rest
        found = _called(dialogs[-1], kind, words) if dialogs else []
        found = found or _called(browser, kind, words)
        there_is = -len(found) <= which < len(found)
        return there_is and _at_rest(found[which]) and act(found[which])

    until(browser, done, otherwise or f"there is no {words!r} that can be used")


def _called(place: webdriver.Chrome | WebElement, kind: str, words: str) -> list[WebElement]:
    """Return what is shown and called so or, where nothing is, what begins so."""
    for test in ("{} = {!r}", "starts-with({}, {!r})"):
        names = ("normalize-space(.)", "@aria-label")
        path = kind.format(" or ".join(test.format(name, words) for name in names))
        found = place.find_elements(By.XPATH, path)
        if shown := [it for it in found if it.is_displayed() and it.is_enabled()]:
            return shown
    return []


def _at_rest(element: WebElement) -> bool:
    """Bring something into sight; say whether it has stopped moving there."""
    return bool(element.parent.execute_script(_AT_REST, element))


def _clicked(element: WebElement, *, by_key: bool = False) -> bool:
    """Click; say whether that is what was hit, for the page may have moved under the pointer."""
    element.parent.execute_script(_LISTEN, element)
    if by_key:
        element.send_keys(Keys.ENTER)
    else:
        element.click()
    return bool(element.parent.execute_script(_HIT))
