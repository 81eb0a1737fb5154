"""Few rows: how calls are shared among the folds' searches, and that equal rows count once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.errors import DataError
from intone.runs.crossfit import Shares
from intone.runs.orders import execute
from tests.runs.projects import order, project


def tuned(folder: Path, calls: int) -> dict[str, Any]:
    return asyncio.run(execute(order(folder, budget__calls=calls)))


@given(st.integers(1, 2000), st.integers(2, 4), st.lists(st.floats(0, 1), min_size=5, max_size=5))
def test_no_search_may_pay_more_than_is_left(left: int, folds: int, parts: list[float]) -> None:
    shares = Shares()
    for later in range(folds, -1, -1):
        most, spared = shares.next(left, later)
        assert most is not None and spared >= 0
        assert most <= max(1, left)
        size = most + spared
        paid = min(most, round(size * parts[later])) if shares.sizes else most
        shares.made(paid, size - paid)
        left = max(0, left - paid)


def test_searches_that_repeat_half_of_one_another_are_equally_large() -> None:
    shares, left = Shares(), 600
    for later in (4, 3, 2, 1, 0):
        most, spared = shares.next(left, later)
        assert most is not None
        size = most + spared
        paid = size // 2 if shares.sizes else size
        shares.made(paid, size - paid)
        left -= paid
    assert shares.sizes == [200, 200, 200, 200, 200] and left == 0


def test_without_a_limit_of_calls_nothing_is_shared_out() -> None:
    assert Shares().next(None, 4) == (None, 0)


@pytest.mark.parametrize(("count", "calls", "least"), [(10, 30, 5), (30, 600, 150)])
def test_a_folds_search_is_no_fraction_of_the_last_one(
    tmp_path: Path, count: int, calls: int, least: int
) -> None:
    project(tmp_path, count)
    result = tuned(tmp_path, calls)
    assert min(result["searches"]) >= least
    assert 0.6 * calls < result["spent"]["calls"] <= calls


def test_rows_that_repeat_others_are_judged_once(tmp_path: Path) -> None:
    project(tmp_path, 12)
    path = tmp_path / "rows.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines * 3) + "\n")
    result = tuned(tmp_path, 200)
    assert result["plan"]["tuning"] == 12
    assert result["verdict"]["n"] + result["verdict"]["missing"] <= 12
    assert any(note.startswith("24 rows repeat the inputs") for note in result["notices"])


def test_too_few_rows_that_differ_are_an_error(tmp_path: Path) -> None:
    project(tmp_path, 9)
    path = tmp_path / "rows.jsonl"
    path.write_text(path.read_text() * 2)
    with pytest.raises(DataError, match="has 18 rows, of which only 9 differ in their inputs"):
        tuned(tmp_path, 100)


def test_the_sizes_of_the_searches_are_kept(tmp_path: Path) -> None:
    project(tmp_path, 20)
    sizes = tuned(tmp_path, 300)["searches"]
    assert len(sizes) == 4 and all(isinstance(size, int) for size in sizes)
    project(tmp_path, 60)
    assert json.loads(json.dumps(tuned(tmp_path, 100)))["searches"] is None
