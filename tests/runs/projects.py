"""Small projects on the fake backend, for tests of whole runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from intone.runs.orders import Order
from intone.runs.spec import read_spec

LABELS = ("billing", "shipping", "sales")


def rows(count: int) -> list[dict[str, str]]:
    """Return rows whose right answer the fake knows."""
    return [
        {"body": f"ticket number {i:04} here", "team": LABELS[i * 7 % 11 % 3]} for i in range(count)
    ]


def project(
    folder: Path, count: int = 120, *, quality: float = 0.5, gain: float = 0.35, extra: str = ""
) -> None:
    """Write rows and a fake that answers better when told "exactly one of"."""
    data = rows(count)
    lines = [json.dumps(row) for row in data]
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n")
    rules = [f'[[rules]]\nwhen = "{row["body"][7:]}"\nanswer = "{row["team"]}"' for row in data]
    (folder / "fake.toml").write_text(
        f"quality = {quality}\nrow = '(number .... here)\\Z'\n{extra}\n"
        + "\n".join(rules)
        + f'\n[[improves]]\nwhen = "exactly one of"\nby = {gain}\n'
    )


def order(folder: Path, kind: Any = "tune", **changes: Any) -> Order:
    """Return an order on such a project; settings as `budget__calls=100`."""
    settings = {name.replace("__", "."): value for name, value in changes.items()}
    base = {
        "task.data": "rows.jsonl",
        "task.target": "team",
        "model.name": "fake:fake.toml",
        "budget.calls": 400,
    }
    spec = read_spec(None, base | settings, folder, alone=True)
    return Order(kind, spec, ("Which team?\n\n{{ body }}",))
