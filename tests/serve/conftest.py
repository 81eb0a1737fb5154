from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from tests.serve.browsing import opened_browser
from tests.serve.projects import Served, served, write_prompts


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_prompts(tmp_path)
    return tmp_path


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    with opened_browser() as it:
        yield it


@pytest.fixture
def api(project: Path) -> Iterator[Served]:
    with served(project) as it:
        yield it
