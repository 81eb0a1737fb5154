"""Whole runs whose writer says something useful: what it proposed, and how the search went on.

Each run is pinned in a file of `written/`. A change that is meant to change it renews them:
`python -m tests.runs.test_written`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from intone.llm.answers import Labels
from intone.llm.fake import FakeBackend, chance, fingerprint, prompt_text
from intone.llm.request import Request
from intone.llm.script import Player, read_script
from intone.runs.orders import execute
from tests.runs.projects import order, project

WRITTEN = Path(__file__).with_name("written")
CALLS = {
    "auto": 320,
    "ape": 200,
    "opro": 200,
    "evoprompt": 200,
    "evoprompt-de": 200,
    "gepa": 150,
    "capo": 200,
}
"""The methods and their calls: enough for all that each asks its writer."""
TOLD = ("auto", "gepa")
"""The methods that look at mistakes: their writer is told what did not pay in an earlier run."""
RUNS = [*((method, False) for method in CALLS), *((method, True) for method in TOLD)]

ASKED = {
    "You are shown inputs": "induced",
    "You are shown two instructions": "crossed",
    "You are shown earlier instructions": "climbed",
    "Say the given instruction": "rephrased",
    "Already tried, did not help": "critique, told",
    "You improve the instructions": "critique",
}
"""How the requests to a writer are told apart."""
_SHOWN = 100  # characters of what made a candidate
HELPFUL = "think of who has to act"
USEFUL = f"""
[[improves]]
when = "{HELPFUL}"
by = 0.3
"""


def answering(folder: Path) -> Callable[[Request], Any]:
    """Return a model that answers rows by the project's script, and a writer's requests as well.

    The writer names the kind of its request and a word that depends on all of it, so that another
    request leads to another proposal. Every third proposal helps.
    """
    player = Player(read_script(folder / "fake.toml"))

    def answer(request: Request) -> Any:
        if isinstance(request.answer, Labels):
            return player(request)
        drawn, asked = fingerprint(request), prompt_text(request)
        kind = next(name for words, name in ASKED.items() if words in asked)
        hint = HELPFUL if chance(drawn) < 1 / 3 else "look at the whole ticket"
        text = f"For each ticket {hint} ({kind} {drawn[:4]})."
        if not kind.startswith("critique"):
            return f"INSTRUCTION: Which team is it? {text}"
        change = ("add rule", "background", "rewrite")[int(3 * chance("change", drawn))]
        return f"PROBLEM: It is vague.\nCHANGE: {change}\nTEXT: {text}"

    return answer


def trajectory(folder: Path, method: str, *, told: bool) -> str:
    """Return how a run went, as text: each candidate in order and how it was made, then the end."""
    project(folder, 80, gain=0.1, extra=USEFUL)
    backend = FakeBackend(answering(folder), identity="writes")
    for more in (40, 0) if told else (0,):
        that = order(folder, tune__method=method, budget__calls=CALLS[method] + more)
        result = asyncio.run(execute(replace(that, backend=backend)))
    tried = [one for heat in result["heats"] for one in heat["candidates"]]
    lines = [_line(one, tried) for one in {one["prompt_id"]: one for one in tried}.values()]
    winner, writer = result["winner"], result["writer"]
    dropped = ", ".join(f"{why} {count}" for why, count in writer["dropped"].items())
    return "\n".join(
        [
            *lines,
            f"winner {winner['prompt_id'][:8]}, {result['spent']['calls']} calls",
            f"writer: {writer['proposed']} proposed, dropped: {dropped or 'none'}",
            "",
        ]
    )


def _line(candidate: dict[str, Any], tried: Sequence[dict[str, Any]]) -> str:
    """Return a candidate's id, its parents' places among those tried, and its last edits."""
    places = list(dict.fromkeys(one["prompt_id"] for one in tried))
    parents = "+".join(str(places.index(it)) for it in candidate["parents"] if it in places)
    made = candidate["sentence"]
    shown = made if len(made) <= _SHOWN else f"…{made[-_SHOWN:]}"
    return f"{candidate['prompt_id'][:8]} of {parents or '-'}: {shown}"


def name(method: str, told: bool) -> str:
    return f"{method}-told" if told else method


@pytest.mark.parametrize(("method", "told"), RUNS)
def test_the_trajectory_with_a_writer_is_golden(tmp_path: Path, method: str, told: bool) -> None:
    found = trajectory(tmp_path, method, told=told)
    assert found == (WRITTEN / f"{name(method, told)}.txt").read_text()


def test_every_request_to_a_writer_is_in_a_trajectory() -> None:
    pinned = "".join(path.read_text() for path in WRITTEN.glob("*.txt"))
    assert [kind for kind in ASKED.values() if f"({kind} " not in pinned] == []


def _renew() -> None:
    for method, told in RUNS:
        with TemporaryDirectory() as folder:
            found = trajectory(Path(folder), method, told=told)
        (WRITTEN / f"{name(method, told)}.txt").write_text(found)


if __name__ == "__main__":
    _renew()
