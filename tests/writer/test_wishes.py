"""What a writer is told of a complaint, and what of its answer holds."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.errors import BudgetEnded
from intone.evaluate.ledger import MemoryLedger
from intone.llm.answers import FreeText, Json
from intone.llm.completion import Completion, FinishReason
from intone.llm.request import Sampling
from intone.writer.model_writer import ModelWriter
from intone.writer.wishes import SHOWN, Heard, Offered, Said, heard, request
from tests.strategies import texts
from tests.writer.writers import metered

KINDS = (
    Offered("shorter", "make the answer shorter"),
    Offered("leave-out", "leave out …", "text"),
)
COMMENT = "Too  long, and don’t mention the Price."


def answered(*wishes: object, comment: str = COMMENT) -> Heard:
    return heard(comment, Completion(json.dumps({"wishes": wishes})), KINDS)


def entry(kind: str, of: str = "", words: str = "") -> dict[str, str]:
    return {"words": words, "kind": kind, "of": of}


def test_what_holds_is_heard() -> None:
    found = answered(
        entry("shorter", "ignored", "too long"), entry("leave-out", "the price", "made up")
    )
    assert found == Heard((Said("shorter", "", "too long"), Said("leave-out", "the price")))


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (entry("funnier"), "unknown kind"),
        (entry("leave-out"), "names nothing"),
        (entry("leave-out", "the weather"), "not in the complaint"),
        ("shorter", "unreadable"),
        ({"kind": ["shorter"], "of": "", "words": ""}, "unreadable"),
    ],
)
def test_what_does_not_hold_is_dropped_and_counted(wish: object, reason: str) -> None:
    assert answered(wish, entry("shorter")) == Heard((Said("shorter"),), {reason: 1})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "text", ["", "shorter", "[]", '{"wishes": "shorter"}', '{"wish": []}', "{" * 1000]
)
def test_an_answer_of_another_shape_is_unreadable(text: str) -> None:
    assert heard(COMMENT, Completion(text), KINDS) == Heard(dropped={"unreadable": 1})


@pytest.mark.parametrize(("finish", "reason"), [("length", "cut off"), ("refusal", "declined")])
def test_an_answer_that_did_not_end_is_dropped(finish: FinishReason, reason: str) -> None:
    done = Completion('{"wishes": []}', finish)
    assert heard(COMMENT, done, KINDS) == Heard(dropped={reason: 1})  # type: ignore[dict-item]


def test_a_call_that_failed_is_heard_as_nothing() -> None:
    assert heard(COMMENT, None, KINDS) == Heard(dropped={"failed": 1})


def test_a_wish_said_twice_is_heard_once_and_there_is_an_end_to_them() -> None:
    assert answered(*[entry("shorter")] * 100) == Heard((Said("shorter"),))


@given(texts(), st.booleans())
def test_a_complaint_is_shown_as_data_on_one_line(comment: str, as_json: bool) -> None:
    made = request(comment, KINDS, Sampling(temperature=0.7), as_json=as_json)
    last = made.messages[-1].content
    assert last.startswith('Complaint: "') and "\n" not in last
    shown = json.loads(last.removeprefix("Complaint: "))
    assert shown == comment[:SHOWN].encode("utf-8", "replace").decode()
    assert made.sampling.temperature == 0
    assert isinstance(made.answer, Json if as_json else FreeText)


def test_the_kinds_are_told_and_demanded() -> None:
    made = request(COMMENT, KINDS, Sampling(), as_json=True)
    system = made.messages[0].content
    assert "- shorter: make the answer shorter\n" in system
    assert '- leave-out: leave out … ("of" is the text)\n' in system
    assert isinstance(made.answer, Json) and made.answer.schema is not None
    wish = made.answer.schema["properties"]["wishes"]["items"]
    assert wish["properties"]["kind"]["enum"] == ["shorter", "leave-out"]


def test_the_part_that_is_the_same_for_all_complaints_comes_first() -> None:
    one, other = (request(text, KINDS, Sampling(), as_json=True) for text in ("a", "b"))
    assert one.messages[:-1] == other.messages[:-1]


def test_what_is_asked_is_paid_kept_and_repeated() -> None:
    ledger = MemoryLedger()
    reply = json.dumps({"wishes": [entry("shorter")]})
    for calls, answer in ((2, reply), (2, "never asked")):
        writer = ModelWriter(metered(answer, calls=calls, as_json=True, ledger=ledger))
        found = asyncio.run(writer.read_wishes(["too long", "on and on"], KINDS))
        assert [one.wishes for one in found] == [(Said("shorter"),)] * 2
        assert writer._backend.purse.spent.calls == 2


def test_complaints_without_budget_say_so() -> None:
    writer = ModelWriter(metered('{"wishes": []}', calls=1, as_json=True))
    found = asyncio.run(writer.read_wishes(["a", "b"], KINDS))
    assert found == (Heard(), Heard(dropped={"no budget": 1}))
    with pytest.raises(BudgetEnded):
        asyncio.run(writer.read_wishes(["c"], KINDS))


def test_no_complaints_make_no_call() -> None:
    writer = ModelWriter(metered("", calls=0))
    assert asyncio.run(writer.read_wishes([], KINDS)) == ()
