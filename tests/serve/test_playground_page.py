"""The Playground page in a real browser: variants are written, tried on rows, and one is saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from intone.prompt.prompt import Prompt
from intone.runs.project import Project
from intone.store.registry import Registry
from tests.runs.projects import project as write_project
from tests.serve.browsing import CHROMIUM, DRIVER
from tests.serve.clicking import PHONE, visitor
from tests.serve.process import listening

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no Chromium here")

SPEC = """
prompt = "Which team?\\n\\n{{ body }}"
[task]
data = "rows.jsonl"
target = "team"
[model]
price = {input = 1.0, output = 2.0}
"""


def test_two_variants_are_tried_on_twenty_rows_and_one_is_saved(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "intone.toml").write_text(SPEC)
    with Project(tmp_path).open() as database:
        registry = Registry(database)
        registry.save("triage", Prompt("Which <b>team</b>?\n\n{{ body }}").canonical())
        registry.label("triage", "live")
    with listening(tmp_path, "--model", "fake:fake.toml") as server, visitor() as it:
        it.log_in(server.url, server.token, "/playground")
        it.see("84 rows can be tried; 36 sealed rows are not offered.")
        it.see("Asks for at most 1 call to fake:fake.toml.")
        assert it.field("body").get_attribute("value")
        it.press("Add a variant")
        it.see("Asks for at most 2 calls")
        it.choose("Start from", "triage@1 (live)", which=1)
        it.see("<b>")
        it.write("Role", "You choose exactly one of the teams.", which=1)
        it.see("You choose exactly one of the teams.")
        it.unfold("Clarifiers from the library", which=1)
        it.tick("single choice: Prefer a single answer.")
        it.see("Clarifiers from the library (1 on)")
        it.choose("single choice: strength", "Choose one answer, even")
        it.see("Choose one answer, even if several seem to fit.")
        it.picture(str(tmp_path / "playground.png"))
        it.tick("20 rows")
        it.see("Asks for at most 40 calls")
        it.press("Run")
        it.see("40 calls; at the known prices 0.001 USD in all.")
        it.see("20 rows say little about which prompt is better")
        assert it.text.count("\nright\n") >= 20 and "right answer" in it.text
        assert it.driver.find_elements(By.CSS_SELECTOR, "td ins")
        it.picture(str(tmp_path / "tried.png"))
        it.press("Run")
        it.see("40 calls, 40 of them answered from the ledger")
        it.press("Save", which=1)
        it.write("Name", "triage")
        it.write("Label to move to it, if any", "live")
        it.press("Save")
        it.see("Move triage@live to version 2?")
        it.see("triage@2 has no verdict")
        it.picture(str(tmp_path / "saved.png"))
        with Project(tmp_path).open() as database:
            kept = Registry(database).get("triage", "2")
            assert Registry(database).labels("triage") == {"live": 1}  # asked only
        assert kept.program["role"] == "You choose exactly one of the teams."
        assert kept.program["clarifiers"] == ["Choose one answer, even if several seem to fit."]
        assert kept.parent == "triage@1"
        it.press("Move the label")
        it.see("It is at version 2 now.")
        it.driver.set_window_size(*PHONE)
        assert not it.too_wide()
        it.picture(str(tmp_path / "playground-phone.png"))
        assert it.complaints() == []


def test_without_a_spec_inputs_are_written_by_hand(project: Path, tmp_path: Path) -> None:
    with listening(project) as server, visitor(dark=True) as it:
        it.log_in(server.url, server.token, "/playground")
        it.see("There are no rows")
        it.choose("Start from", "triage@1 (live)")
        it.write("body", "my <i>parcel</i> is late")
        it.press("Run")
        it.see("1 call. One row says little")
        it.see("my <i>parcel</i> is late")
        it.write("Template", "{{ body")
        it.press("Run")
        it.see("end of")
        assert it.field("body").get_attribute("value") == "my <i>parcel</i> is late"
        it.picture(str(tmp_path / "by-hand.png"))


def test_a_model_that_cannot_be_reached_is_one_line(project: Path, tmp_path: Path) -> None:
    away = ("--model", "http://127.0.0.1:9/v1#none")
    with listening(project, *away) as server, visitor() as it:
        it.log_in(server.url, server.token, "/playground")
        it.press("Run")
        assert "127.0.0.1:9" in it.alert()
        it.picture(str(tmp_path / "away.png"))
