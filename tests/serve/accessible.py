"""axe-core run on the page that is shown: what people who cannot see or point would stumble over.

The script comes with the package `axe-playwright-python`, of which nothing else is used.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any

from selenium import webdriver

from tests.serve.browsing import settled

_GRAVE = ("serious", "critical")
_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
    found => done(found.violations), error => done([{impact: "critical", id: String(error)}]));
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


def assert_accessible(browser: webdriver.Chrome) -> None:
    """Fail with all of axe-core's serious and critical findings, if there are any."""
    found = grave_findings(browser)
    assert not found, "\n".join(found)
