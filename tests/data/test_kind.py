"""What kind of answer the targets ask for, on synthetic versions of common tasks."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from intone.data.dataset import Dataset
from intone.data.kind import is_number, target_kind

draw = random.Random(7)

TARGETS: dict[str, tuple[str, Sequence[object]]] = {
    "two labels": ("label", ["ham", "spam"] * 20),
    "two labels, ten rows": ("label", ["yes"] * 7 + ["no"] * 3),
    "four labels, ten rows, a rare one": ("label", ["a"] * 5 + ["b"] * 3 + ["c", "d"]),
    "77 intents in 300 rows": ("label", [f"intent_{n % 77}" for n in range(300)]),
    "truth values": ("label", [True, False] * 10),
    "0 or 1": ("label", [0, 1] * 10),
    "a rating": ("label", [n % 5 + 1 for n in range(30)]),
    "0 to 10 in many rows": ("label", [n % 11 for n in range(200)]),
    "mostly different integers": ("number", [draw.randint(1, 150) for _ in range(300)]),
    "small sums in few rows": ("number", [n % 9 + 1 for n in range(30)]),
    "prices": ("number", [f"1,{n:03}.50" for n in range(40)]),
    "more than 1,000 integers": ("number", list(range(1200))),
    "postcodes": ("exact", [f"0{n}" for n in range(1000, 1040)]),
    "free text": ("exact", [f"answer {n}" for n in range(40)]),
    "more than 1,000 texts": ("exact", [f"answer {n}" for n in range(1200)]),
    "mostly yes and no, else free": (
        "exact",
        ["yes", "no"] * 30 + [f"it is {n}" for n in range(60)],
    ),
    "long texts that come back": ("exact", ["long " * 40, "longer " * 40] * 10),
    "objects": ("json", [{"city": f"Bonn {n}"} for n in range(20)]),
    "objects as text": ("json", ['{"city": "Bonn"}', '{"city": "Köln"}'] * 10),
    "braces that are no JSON": ("exact", [f"{{{n}" for n in range(20)]),
    "nothing": ("exact", [None] * 12),
}


@pytest.mark.parametrize("case", TARGETS)
def test_kinds(case: str) -> None:
    kind, targets = TARGETS[case]
    table = [{"text": f"row {n}", "target": target} for n, target in enumerate(targets)]
    assert target_kind(Dataset.from_rows(table, target="target")) == kind


def test_no_target_column() -> None:
    assert target_kind(Dataset.from_rows([{"text": "a"}])) == "exact"


@pytest.mark.parametrize("text", ["0", "-3", "+3.5", ".5", "1,234", "12,345.6", "2e10", "1E-3"])
def test_numbers(text: str) -> None:
    assert is_number(text)


@pytest.mark.parametrize(
    "text", ["", "-", ".", "e5", "007", "1,23", "12 34", "five", "$5", "1.2.3"]
)
def test_no_numbers(text: str) -> None:
    assert not is_number(text)
