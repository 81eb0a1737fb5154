"""The command line as a function, in a folder with a project."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from intone.cli.main import main
from tests.cli.project import Command, Said, write_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def intone(capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    hook = sys.excepthook

    def call(*arguments: object) -> Said:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    yield call
    sys.excepthook = hook
