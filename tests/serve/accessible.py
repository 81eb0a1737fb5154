"""axe-core run on the page that is shown: what people who cannot see or point would stumble over.

The script comes with the package `axe-playwright-python`, of which nothing else is used.
"""

from __future__ import annotations

import time
from functools import lru_cache
from importlib import resources
from typing import Any

from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

from tests.serve.browsing import text_of

_GRAVE = ("serious", "critical")
_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
    found => done(found.violations), error => done([{impact: "critical", id: String(error)}]));
"""

_MOVING = """
return document.getAnimations().some(
    it => it.playState === "running" && it.effect.getComputedTiming().iterations !== Infinity);
"""


@lru_cache(maxsize=1)
def _axe() -> str:
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def grave_findings(browser: webdriver.Chrome) -> list[str]:
    """Return axe-core's serious and critical findings, a line for each place."""
    settled(browser)
    browser.execute_script(_axe())
    found: list[dict[str, Any]] = browser.execute_async_script(_RUN)
    return [
        f"{rule['impact']}: {rule['id']}: {node.get('html', '')[:200]} "
        f"({node.get('failureSummary', '')[:300]})"
        for rule in found
        if rule["impact"] in _GRAVE
        for node in rule.get("nodes", [{}])
    ]


def settled(browser: webdriver.Chrome) -> None:
    """Wait until the page has a text that stays as it is, and nothing moves any more."""
    before = ["", ""]

    def still(driver: webdriver.Chrome) -> bool:
        before.append(text_of(driver))
        time.sleep(0.2)
        moving = driver.execute_script(_MOVING)
        return not moving and bool(before[-1]) and before[-1] == before[-2] == before[-3]

    WebDriverWait(browser, 20, poll_frequency=0.1).until(still)


def is_too_wide(browser: webdriver.Chrome) -> bool:
    """Say whether the page itself has to be scrolled sideways."""
    root = "document.documentElement"
    return bool(browser.execute_script(f"return {root}.scrollWidth > {root}.clientWidth"))


def assert_accessible(browser: webdriver.Chrome) -> None:
    """Fail with all of axe-core's serious and critical findings, if there are any."""
    found = grave_findings(browser)
    assert not found, "\n".join(found)
