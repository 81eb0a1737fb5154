"""The fake backend and its scripts."""

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from intone.errors import (
    BackendError,
    CallTimedOut,
    ContextOverflow,
    KeyRejected,
    RateLimited,
    SettingError,
    UnknownModel,
    Unreachable,
)
from intone.llm.answers import AnswerSpec, FreeText, Json, Labels, Number
from intone.llm.completion import Completion, Usage
from intone.llm.fake import BUILT_IN, FakeBackend
from intone.llm.messages import Message
from intone.llm.request import Request, Sampling
from intone.llm.script import open_script

TEAMS = Labels(("billing", "technical", "sales"))
CODED = Labels(("billing", "technical"), {"billing": "A", "technical": "B"})


def ask(
    text: str = "My refund?",
    answer: AnswerSpec = TEAMS,
    sampling: Sampling = Sampling(),
    system: str = "Which team?",
) -> Request:
    return Request((Message("system", system), Message("user", text)), answer, sampling)


def say(backend: FakeBackend, *requests: Request) -> list[str]:
    async def run() -> list[str]:
        done = [await backend.complete(request) for request in requests]
        await backend.close()
        return [completion.text for completion in done]

    return asyncio.run(run())


def script(folder: Path, text: str) -> FakeBackend:
    path = folder / "script.toml"
    path.write_text(text)
    return open_script(path)


def test_a_function_answers_and_its_calls_are_counted() -> None:
    backend = FakeBackend(lambda request: request.messages[-1].content.upper(), keep=1)
    assert say(backend, ask("a"), ask("b")) == ["A", "B"]
    assert (backend.calls, backend.answered) == (2, 2)
    assert [request.messages[-1].content for request in backend.requests] == ["b"]


def test_a_mapping_looks_for_the_text_that_comes_last() -> None:
    backend = FakeBackend({"Refund": "billing", "crash": "technical", "": "sales"})
    got = say(backend, ask("refund"), ask("refund, then a CRASH"), ask("hello"))
    assert got == ["billing", "technical", "sales"]
    with pytest.raises(BackendError, match="no answer"):
        say(FakeBackend({"refund": "billing"}), ask("hello"))


def test_a_sequence_is_said_in_turn() -> None:
    backend = FakeBackend(["one", RateLimited("slow", retry_after=2), "three"])

    async def run() -> None:
        assert (await backend.complete(ask())).text == "one"
        with pytest.raises(RateLimited) as caught:
            await backend.complete(ask())
        assert caught.value.retry_after == 2
        assert (await backend.complete(ask())).text == "three"
        with pytest.raises(BackendError, match="3 answers"):
            await backend.complete(ask())

    asyncio.run(run())
    assert (backend.calls, backend.answered) == (4, 2)


def test_a_whole_completion_is_given_as_it_is() -> None:
    said = Completion("billing", choices={"billing": 1.0}, usage=Usage(5, 1))
    assert asyncio.run(FakeBackend(lambda request: said).complete(ask())) is said


def test_texts_are_cut_and_counted_as_a_model_would() -> None:
    request = ask("12345678", FreeText(), Sampling(max_tokens=2, stop=("#",)), "1234")
    cut = asyncio.run(FakeBackend("x" * 100).complete(request))
    assert (len(cut.text), cut.finish, cut.usage) == (8, "length", Usage(3, 2))
    stopped = asyncio.run(FakeBackend("ab#cd").complete(request))
    assert (stopped.text, stopped.finish) == ("ab", "stop")


def test_identity_follows_the_script() -> None:
    assert FakeBackend("a").identity == FakeBackend("a").identity != FakeBackend("b").identity
    assert FakeBackend({"a": "b"}).identity != FakeBackend({"a": "c"}).identity
    assert FakeBackend("a", identity="mine").identity == "fake:mine"


def test_built_in_scripts() -> None:
    def built(name: str, request: Request) -> str:
        return say(FakeBackend(BUILT_IN[name]), request)[0]

    assert built("echo", ask("hello")) == "hello"
    assert built("first", ask()) == "billing"
    assert built("first", ask(answer=CODED)) == "A"
    assert built("first", ask(answer=Number())) == "1"
    assert built("first", ask(answer=Json())) == "{}"
    assert built("label-in-text", ask("billing? no: Technical.")) == "technical"
    assert built("label-in-text", ask("technical", CODED)) == "B"
    assert built("label-in-text", ask("hello")) == "billing"
    drawn = {built("random", ask(f"row {n}")) for n in range(30)}
    assert drawn == set(TEAMS.labels)
    assert built("random", ask("row 1")) == built("random", ask("row 1"))


def test_memory_stays_flat() -> None:
    backend = FakeBackend("billing")

    async def run() -> None:
        for number in range(20_000):
            await backend.complete(ask(f"row {number}"))

    asyncio.run(backend.complete(ask()))
    tracemalloc.start()
    asyncio.run(run())
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 200_000


def test_rules_of_a_script(tmp_path: Path) -> None:
    backend = script(
        tmp_path,
        """
        answer = "sales"
        [[rules]]
        when = "refund"
        answer = "billing"
        [[rules]]
        match = 'err\\w+ \\d+'
        answer = "technical"
        [[rules]]
        when = "which"
        answer = "the system message is not looked at"
        """,
    )
    got = say(
        backend,
        ask("A REFUND"),
        ask("refund for error 12"),
        ask("error 12: refund!"),
        ask("?"),
        ask("error 1", CODED),
    )
    assert got == ["billing", "technical", "billing", "sales", "B"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("429", RateLimited),
        ("503", RateLimited),
        ("500", BackendError),
        ("401", KeyRejected),
        ("404", UnknownModel),
        ('"timeout"', CallTimedOut),
        ('"unreachable"', Unreachable),
        ('"context"', ContextOverflow),
    ],
)
def test_a_script_can_fail(tmp_path: Path, error: str, kind: type[BackendError]) -> None:
    backend = script(tmp_path, f"[[rules]]\nwhen = ''\nerror = {error}\nretry_after = 0.5")
    for _ in range(2):
        with pytest.raises(kind) as caught:
            say(backend, ask())
        assert type(caught.value) is kind
    if error in ("429", "503", "500"):
        assert caught.value.retryable and caught.value.retry_after == 0.5


def test_a_script_can_refuse_and_be_cut(tmp_path: Path) -> None:
    for error, finish in [("refusal", "refusal"), ("truncated", "length")]:
        backend = script(tmp_path, f"[[rules]]\nwhen = ''\nerror = '{error}'")
        assert asyncio.run(backend.complete(ask())).finish == finish


def test_failures_that_pass_and_failures_of_some(tmp_path: Path) -> None:
    backend = script(
        tmp_path, "answer = 'sales'\n[[rules]]\nwhen = ''\nerror = 500\ntimes = 2\nshare = 0.3"
    )
    failed = 0
    for number in range(100):
        request = ask(f"row {number}")
        attempts = 0
        while True:
            attempts += 1
            try:
                assert say(backend, request) == ["sales"]
                break
            except BackendError:
                continue
        assert attempts in (1, 3)
        failed += attempts == 3
    assert 15 <= failed <= 45


def test_quality_and_wordings_that_improve_it(tmp_path: Path) -> None:
    backend = script(
        tmp_path,
        """
        quality = 0.6
        row = 'row (\\d+)'
        [[rules]]
        when = "row"
        answer = "billing"
        [[improves]]
        when = "one word"
        by = 0.25
        """,
    )
    plain = say(backend, *(ask(f"row {n}") for n in range(300)))
    better = say(backend, *(ask(f"row {n}", system="Answer in one word.") for n in range(300)))
    assert 0.5 < plain.count("billing") / 300 < 0.7
    assert 0.78 < better.count("billing") / 300 < 0.92
    assert set(plain) == set(TEAMS.labels)
    kept = [b for p, b in zip(plain, better, strict=True) if p == "billing"]
    assert set(kept) == {"billing"}


def test_a_script_can_be_slow_and_keep_a_log(tmp_path: Path) -> None:
    backend = script(tmp_path, "delay = 0.02\nlog = 'calls.log'\nanswer = 'x'")
    done = asyncio.run(backend.complete(ask()))
    assert done.seconds >= 0.02
    say(backend, ask(), ask("another"))
    lines = (tmp_path / "calls.log").read_text().splitlines()
    assert len(lines) == 3 and lines[0] == lines[1] != lines[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quailty = 1", "did you mean 'quality'"),
        ("[[rules]]\nwhen = 'a'", "rule 1 needs an answer or an error"),
        ("[[rules]]\nerror = 418", "no error 418"),
        ("[[rules]]\nwehn = 'a'\nanswer = 'b'", "did you mean 'when'"),
        ("delay = 'long'", "must be float"),
        ("[[rules]]\nmatch = '('\nanswer = 'b'", "regex"),
        ("rules = 3", r"\[\[rules\]\]"),
        ("delay = ", "not valid TOML"),
    ],
)
def test_a_wrong_script_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message) as caught:
        script(tmp_path, text)
    assert "\n" not in str(caught.value) and "script.toml" in str(caught.value)


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no such file"):
        open_script(tmp_path / "none.toml")


def test_identity_is_the_hash_of_the_file(tmp_path: Path) -> None:
    one = script(tmp_path, "answer = 'a'").identity
    assert script(tmp_path, "answer = 'a'").identity == one
    assert script(tmp_path, "answer = 'b'").identity != one
