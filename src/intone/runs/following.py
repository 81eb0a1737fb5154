"""How a run is going, or how it went: read from the database, whichever process does it.

Owns what is told of a run while it lasts, in values and in words; what it keeps of its progress is
`telling`'s, the chart `report`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intone.data.canonical import content_id
from intone.report import numbers
from intone.report.charts import search
from intone.report.figure import Figure, svg
from intone.report.listed import came_to
from intone.report.plans import plan_lines
from intone.report.verdicts import cut_short, remarks, shipping, verdict_line
from intone.report.words import one_line, phrased
from intone.runs.telling import PROGRESS
from intone.store.database import Database
from intone.store.runs import RunRecord, Runs, State

_STATES = {
    "running": "under way",
    "done": "done",
    "stopped": "ended with its budget",
    "failed": "failed",
    "interrupted": "interrupted",
}
_STAGES = {
    "search": "Search: prompts are compared on tuning rows",
    "cross-validation": "Cross-validation: the search is repeated, each time without some rows",
    "verdict": "Verdict: the sealed rows are answered",
    "run": "The rows are answered",
    "compare": "Every prompt answers the rows",
}
_MOST_NAMED = 3  # edits named at a time
_LONGEST = 240  # characters of an edit's sentence


@dataclass(frozen=True, slots=True)
class Leader:
    """A candidate's line of the leaderboard. Scores are 0..1; `fate` is in words, "" for none."""

    sentence: str
    score: float | None
    low: float | None
    high: float | None
    rows: int
    fate: str


@dataclass(frozen=True, slots=True)
class Burnt:
    """How much of a limit is spent: in words, and as a share of it (0..1)."""

    words: str
    share: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture as SVG in itself complete, and what it shows in words."""

    picture: str
    about: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How a run is going. `state` is as it is recorded, `said` the same in words.

    `trying` names the edits that are tried now. `calls` are those spent, `spent` all in words.
    `result` are the sentences of what it came to, `trouble` what ended it badly.
    """

    run: int
    kind: str
    name: str
    started: str
    state: State
    said: str
    paused: bool
    process: int
    stage: str
    trying: str
    calls: int
    spent: str
    budget: tuple[Burnt, ...]
    leaders: tuple[Leader, ...]
    chart: Chart | None
    plan: tuple[str, ...]
    result: tuple[str, ...]
    trouble: str

    @property
    def resumable(self) -> bool:
        """Whether it can be taken up."""
        return self.state in ("interrupted", "failed")


def follow(database: Database, record: RunRecord, *, paused: bool | None = None) -> Progress:
    """Return how a run is going, or went, that was just read.

    `paused` says whether it is; None: what the run itself told last.
    """
    runs = Runs(database)
    event = runs.told(record.number, PROGRESS)
    told: Mapping[str, Any] = event.facts if event else {}
    running = record.state == "running"
    if paused is None:
        paused = running and bool(told.get("paused"))
    leaders = told.get("leaders", ())
    result = record.summary or {}
    spent = _spent(result, told)
    winner = str((result.get("winner") or {}).get("prompt_id", ""))
    return Progress(
        run=record.number,
        kind=record.kind,
        name=", ".join(map(str, record.spec.get("names", ()))),
        started=record.started,
        state=record.state,
        said=state_words(record, paused=paused),
        paused=paused,
        process=record.pid,
        stage=_stage(told) if running else "",
        trying=_trying(told) if running else "",
        calls=int(spent["calls"]) if spent else 0,
        spent=numbers.spent(spent) if spent else "",
        budget=tuple(_burnt(told.get("budget") or {}, spent)),
        leaders=tuple(_leader(it, running, winner) for it in leaders),
        chart=_chart(record, told),
        plan=_plan(result.get("plan") or told.get("plan")),
        result=_result(record),
        trouble="" if result and record.state == "done" else _trouble(runs, record),
    )


def state_words(record: RunRecord, *, paused: bool) -> str:
    """Return a run's state in words."""
    return "paused" if paused else _STATES[record.state]


def in_short(record: RunRecord) -> str:
    """Return what a run came to, in a few words; nothing for one without a result."""
    return came_to(record) if record.summary is not None else ""


def _spent(result: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    if result.get("spent"):
        return dict(result["spent"])
    return {**told["spent"], "seconds": told["seconds"]} if told else {}


def _stage(told: Mapping[str, Any]) -> str:
    stage = told.get("stage") or {}
    name, calls = stage.get("name", ""), stage.get("calls")
    if not name:
        return "Getting ready"
    done = told["spent"]["calls"] - stage["before"]
    words = _STAGES.get(name, f"{name[:1].upper()}{name[1:]}")
    heat = f" · heat {told['heats'] + 1}" if name == "search" else ""
    if not calls:
        return f"{words} · {numbers.counted(done, 'call')}{heat}"
    return f"{words} · {numbers.count(done)} of about {numbers.counted(calls, 'call')}{heat}"


def _trying(told: Mapping[str, Any]) -> str:
    """Return the edits that are tried now: how many there are, and the first of them in words."""
    count = told.get("trying", 0)
    if not count:
        return ""
    those = [it for it in told["leaders"] if it["trying"] and not it["given"]]
    # What has met the fewest rows is what is being answered at this moment.
    those.sort(key=lambda it: int(it["rows"]))
    named = [one_line(str(it["sentence"]), _LONGEST) for it in those[:_MOST_NAMED]]
    if not named:
        return "the prompt as given"
    more = count - len(named)
    return "; ".join(named) + (f"; and {numbers.count(more)} more" if more > 0 else "")


def _burnt(budget: Mapping[str, Any], spent: Mapping[str, Any]) -> list[Burnt]:
    if not spent:
        return []
    tokens = spent["prompt_tokens"] + spent["completion_tokens"] + spent.get("broken_tokens", 0)
    found = []
    for name, used, said in (
        ("calls", spent["calls"], lambda it: numbers.counted(it, "call")),
        ("tokens", tokens, numbers.tokens),
        ("usd", spent["usd"], numbers.money),
    ):
        limit = budget.get(name)
        if limit:
            found.append(Burnt(f"{said(used)} of {said(limit)}", min(1.0, used / limit)))
    return found


def _leader(told: Mapping[str, Any], running: bool, winner: str) -> Leader:
    fates = ["your prompt"] if told["given"] else []
    if told["prompt_id"] == winner:
        fates.append("the winner")
    elif running and told["trying"]:
        fates.append("tried now")
    elif told["dropped"]:
        fates.append("dropped")
    return Leader(
        sentence=one_line(str(told["sentence"]), _LONGEST),
        score=told["score"],
        low=told["low"],
        high=told["high"],
        rows=told["rows"],
        fate=", ".join(fates),
    )


def _chart(record: RunRecord, told: Mapping[str, Any]) -> Chart | None:
    """Return the search's score against its calls, the heat that is under way included."""
    if record.kind != "tune":
        return None
    result = record.summary or {}
    heats: Sequence[Mapping[str, Any]] = record.candidates or result.get("heats", ())
    trying = [it | {"dropped_at": None} for it in told.get("leaders", ()) if it["trying"]]
    if record.summary is None and trying:
        heats = [*heats, {"calls": told["heat_calls"], "candidates": trying}]
    given = content_id(record.spec["prompts"][0])
    winner = (result.get("winner") or {}).get("prompt_id", given)
    figure = search(heats, winner, given)
    return None if figure is None else _drawn(figure)


def _drawn(figure: Figure) -> Chart:
    return Chart(svg(figure, alone=True), f"{figure.title}: {figure.about}")


def _plan(plan: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(str(part) for part in plan_lines(plan)) if plan and "sealed_used" in plan else ()


def _result(record: RunRecord) -> tuple[str, ...]:
    result = record.summary
    if result is None:
        return ()
    if record.kind != "tune":
        return (in_short(record),)
    verdict, edits = result["verdict"], result["winner"]["edits"]
    said = []
    if verdict is not None and edits:
        lines = [verdict_line(verdict), *remarks(verdict), *cut_short(result)]
        said += [line.plain.strip() for line in lines]
    said += [sentence] if (sentence := shipping(result)) else []
    if result["shipped"] and result["version"]:
        said.append(f"the tuned prompt is kept as {result['version']}")
    if edits:
        said.append(f"what was changed: {phrased(edits)}")
    return tuple(f"{it[:1].upper()}{it[1:]}" for it in said)


def _trouble(runs: Runs, record: RunRecord) -> str:
    """Return in a line what ended a run without its result."""
    if record.state not in ("failed", "stopped", "interrupted"):
        return ""
    if record.state == "interrupted":
        how = "Its process has ended" if record.ended is None else "It was stopped"
        return f"{how}; what was answered is kept."
    event = runs.told(record.number, record.state)
    kind, _, message = str(event.facts.get("error", "")).partition(": ") if event else ("", "", "")
    return message or kind
