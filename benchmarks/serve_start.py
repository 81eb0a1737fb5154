"""How long one waits for the web UI: seconds until the server answers, and until its pages do.

    python benchmarks/serve_start.py [STARTS]

Starts `intone serve` so many times, in a project of one prompt. To the last one a headless Chromium
goes, if there is one, and opens each page; the browser says when a page was interactive and when it
had loaded, counted from the click. A page counts as usable when what it shows is there as well:
its socket is connected and nothing on it is still being read.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait
from serve_load import start

PAGES = ("/", "/playground", "/runs", "/feedback", "/data")
_TIMES = """
const told = performance.getEntriesByType("navigation")[0];
return [told.domInteractive / 1000, told.loadEventEnd / 1000, performance.now() / 1000];
"""
_USABLE = """
return document.readyState === "complete" && window.socket?.connected === true
    && !/Reading .* …/.test(document.body.innerText);
"""


def main() -> None:
    """Measure and print. Takes the number of starts as an argument."""
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    waited = []
    for number in range(starts):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            process, url, token = start(Path(folder))
            waited.append(time.perf_counter() - began)
            try:
                if number == starts - 1:
                    _visit(url, token)
            finally:
                process.terminate()
                process.wait()
    print(f"the server answers after {statistics.median(waited):.2f} s, median of {starts}", end="")
    print(f" (from {min(waited):.2f} to {max(waited):.2f}; aim: under 3)")


def _visit(url: str, token: str) -> None:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        print("there is no Chromium here: no page was opened")
        return
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    try:
        browser.get(f"{url}/login?token={token}")
        for page in PAGES:
            browser.get(url + page)
            waiting = WebDriverWait(browser, 60, poll_frequency=0.02)
            waiting.until(lambda it: it.execute_script(_USABLE))
            interactive, loaded, usable = browser.execute_script(_TIMES)
            print(
                f"{page:<12} interactive after {interactive:.2f} s (aim: under 1), loaded after "
                f"{loaded:.2f}, usable after {usable:.2f}"
            )
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
