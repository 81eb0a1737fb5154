"""The embedded engine: names without a model, answers with one (few calls: each takes a while)."""

import asyncio
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from intone.errors import ContextOverflow, MissingExtra, SettingError, UnknownModel
from intone.llm import weights
from intone.llm.answers import AnswerSpec, FreeText, Json, Labels
from intone.llm.backend import Feature
from intone.llm.completion import Completion
from intone.llm.local import LocalBackend, open_local
from intone.llm.messages import Message
from intone.llm.request import Request, Sampling

TEAMS = Labels(("billing", "technical", "sales"))
CARDS = Labels(("card", "card_arrival", 'lost or "stolen" card'))
ALIKE = Labels(("team one", "team two", "sales"))
SHOWN = """Which team should handle the ticket: billing, technical or sales?

Ticket: I was charged twice for March
Team: billing

Ticket: The app crashes when I open the settings
Team: technical

Ticket: """


def opened(name: str, context: int) -> LocalBackend:
    try:
        return open_local(name, context=context)
    except MissingExtra as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def gemma() -> Iterator[LocalBackend]:
    backend = opened("local-small", 1024)
    yield backend
    asyncio.run(backend.close())


@pytest.fixture(scope="module")
def qwen() -> Iterator[LocalBackend]:
    backend = opened("local", 1024)
    yield backend
    asyncio.run(backend.close())


def ask(
    text: str, answer: AnswerSpec = FreeText(), *, sample: int = 0, **sampling: float
) -> Request:
    chosen = replace(Sampling(max_tokens=24), **sampling)  # type: ignore[arg-type]
    return Request((Message("user", text),), answer, chosen, sample)


def complete(backend: LocalBackend, *requests: Request) -> list[Completion]:
    async def all_at_once() -> list[Completion]:
        return await asyncio.gather(*(backend.complete(request) for request in requests))

    return asyncio.run(all_at_once())


def reading(completion: Completion) -> tuple[object, ...]:
    return completion.text, dict(completion.choices), completion.logprob


@pytest.mark.parametrize("name", ["nothing", "gguf:", "gguf", "local-big", "gguf:/not/there.gguf"])
def test_a_name_that_is_no_model(name: str) -> None:
    pytest.importorskip("xllamacpp", reason="the extra local is not installed")
    with pytest.raises(SettingError, match=r"^model "):
        open_local(name)


def test_a_damaged_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("xllamacpp", reason="the extra local is not installed")
    path = tmp_path / "damaged.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 1000)
    backend = open_local(f"gguf:{path}")
    with pytest.raises(UnknownModel, match=r"damaged\.gguf"):
        complete(backend, ask("hello"))
    asyncio.run(backend.close())
    assert capfd.readouterr() == ("", "")


@pytest.mark.model
def test_labels_are_read_from_one_position(
    gemma: LocalBackend, capfd: pytest.CaptureFixture[str]
) -> None:
    (done,) = complete(gemma, ask(SHOWN + "My invoice is wrong\nTeam:", TEAMS))
    assert set(done.choices) == set(TEAMS.labels)
    assert math.fsum(done.choices.values()) == pytest.approx(1)
    assert done.text == max(TEAMS.labels, key=lambda label: done.choices[label])
    assert done.usage.completion_tokens == 1
    assert done.logprob is not None and done.logprob < 0 < done.seconds
    assert capfd.readouterr() == ("", "")


@pytest.mark.model
def test_labels_that_begin_alike_have_probabilities_whatever_ran_before(
    gemma: LocalBackend,
) -> None:
    shown = SHOWN.replace("billing", "team one").replace("technical", "team two")
    wanted = [
        ask(shown + f"{text}\nTeam:", ALIKE)
        for text in ("I was charged for April", "The screen stays black", "Do you sell cards?")
    ]
    alone = [complete(gemma, one)[0] for one in wanted]
    amid = complete(gemma, wanted[2], wanted[0], ask(SHOWN + "Hello"), wanted[1], wanted[0])
    fresh_engine = opened("local-small", 1024)
    (fresh,) = complete(fresh_engine, wanted[0])
    asyncio.run(fresh_engine.close())
    assert reading(alone[0]) == reading(amid[1]) == reading(amid[4]) == reading(fresh)
    assert (reading(alone[1]), reading(alone[2])) == (reading(amid[3]), reading(amid[0]))
    assert math.fsum(alone[0].choices.values()) == pytest.approx(1)
    assert alone[0].text == max(ALIKE.labels, key=lambda label: alone[0].choices[label])
    assert alone[0].text == "team one" and alone[0].usage.completion_tokens == 2
    stopping = replace(wanted[0].sampling, stop=("one", " one", "team"))
    (stopped,) = complete(gemma, replace(wanted[0], sampling=stopping))
    assert reading(stopped) == reading(alone[0])


@pytest.mark.model
def test_codes_stand_for_labels(gemma: LocalBackend) -> None:
    coded = Labels(("red wine", "red beer"), {"red wine": "A", "red beer": "B"})
    (done,) = complete(gemma, ask("Pick A or B.", coded))
    assert set(done.choices) == {"red wine", "red beer"}
    assert done.text in {"A", "B"}


@pytest.mark.model
def test_the_same_request_gets_the_same_answer(gemma: LocalBackend) -> None:
    wanted = ask(SHOWN + "Do you sell gift cards?\nTeam:", TEAMS)
    (alone,) = complete(gemma, wanted)
    (again,) = complete(gemma, wanted)
    others = [ask(SHOWN + f"Order {n} is missing\nTeam:", TEAMS) for n in range(3)]
    talk = ask("Once upon a time there was", max_tokens=6)
    amid = complete(gemma, *others, talk, wanted, ask(SHOWN + "Do you sell", TEAMS))[4]
    fresh_engine = opened("local-small", 1024)
    (fresh,) = complete(fresh_engine, wanted)
    asyncio.run(fresh_engine.close())
    assert reading(alone) == reading(again) == reading(amid) == reading(fresh)
    assert amid.usage.cached_tokens > 20


@pytest.mark.model
def test_a_conversation_that_goes_on_does_not_depend_on_how_it_came_about(
    gemma: LocalBackend,
) -> None:
    first = ask("Name three colours:", max_tokens=8)
    (answer,) = complete(gemma, first)
    turns = (*first.messages, Message("assistant", answer.text), Message("user", "And now?"))
    going_on = replace(first, messages=turns)
    (here,) = complete(gemma, going_on)
    complete(gemma, ask("Something else altogether, long enough to take its place."))
    (later,) = complete(gemma, going_on)
    assert reading(here) == reading(later)


@pytest.mark.model
def test_samples_differ_and_repeat(gemma: LocalBackend) -> None:
    draws = [ask("A story:", sample=n, temperature=1.0, max_tokens=8) for n in range(3)]
    once = complete(gemma, *draws)
    more = complete(gemma, *reversed(draws))[::-1]
    assert [c.text for c in once] == [c.text for c in more]
    assert len({c.text for c in once}) == 3
    labels = [ask("Team:", TEAMS, sample=n, temperature=2.0) for n in range(8)]
    drawn = complete(gemma, *labels)
    assert {c.text for c in drawn} <= set(TEAMS.labels)
    assert len({c.text for c in drawn}) > 1


@pytest.mark.model
def test_limits_and_stops(gemma: LocalBackend) -> None:
    cut, stopped = complete(
        gemma,
        ask("1 2 3 4 5 6 7", max_tokens=3),
        Request((Message("user", "1 2 3 4 5 6 7"),), FreeText(), Sampling(stop=("\n",))),
    )
    assert cut.finish == "length" and cut.usage.completion_tokens == 3
    assert "\n" not in stopped.text


@pytest.mark.model
def test_a_prompt_that_does_not_fit(gemma: LocalBackend) -> None:
    with pytest.raises(ContextOverflow) as caught:
        complete(gemma, ask("word " * 1500))
    assert caught.value.context == 1024
    assert (caught.value.prompt_tokens or 0) > 1500


@pytest.mark.model
def test_an_abandoned_call_does_not_hold_up_the_next(gemma: LocalBackend) -> None:
    async def main() -> Completion:
        with pytest.raises(TimeoutError):
            endless = ask("Count:\n1\n2\n3\n", max_tokens=900)
            await asyncio.wait_for(gemma.complete(endless), 0.5)
        return await asyncio.wait_for(gemma.complete(ask("Team:", TEAMS)), 10)

    assert asyncio.run(main()).choices


@pytest.mark.model
def test_a_label_may_begin_another(qwen: LocalBackend) -> None:
    question = (
        'Which topic is it? Answer with one of: card, card_arrival, lost or "stolen" card\n\n'
    )
    whole, arrival, stolen = complete(
        qwen,
        ask(question + "Just repeat after me: card", CARDS),
        ask(question + "Just repeat after me: card_arrival", CARDS),
        ask(question + "Somebody has stolen my purse with the card in it.", CARDS),
    )
    assert [whole.text, arrival.text, stolen.text] == list(CARDS.labels)
    assert {whole.finish, arrival.finish, stolen.finish} == {"stop"}


@pytest.mark.model
def test_chat_labels_and_json(qwen: LocalBackend) -> None:
    assert Feature.CHAT in qwen.features
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
    }
    label, fields = complete(
        qwen,
        ask(SHOWN + "The screen stays black\nTeam:", TEAMS),
        ask("Give the fields: Ada is 36 years old.", Json(schema), max_tokens=40),
    )
    assert label.text == "technical" and label.choices["technical"] > 0.5
    assert Json(schema).parse(fields.text) == fields.text.strip()
    assert '"Ada"' in fields.text and "36" in fields.text


@pytest.mark.model
def test_a_gguf_file_by_its_path(gemma: LocalBackend) -> None:
    complete(gemma, ask("Team:", TEAMS))  # by now it is in the cache folder
    path = weights.assembled(weights.GEMMA)
    backend = open_local(f"gguf:{path}")
    assert weights.GEMMA.sha256[:12] in backend.identity
    assert Feature.CHAT not in backend.features
    asyncio.run(backend.close())
