"""Feedback runs with a writer: what it proposes, and what it reads."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from intone.runs.feedback_ask import Ask
from intone.runs.orders import Order, execute, plan
from intone.runs.spec import ModelSpec
from tests.runs.complaints import ask, backend, complaint, obedient, order, past


def done(made: Order) -> dict[str, Any]:
    return asyncio.run(execute(made))


def states(result: dict[str, Any]) -> list[str]:
    return [wish["state"] for wish in result["wishes"]]


def test_a_writers_proposal_is_tried_last(tmp_path: Path) -> None:
    (tmp_path / "writer.toml").write_text(
        "answer = '''\nPROBLEM: the answers are long\nCHANGE: add rule\n"
        "TEXT: Finish after the first clause.\n'''\nlog = \"writer.log\"\n"
    )

    def stubborn(text: str, topic: str) -> str:
        return f"{topic} is {'a thing that ' * (2 if 'first clause' in text else 20)}"

    made = order(tmp_path, ask(), backend(stubborn))
    spec = made.spec.model_copy(update={"writer": ModelSpec(name="fake:writer.toml")})
    result = done(replace(made, spec=spec))
    assert states(result) == ["granted"]
    tries = result["wishes"][0]["tries"]
    assert [tried["word"] for tried in tries] == ["not cured"] * 3 + ["cured"]
    assert {tried["check"]["level"] for tried in tries} == {0.05 / 4}
    assert result["proposal"]["clarifiers"] == ["Finish after the first clause."]


def test_a_writer_reads_what_the_rules_leave_unclear(tmp_path: Path) -> None:
    reply = '{"wishes": [{"words": "", "kind": "shorter", "of": ""}]}'
    (tmp_path / "writer.toml").write_text(f"answer = '{reply}'\n")
    unclear = Ask(((replace(complaint(1), comment="hm, well"), ()),), past=past(12))
    made = order(tmp_path, unclear, backend(obedient))
    planned, result = plan(made), done(made)
    assert (planned["reading"], planned["calls"], result["wishes"]) == (0, 0, [])
    assert [it["complaint"] for it in result["unclear"]] == [1]
    spec = made.spec.model_copy(update={"writer": ModelSpec(name="fake:writer.toml")})
    written = replace(made, spec=spec)
    assert plan(written)["reading"] == 1
    result = done(written)
    assert states(result) == ["granted"] and result["unclear"] == []
    assert "the writer, not the rules, reads complaint 1 as" in result["notices"][-1]
    for calls in (20, 30):
        spec = order(tmp_path, unclear, backend(obedient), budget__calls=calls).spec
        spec = spec.model_copy(update={"writer": ModelSpec(name="fake:writer.toml")})
        limited = replace(written, spec=spec)
        assert plan(limited)["calls"] <= calls
        assert done(limited)["spent"]["calls"] <= calls
