"""A visitor in a real browser (headless Chromium): logs in, clicks, types, sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.serve.browsing import CHROMIUM, DRIVER, click

PHONE = (390, 800)
_PATIENCE = 60  # seconds; the machine may be busy


class Visitor:
    """One browser window."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def log_in(self, url: str, token: str, path: str) -> None:
        """Log in, and go to a page."""
        self.driver.get(url)
        self.driver.find_element(By.ID, "token").send_keys(token)
        self.driver.find_element(By.TAG_NAME, "button").click()
        self.see("Prompts")
        self.driver.get(url + path)

    def see(self, words: str) -> None:
        """Wait until the page says something."""
        self._wait(lambda: words in self.text, f"{words!r} is not on the page:\n{self.text}")

    def see_no_more(self, words: str) -> None:
        """Wait until the page does not say something any more."""
        self._wait(lambda: words not in self.text, f"{words!r} is still on the page")

    def alert(self) -> str:
        """Wait until something is said that must not be overlooked; return it."""

        def said() -> str:
            found = self.driver.find_elements(By.CSS_SELECTOR, "[role=alert]")
            return "\n".join(it.text for it in found)

        self._wait(said, f"nothing is alarming about the page:\n{self.text}")
        return said()

    @property
    def text(self) -> str:
        """All that is to be read."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    def press(self, words: str, which: int = -1) -> None:
        """Press a button that is shown, by how its text or its label begins."""
        path = (
            f"//button[starts-with(normalize-space(.), {words!r})"
            f" or starts-with(@aria-label, {words!r})]"
        )
        self._wait(lambda: self._shown(path), f"there is no button {words!r}")
        self._click(self._shown(path)[which])

    def field(self, label: str, which: int = 0) -> WebElement:
        """Return the field with a label."""
        path = f"//*[self::input or self::textarea][@aria-label={label!r}]"
        self._wait(lambda: len(self._shown(path)) > which, f"there is no field {label!r}")
        return self._shown(path)[which]

    def write(self, label: str, words: str, which: int = 0) -> None:
        """Replace what a field holds, and leave it."""
        field = self.field(label, which)
        self._scroll(field)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(words + Keys.TAB)

    def choose(self, label: str, option: str, which: int = 0) -> None:
        """Choose an option of a select."""
        combobox = f"//*[@role='combobox'][@aria-label={label!r}]/ancestor::label[1]"
        self._wait(lambda: len(self._shown(combobox)) > which, f"there is no select {label!r}")
        self._click(self._shown(combobox)[which])
        path = f"//*[@role='option'][starts-with(normalize-space(.), {option!r})]"
        self._wait(lambda: self._shown(path), f"{label} has no option {option!r}")
        self._click(self._shown(path)[-1])

    def tick(self, label: str, which: int = 0) -> None:
        """Press a switch or a radio button."""
        path = (
            f"//*[@role='switch' or @role='radio']"
            f"[@aria-label={label!r} or normalize-space(.)={label!r}]"
        )
        self._wait(lambda: len(self._shown(path)) > which, f"there is no {label!r} to tick")
        self._click(self._shown(path)[which])

    def unfold(self, words: str, which: int = 0) -> None:
        """Open what is folded away."""
        path = f"//*[@role='button'][starts-with(normalize-space(.), {words!r})]"
        self._wait(lambda: len(self._shown(path)) > which, f"there is no {words!r} to open")
        self._click(self._shown(path)[which])

    def picture(self, path: str) -> None:
        """Keep a picture of the page, from its top to its end."""
        size = self.driver.get_window_size()
        script = "return document.documentElement.scrollHeight"
        self.driver.set_window_size(size["width"], max(size["height"], self._number(script) + 150))
        self.driver.save_screenshot(path)
        self.driver.set_window_size(size["width"], size["height"])

    def complaints(self) -> list[str]:
        """Return what the browser says is wrong with the page, but that one had to log in."""
        said = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in said if "401" not in entry["message"]]

    def too_wide(self) -> bool:
        """Say whether the page, and not only a table inside it, is wider than the window."""
        script = "return document.documentElement.scrollWidth > window.innerWidth + 1"
        return bool(self.driver.execute_script(script))

    def _number(self, script: str) -> int:
        return int(self.driver.execute_script(script))

    def _wait(self, until: object, otherwise: str) -> None:
        assert callable(until)
        WebDriverWait(self.driver, _PATIENCE).until(lambda _: until(), otherwise)

    def _shown(self, path: str) -> list[WebElement]:
        return [it for it in self.driver.find_elements(By.XPATH, path) if it.is_displayed()]

    def _scroll(self, element: WebElement) -> None:
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)

    def _click(self, element: WebElement) -> None:
        click(self.driver, element)


@contextmanager
def visitor(*, dark: bool = False) -> Iterator[Visitor]:
    """Open a browser, and close it in the end."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=1200,900")
    if dark:
        options.add_argument("--blink-settings=preferredColorScheme=0")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        yield Visitor(driver)
    finally:
        driver.quit()
