"""What quality.py rests on: the server's cap and replay, whole runs with a fake, its tables."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from kept_results import read_results
from model_server import Kept, ModelServer, Run
from quality import main
from quality_methods import Bench, PeerFailed, Tried, attempt
from quality_table import difference, marks_of, over_tasks, scores_of, tables
from quality_tasks import Drawing, drawn, read

from intone.errors import DataError
from intone.evaluate.ledger import MemoryLedger
from intone.llm.backend import Backend
from intone.llm.fake import FakeBackend, last_message
from intone.llm.request import Request
from intone.llm.script import open_script
from tests.benchmarks.own_tasks import labelled


@asynccontextmanager
async def asked(backend: Backend) -> AsyncIterator[tuple[ModelServer, aiohttp.ClientSession]]:
    async with ModelServer(backend).serving() as server, aiohttp.ClientSession() as session:
        yield server, session


async def ask(
    session: aiohttp.ClientSession, server: ModelServer, run: Run, text: str, **fields: object
) -> tuple[int, Any]:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], "temperature": 0}
    async with session.post(f"{server.url(run)}/chat/completions", json=body | fields) as reply:
        return reply.status, await reply.json()


def said(reply: tuple[int, Any]) -> str:
    return str(reply[1]["choices"][0]["message"]["content"])


def test_the_cap_counts_repeated_requests_and_is_for_good() -> None:
    async def check() -> None:
        fake = FakeBackend(last_message)
        async with asked(Kept(fake, MemoryLedger())) as (server, session):
            run, other = server.open("one", 3), server.open("other")
            answers = [await ask(session, server, run, text) for text in ("a", "a", "b")]
            assert [said(answer) for answer in answers] == ["a", "a", "b"]
            for text in ("a", "c"):
                status, reply = await ask(session, server, run, text)
                assert (status, reply["error"]["code"]) == (429, "insufficient_quota")
            assert (run.calls, run.turned_away, fake.calls) == (3, 2, 2)
            assert (await ask(session, server, other, "c"))[0] == 200

    asyncio.run(check())


@pytest.mark.parametrize(
    "field",
    [
        {"response_format": {"type": "json_object"}},
        {"logprobs": True},
        {"tools": [{"type": "function"}]},
        {"n": 2},
    ],
)
def test_what_would_shape_an_answer_is_refused_by_name_and_not_counted(
    field: dict[str, object],
) -> None:
    async def check() -> None:
        async with asked(Kept(FakeBackend("x"), MemoryLedger())) as (server, session):
            run = server.open("one", 1)
            status, reply = await ask(session, server, run, "a", **field)
            assert (status, reply["error"]["param"]) == (400, next(iter(field)))
            assert (run.calls, run.refused) == (0, 1)

    asyncio.run(check())


def test_draws_differ_within_a_run_and_repeat_in_the_next() -> None:
    async def check() -> None:
        fake = FakeBackend(lambda request: f"draw {request.sample}", keep=9)
        kept = Kept(fake, MemoryLedger())
        async with asked(kept) as (server, session):
            for _ in range(2):
                run = server.open("one", 9)
                drawn = [said(await ask(session, server, run, "a", temperature=1)) for _ in "123"]
                assert drawn == ["draw 0", "draw 1", "draw 2"]
            seeded = [await ask(session, server, run, "a", temperature=1, seed=7) for _ in "12"]
            assert [said(answer) for answer in seeded] == ["draw 7", "draw 7"]
            assert (fake.calls, kept.fresh) == (4, 4)

    asyncio.run(check())


def test_a_run_that_is_opened_anew_is_answered_from_the_ledger() -> None:
    async def check() -> None:
        ledger = MemoryLedger()
        for expected in (2, 0):
            fake = FakeBackend(last_message, identity="same")
            async with asked(Kept(fake, ledger)) as (server, session):
                run = server.open("one", 2)
                assert [said(await ask(session, server, run, t)) for t in "ab"] == ["a", "b"]
                assert (run.calls, fake.calls) == (2, expected)

    asyncio.run(check())


def test_only_text_is_asked_for() -> None:
    async def check() -> None:
        seen: list[Request] = []

        def answer(request: Request) -> str:
            seen.append(request)
            return "ok"

        async with asked(Kept(FakeBackend(answer), MemoryLedger())) as (server, session):
            await ask(session, server, server.open("one"), "a", max_tokens=9999, stop="x")
        assert (seen[0].sampling.max_tokens, seen[0].sampling.stop) == (512, ("x",))

    asyncio.run(check())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with a task named as a public one, with rows of our own, and a script."""
    return labelled(tmp_path)


def quality(project: Path, *more: str) -> int:
    options = ["--model", f"fake:{project / 'script.toml'}", "--tasks", "sms_spam"]
    options += ["--methods", "plain,plain-text,rephrasing,auto,auto-text", "--seeds", "0"]
    options += ["--calls", "40", "--rows", "20", "--test-rows", "30"]
    for name in ("data", "work", "out"):
        options += [f"--{name}", str(project / name)]
    return main([*options, *more])


def test_a_benchmark_runs_to_its_end_and_is_not_made_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quality(project) == 0
    (out,) = (project / "out").iterdir()
    first = out.read_text()
    records = {record["method"]: record for record in read_results(out)}
    assert list(records) == ["plain", "plain-text", "rephrasing", "auto", "auto-text"]
    assert "day" not in first  # no text of the task
    for method, record in records.items():
        assert len(record["rows"]) == len(record["parsed"]) == record["n"] == 30
        assert record["score"] == pytest.approx(record["rows"].count("1") / 30, abs=1e-5)
        assert record["calls"] <= 40
        assert (record["calls"] == 0) == method.startswith("plain")
    assert records["plain"]["score"] < records["auto"]["score"]
    capsys.readouterr()
    assert quality(project) == 0
    assert out.read_text() == first
    printed = capsys.readouterr().out
    assert "answers were new" not in printed
    assert "| auto |" in printed
    assert quality(project, "--table") == 0
    assert capsys.readouterr().out.strip() == printed.strip()
    assert quality(project, "--table", "--methods", "plain,auto") == 0
    named = capsys.readouterr().out
    assert "| auto |" in named and "rephrasing" not in named
    assert quality(project, "--table", "--seeds", "1") == 0
    assert capsys.readouterr().out.startswith("no such results")
    assert quality(project, "--table", "--calls", "80", "--auto-calls", "40") == 0
    fewer = capsys.readouterr().out
    assert "80 calls (auto: 40)" in fewer
    assert "| auto |" in fewer and "| auto-text |" in fewer and "| plain |" not in fewer


def test_a_benchmark_that_was_ended_asks_nothing_twice(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quality(project) == 0
    (out,) = (project / "out").iterdir()
    first = read_results(out)
    out.unlink()
    capsys.readouterr()
    assert quality(project) == 0
    assert capsys.readouterr().out.count("(0 answers were new)") == 5
    timed = ("seconds", "model_seconds")
    for before, after in zip(first, read_results(out), strict=True):
        assert {k: v for k, v in before.items() if k not in timed} == {
            k: v for k, v in after.items() if k not in timed
        }


def test_peers_are_not_shown_the_targets_of_the_test_rows(project: Path) -> None:
    task = drawn("sms_spam", 0, Drawing(project / "data", project / "work", 20, 30))
    assert [set(row) for row in read(task.questions)] == [{"input"}] * 30
    assert [row["input"] for row in read(task.questions)] == [r["input"] for r in read(task.test)]
    assert task.labels == ("bad", "good")
    assert task.instruction == "Is this text message spam or ham?"


def test_rows_that_others_were_tested_on_can_be_left_out(project: Path) -> None:
    def tested(start: int, rows: int) -> list[dict[str, str]]:
        how = Drawing(project / "data", project / "work", 20, rows, start)
        return read(drawn("sms_spam", 0, how).test)

    assert tested(0, 30) == tested(0, 10) + tested(10, 20)
    with pytest.raises(DataError, match="none after the first 10000"):
        tested(10_000, 20)


PEER = """
import json, sys, urllib.error, urllib.request
sys.path.insert(0, {peers!r})
from peer import QUOTA, Outcome, errand, report

def ask(url, text):
    body = {{"messages": [{{"role": "user", "content": text}}], "temperature": 0}}
    asked = urllib.request.Request(f"{{url}}/chat/completions", json.dumps(body).encode())
    return json.load(urllib.request.urlopen(asked))["choices"][0]["message"]["content"]

what = errand()
assert (what.labels, what.seed, len(what.rows)) == (("bad", "good"), 3, 20)
answered = 0
try:
    while True:
        ask(what.tune_url, what.rows[answered % 20][0])
        answered += 1
except urllib.error.HTTPError as error:
    assert QUOTA in error.read().decode()
assert answered == what.cap
answers = [ask(what.test_url, f"{{text}}: bad, good?") for text in what.test]
report(what, Outcome([None, *answers[1:]], 0.9, "best so far", 4, "a prompt", "stand-in 1"))
"""


def test_a_peer_gets_its_calls_and_no_more_and_its_answers_are_graded(project: Path) -> None:
    peers = Path(__file__).resolve().parents[2] / "benchmarks" / "peers"
    (project / "dspy_gepa.py").write_text(PEER.format(peers=str(peers)))
    task = drawn("sms_spam", 3, Drawing(project / "data", project / "work", 20, 30))
    kept = Kept(open_script(project / "script.toml"), MemoryLedger())

    async def check() -> Tried:
        async with ModelServer(kept).serving() as server:
            bench = Bench(kept, server, project / "work", 25, 256, sys.executable, project)
            return await attempt(bench, task, "dspy-gepa", 3)

    tried = asyncio.run(check())
    assert (tried.calls, tried.belief, tried.taken) == (25, 0.9, "best so far")
    assert tried.told == {"library": "stand-in 1", "tried": 4, "turned_away": 1, "refused": 0}
    assert tried.scores == [0.0] + [1.0] * 29  # the first answer was not read
    assert tried.parsed == [False] + [True] * 29


def test_a_peer_that_fails_is_told_with_its_log(project: Path) -> None:
    (project / "dspy_gepa.py").write_text("raise SystemExit(3)")
    task = drawn("sms_spam", 3, Drawing(project / "data", project / "work", 20, 30))
    kept = Kept(FakeBackend("x"), MemoryLedger())

    async def check() -> None:
        async with ModelServer(kept).serving() as server:
            bench = Bench(kept, server, project / "work", 25, 256, sys.executable, project)
            await attempt(bench, task, "dspy-gepa", 3)

    with pytest.raises(PeerFailed, match=r"status 3: see .*log\.txt"):
        asyncio.run(check())


def test_unknown_methods_and_missing_peers_are_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quality(project, "--methods", "magic") == 2
    assert quality(project, "--methods", "dspy-gepa", "--peers-python", "") == 2
    assert "peers-venv" in capsys.readouterr().out


def record(method: str, rows: str, seed: int = 0, task: str = "a") -> dict[str, object]:
    score = rows.count("1") / len(rows)
    return {"method": method, "task": task, "seed": seed, "rows": rows, "score": score} | {
        "calls": 300,
        "model_seconds": 60.0,
    }


def test_scores_survive_their_marks() -> None:
    scores = (1.0, 0.0, None, 1.0)
    assert marks_of(scores) == "10-1"
    assert scores_of({"rows": "10-1"}) == scores


def test_seeds_are_averaged_by_row_and_missing_rows_are_left_out() -> None:
    before = [scores_of({"rows": "0000" * 10}), scores_of({"rows": "0000" * 10})]
    after = [scores_of({"rows": "1100" * 10}), scores_of({"rows": "1-00" * 10})]
    found = difference(before, after)
    assert found.points == pytest.approx(50.0)
    one = difference(before[:1], after[:1])
    assert found.high - found.low > 0.9 * (one.high - one.low)  # seeds are no rows
    assert difference(before[1:], after[1:]).points == pytest.approx(100 / 3)


def test_tasks_count_the_same_however_many_rows_they_have() -> None:
    small = ([scores_of({"rows": "0" * 20})], [scores_of({"rows": "10" * 10})])
    large = ([scores_of({"rows": "0" * 200})], [scores_of({"rows": "0" * 200})])
    found = over_tasks([small, large])
    assert found.points == pytest.approx(25.0)
    assert found.low < 25.0 < found.high


def test_runs_below_the_plain_prompt_are_counted_against_the_same_decoding() -> None:
    text = tables(
        [
            record("plain", "1" * 40),
            record("plain-text", "0" * 40),
            record("auto", "1" * 20 + "0" * 20),
            record("auto-text", "1" * 20 + "0" * 20),
        ]
    )
    rows = {line.split(" | ")[0]: line for line in text.splitlines()[2:6]}
    assert rows["| auto"].endswith("| 1 of 1 |")
    assert rows["| auto-text"].endswith("| 0 of 1 |")
    assert "| minus plain-text |" in text
    assert "| auto minus |" in text
