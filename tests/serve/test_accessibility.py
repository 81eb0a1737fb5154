"""Every page looked at by axe-core, in light and dark, on a wide screen and on a phone's.

A page of the frame is among them by itself; another one is a line in `OTHERS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from intone.prompt.prompt import Prompt
from intone.runs.project import Project
from intone.serve.pages.frame import PAGES
from intone.store.registry import Registry
from tests.runs.inbox import keep
from tests.serve.accessible import grave_findings
from tests.serve.browsing import (
    complaints,
    fits,
    focused_name,
    keys,
    log_in,
    look,
    needs_browser,
    opened_browser,
    picture,
    see,
    settled,
    there,
)
from tests.serve.process import Process, listening
from tests.serve.projects import write_prompts

pytestmark = needs_browser

OTHERS = ["/login", "/api/v1/docs"]
VERDICT = {"word": "better", "difference": 0.1, "low": 0.02, "high": 0.18, "n": 80}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("accessible")
    write_prompts(folder)
    with Project(folder).open() as database:
        registry = Registry(database)
        again = Prompt("Which single team?\n\n{{ body }}").canonical()
        registry.save("triage", again, parent="triage@2", verdict=VERDICT)
        registry.label("triage", "live", 3)
    keep(folder, "far too long", "too short", "Always say “thanks”.", "Xyzzy plugh", inputs=2)
    with listening(folder) as it:
        yield it


@pytest.fixture(scope="module")
def reader(server: Process) -> Iterator[webdriver.Chrome]:
    with opened_browser() as it:
        log_in(it, server.url, server.token)
        yield it


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_a_page_has_no_grave_findings(
    server: Process,
    reader: webdriver.Chrome,
    tmp_path: Path,
    path: str,
    dark: bool,
    phone: bool,
) -> None:
    look(reader, dark=dark, phone=phone)
    reader.get(server.url + path)
    settled(reader)
    assert complaints(reader, "Content Security Policy") == []
    found = grave_findings(reader)
    picture(reader, tmp_path / "page.png")
    assert not found, "\n".join(found)
    fits(reader)


def test_axe_finds_what_is_there(server: Process, reader: webdriver.Chrome) -> None:
    reader.get(server.url + "/login")
    reader.execute_script("document.querySelector('label').remove()")
    assert any("label" in line for line in grave_findings(reader))


def test_a_select_is_used_by_the_keyboard_alone(server: Process, reader: webdriver.Chrome) -> None:
    look(reader)
    reader.get(server.url)
    see(reader, "Versions of")
    for _ in range(20):
        keys(reader, Keys.TAB)
        if focused_name(reader) == "Prompt":
            break
    keys(reader, Keys.ENTER)
    see(reader, "pair")
    there(reader, "[role=option]", 3)
    for key in (Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER):
        keys(reader, key)
    see(reader, "Versions of triage")


def test_times_are_shown_in_the_readers_zone(server: Process, reader: webdriver.Chrome) -> None:
    zone = {"timezoneId": "Asia/Kolkata"}
    reader.execute_cdp_cmd("Emulation.setTimezoneOverride", zone)
    try:
        reader.get(server.url)
        see(reader, "Versions of")
        settled(reader)
        at = there(reader, "time")[0].get_attribute("datetime")
        script = (
            "return new Intl.DateTimeFormat('en-GB', {dateStyle: 'medium', timeStyle: 'short', "
            "timeZone: 'Asia/Kolkata'}).format(new Date(arguments[0]))"
        )
        see(reader, str(reader.execute_script(script, at)))
    finally:
        reader.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
