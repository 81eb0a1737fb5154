from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.projects import Served, served, write_prompts


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_prompts(tmp_path)
    return tmp_path


@pytest.fixture
def api(project: Path) -> Iterator[Served]:
    with served(project) as it:
        yield it
