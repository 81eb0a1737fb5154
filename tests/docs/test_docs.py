"""What the docs say against what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest

import intone
from intone.metrics.grading import GRADERS
from intone.metrics.metric import METRICS
from intone.prompt.edits import EDITS
from intone.prompt.forms import read_program
from intone.prompt.library.reading import read_clarifiers, read_output_formats, read_templates
from intone.prompt.perturbations import KINDS
from intone.runs.methods import METHODS, TUNERS
from intone.runs.spec import BudgetSpec, ModelSpec, Spec, StressSpec, TaskSpec, TuneSpec
from intone.writer.changes import CHANGES, Reason
from tests.docs import library_page, wishes_table

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


LIBRARY: dict[str, Callable[[str, str], Sequence[object]]] = {
    "template": read_templates,
    "clarifier": read_clarifiers,
    "output_format": read_output_formats,
}


def _are_tables(form: dict[str, Any], name: str) -> bool:
    return isinstance(form.get(name), list)


def blocks(page: Path, language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(page.read_text()) if name == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_toml_blocks_can_be_read(page: Path) -> None:
    for block in blocks(page, "toml"):
        form = tomllib.loads(block)
        own = next((reader for table, reader in LIBRARY.items() if _are_tables(form, table)), None)
        if own:
            assert own(block, page.name)
        elif {"template", "members", "steps"} & set(form):
            read_program(form)
        elif {"task", "model", "budget", "tune"} & set(form):
            Spec.model_validate(form)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_run(page: Path, tmp_path: Path) -> None:
    rows = ["subject,body,team"]
    rows += [f"s{i},number {i},{('billing', 'sales')[i % 2]}" for i in range(60)]
    (tmp_path / "tickets.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "prompts").mkdir()
    for block in blocks(page, "python"):
        code = block.replace('model="local"', 'model="fake:first"')
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_readme_has_exactly_two_commands_to_begin_with() -> None:
    text = (ROOT / "README.md").read_text()
    first = text.split("\n## ")[0]
    assert re.findall(r"^make \w+", first, re.MULTILINE) == ["make demo", "make test"]


def test_every_setting_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "spec.md").read_text()
    for section in (TaskSpec, ModelSpec, BudgetSpec, TuneSpec, StressSpec):
        for name in section.model_fields:
            assert re.search(rf"\b{name}\b", text), f"docs/spec.md does not name {name}"
    for name in (*GRADERS, *METRICS, *METHODS):
        assert name in text, f"docs/spec.md does not name {name}"


def test_every_method_has_its_row_and_is_an_option() -> None:
    rows = (ROOT / "docs" / "methods.md").read_text().splitlines()
    assert [row.split("|")[1].strip(" `") for row in rows if row.startswith("| `")] == [*METHODS]
    assert f"How to search: {', '.join(METHODS)}." in (ROOT / "docs" / "commands.md").read_text()


def test_every_kind_of_harmless_change_is_in_the_docs() -> None:
    rows = (ROOT / "docs" / "stress.md").read_text().splitlines()
    assert [row.split("|")[1].strip(" `") for row in rows if row.startswith("| `")] == [*KINDS]
    assert f"(default: all): {', '.join(KINDS)}." in (ROOT / "docs" / "commands.md").read_text()


def test_every_published_method_states_its_source_and_what_differs() -> None:
    for name, method in TUNERS.items():
        module = method.__module__
        said = sys.modules[module].__doc__ or ""
        assert f"`{name}`" in said, module
        if name not in ("auto", "grid"):  # the house's, a textbook's
            assert "Source: " in said and "What differs: " in said, module


def test_every_kind_of_edit_is_in_the_docs() -> None:
    rows = (ROOT / "docs" / "edits.md").read_text().splitlines()
    table = {row.split("|")[1].strip(" `"): row for row in rows if row.startswith("| `")}
    for kind in EDITS.values():
        for section, name in kind.NAMES.items():
            assert f"`{name}`" in table[section], f"docs/edits.md does not name {name}"


def test_what_a_writer_may_do_and_what_is_refused_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "writer.md").read_text()
    rows = {row.split("|")[1].strip(" `") for row in text.splitlines() if row.startswith("| `")}
    assert rows == {*CHANGES, *get_args(Reason)}


def test_the_library_is_listed_as_it_is() -> None:
    made = library_page.page()
    assert library_page.PAGE.read_text() == made, "run: python -m tests.docs.library_page"


def test_the_kinds_of_wishes_are_listed_as_they_are() -> None:
    page = wishes_table.PAGE.read_text()
    assert wishes_table.table() in page, "run: python -m tests.docs.wishes_table"
    assert wishes_table.written(page) == page


def test_every_room_is_on_the_map() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rooms = [p.name for p in (ROOT / "src" / "intone").iterdir() if (p / "__init__.py").exists()]
    for room in rooms:
        assert f"`{room}`" in text, f"docs/architecture.md does not name {room}"


def test_the_public_names_are_documented_and_load() -> None:
    for name in intone.__all__:
        assert getattr(intone, name).__doc__, name
    assert intone.tune.__module__ == "intone.runs.python"
    assert intone.stress.__module__ == "intone.runs.python_stress"


def test_the_functions_stay_once_their_rooms_are_loaded() -> None:
    code = "import intone.tune.race, intone; assert callable(intone.tune); intone.Prompt"
    code += "; import intone.stress.report; assert callable(intone.stress)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_optuna_is_loaded_by_nobody_who_does_not_search_with_it() -> None:
    code = "import sys, intone.runs.orders; assert 'optuna' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_intone_loads_nothing_heavy() -> None:
    code = (
        "import sys, intone\n"
        "heavy = {'pydantic', 'numpy', 'scipy', 'sqlalchemy', 'aiohttp', 'jinja2', 'rich'}\n"
        "heavy.add('optuna')\n"
        "loaded = heavy & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
