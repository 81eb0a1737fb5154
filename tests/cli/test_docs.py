"""docs/commands.md says of every command what the command says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from intone.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def commands(command: Any = None, path: str = "intone") -> Iterator[tuple[str, Any]]:
    """Yield every command that can be typed, with its words."""
    command = command or typer.main.get_command(app)
    inner = getattr(command, "commands", None)  # only a group has some
    if inner is None:
        yield path, command
        return
    for name, below in inner.items():
        yield from commands(below, f"{path} {name}")


def rows(command: Any) -> list[str]:
    """Return a command's rows of its table: arguments first, then options."""
    found = []
    for parameter in sorted(command.params, key=lambda p: p.opts[0].startswith("-")):
        if parameter.opts[0].startswith("-"):
            name = " ".join(filter(None, (parameter.opts[0], parameter.metavar)))
        else:
            name = parameter.metavar
        found.append(f"| `{name}` | {parameter.help} |")
    return found


def section(path: str) -> str:
    """Return what the page says of a command, up to the next one."""
    text = PAGE.read_text()
    start = text.index(f"\n## {path}\n")
    end = text.find("\n## ", start + 1)
    return text[start : end if end > 0 else len(text)]


@pytest.mark.parametrize(("path", "command"), list(commands()))
def test_every_command_is_described_as_it_is(path: str, command: Any) -> None:
    said = section(path)
    table = [line for line in said.splitlines() if line.startswith("| `")]
    assert table == rows(command)
    first = " ".join(command.help.split("\n\n")[0].split())
    assert first in " ".join(said.split())


def test_no_command_is_described_that_is_not_there() -> None:
    there = {path for path, _ in commands()}
    assert set(re.findall(r"^## (intone .*)$", PAGE.read_text(), re.MULTILINE)) == there
