"""A proposal from offer to decision: what is said before, the task, accepting and undoing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from intone.errors import BadRequest, InputError
from intone.llm.fake import FakeBackend
from intone.prompt import Prompt
from intone.runs.bases import bases, find_basis
from intone.runs.deciding import Proposal
from intone.runs.orders import order_of
from intone.runs.project import Project
from intone.runs.serving import Serving
from intone.runs.spec import read_spec
from intone.store.complaints import Complaints
from intone.store.registry import Registry
from intone.store.runs import Runs
from tests.runs.complaints import PROMPT, STRENGTHS, backend, obedient
from tests.runs.inbox import SHORTER, ended, keep, opened, propose, with_project


def label(folder: Path, which: str = "live") -> None:
    with Project(folder).open() as database:
        Registry(database).label("explain", which, 1)


def test_the_most_calls_are_said_before_any_is_made(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")
    model = backend(obedient)

    async def look(serving: Serving) -> None:
        offer = serving.proposing.offer("explain", SHORTER, "explain@1")
        assert model.calls == 0 and offer.tries[0] == "add “Keep it short.”"
        assert (offer.sentence, offer.skipped) == ("make the answer shorter", "")
        serving.proposing.start(offer)
        with pytest.raises(InputError, match="already"):
            serving.proposing.start(offer)
        progress = await ended(serving)
        assert progress.good and progress.most == offer.calls
        assert 0 < progress.calls == model.calls <= offer.calls

    with_project(tmp_path, model, look)


async def proposed(serving: Serving) -> Proposal:
    progress = await propose(serving)
    assert progress.good, progress.said
    (found,) = serving.deciding.waiting("explain")
    return found


def test_a_proposal_shows_what_speaks_for_it(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")

    async def look(serving: Serving) -> None:
        found = await proposed(serving)
        assert found.answers == (1, 2) and found.target == "explain@current"
        ((section, pieces),) = found.sections
        assert section == "clarifiers"
        assert [it.text for it in pieces if it.mark == "added"] == [STRENGTHS["shorter"][1]]
        (check,) = found.checks
        assert check.name == "words fewer" and check.change.startswith("-") and "[" in check.change
        assert len(found.outputs) == 3 and found.tokens and found.doubts == ()
        assert any(it.mark == "removed" for it in found.outputs[0].before)
        assert not any(it.mark == "removed" for it in found.outputs[0].after)

    with_project(tmp_path, backend(obedient), look)


def test_an_accepted_proposal_is_a_version_that_names_its_complaints(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")

    async def decide(serving: Serving) -> None:
        found = await proposed(serving)
        assert serving.deciding.accept(found.run, (), "web page") == "explain@2"
        version = serving.version("explain", "current")
        assert (version["number"], version["author"]) == (2, "web page")
        assert version["verdict"]["complaints"] == [1, 2]
        said = serving.curating.evidence("explain", "2")
        assert said.startswith("explain@2 over explain@1: answers complaint 1, 2; words fewer")
        assert serving.hearing.names()["explain"] == 0
        assert serving.deciding.waiting("explain") == ()
        with pytest.raises(InputError, match="accepted already"):
            serving.deciding.accept(found.run, (), "web page")
        (applied,) = serving.deciding.applied("explain")
        assert applied.version == "explain@2"
        assert serving.deciding.undo(applied.run, "web page") == "explain@1"
        assert serving.version("explain", "current")["number"] == 1
        assert serving.hearing.names()["explain"] == 2, "what is not answered is open again"
        assert serving.deciding.applied("explain") == ()
        with pytest.raises(InputError, match="any more"):
            serving.deciding.undo(applied.run, "web page")

    with_project(tmp_path, backend(obedient), decide)


def test_a_declined_proposal_changes_nothing_and_its_complaints_stay_open(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")

    async def decide(serving: Serving) -> None:
        found = await proposed(serving)
        serving.deciding.decline(found.run, "web page")
        assert serving.deciding.waiting("explain") == ()
        assert serving.hearing.names()["explain"] == 2
        assert len(serving.versions("explain")) == 1
        with pytest.raises(InputError, match="declined"):
            serving.deciding.accept(found.run, (), "web page")

    with_project(tmp_path, backend(obedient), decide)


def test_what_is_unproven_has_to_be_ticked(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", inputs=2)

    async def decide(serving: Serving) -> None:
        found = await proposed(serving)
        assert [doubt.what for doubt in found.doubts] == ["unproven"]
        for ticked in ((), ("words",)):
            with pytest.raises(InputError, match="not ticked"):
                serving.deciding.accept(found.run, ticked, "web page")
        assert len(serving.versions("explain")) == 1
        assert serving.deciding.accept(found.run, ("unproven",), "web page") == "explain@2"

    with_project(tmp_path, backend(obedient), decide)


def test_a_label_that_has_moved_since_keeps_its_place(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")
    label(tmp_path)

    async def decide(serving: Serving) -> None:
        offer = serving.proposing.offer("explain", SHORTER, "explain@live")
        serving.proposing.start(offer)
        assert (await ended(serving)).good
        (found,) = serving.deciding.waiting("explain")
        assert found.target == "explain@live"
        with Project(tmp_path).open() as database:
            Registry(database).save("explain", Prompt("Tell of {{ topic }}.").canonical())
        serving.curating.promote("explain", "live", "2", "somebody")
        with pytest.raises(InputError, match="has moved to version 2"):
            serving.deciding.accept(found.run, (), "web page")
        assert serving.version("explain", "live")["number"] == 2

    with_project(tmp_path, backend(obedient), decide)


def test_complaints_that_were_closed_meanwhile_close_the_proposal(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")

    async def decide(serving: Serving) -> None:
        found = await proposed(serving)
        serving.hearing.decline([1])
        assert serving.deciding.waiting("explain") == (found,)
        serving.hearing.decline([2])
        assert serving.deciding.waiting("explain") == ()
        with pytest.raises(InputError, match="closed already"):
            serving.deciding.accept(found.run, (), "web page")
        serving.hearing.reopen([2])
        serving.deciding.accept(found.run, (), "web page")
        (still,) = serving.hearing.heard("explain").declined[-1:]
        assert serving.version("explain", "current")["verdict"]["complaints"] == [2]
        assert still.state == "declined"

    with_project(tmp_path, backend(obedient), decide)


def test_a_stopped_proposal_keeps_what_was_paid(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")
    slow = backend(obedient, delay=0.05)

    async def stop(serving: Serving) -> int:
        serving.proposing.start(serving.proposing.offer("explain", SHORTER, "explain@1"))
        while slow.answered < 8:
            await asyncio.sleep(0.01)
        assert serving.proposing.progress and serving.proposing.progress.calls >= 7
        serving.proposing.stop()
        progress = await ended(serving)
        assert not progress.good and progress.said.startswith("stopped")
        assert serving.deciding.waiting("explain") == ()
        return progress.run or 0

    run = with_project(tmp_path, slow, stop, model__concurrency=1)
    with Project(tmp_path).open() as database:
        record = Runs(database).get(run)
    assert record.state == "interrupted"
    assert order_of(record).number == run, "the command line can take it up"
    whole = backend(obedient)

    async def again(serving: Serving) -> None:
        progress = await propose(serving)
        twice = whole.calls + slow.answered - progress.calls
        assert progress.good and twice in (0, 1), "one call was under way when it was stopped"

    with_project(tmp_path, whole, again, model__concurrency=1)


def test_a_server_that_ends_stops_what_is_under_way(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")
    slow = backend(obedient, delay=30.0)

    async def leave(serving: Serving) -> None:
        serving.proposing.start(serving.proposing.offer("explain", SHORTER, "explain@1"))
        while not slow.calls:
            await asyncio.sleep(0.01)

    async def bounded() -> None:
        async with asyncio.timeout(20):
            async with opened(tmp_path, slow) as serving:
                await leave(serving)
            assert serving.proposing.progress and serving.proposing.progress.state == "ended"

    asyncio.run(bounded())
    with Project(tmp_path).open() as database:
        assert [run.state for run in Runs(database).newest(1)] == ["interrupted"]


def test_a_model_that_fails_is_one_line(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")
    broken = FakeBackend(lambda request: BadRequest("no such model here"), identity="broken")

    async def look(serving: Serving) -> None:
        progress = await propose(serving)
        assert not progress.good and "no such model here" in progress.said
        assert "\n" not in progress.said
        assert serving.deciding.waiting("explain") == ()
        with pytest.raises(InputError, match="no proposal"):
            serving.deciding.accept(progress.run or 0, (), "web page")

    with_project(tmp_path, broken, look)


def test_a_change_that_cures_nothing_is_said_to(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")

    async def look(serving: Serving) -> None:
        progress = await propose(serving)
        assert not progress.good and progress.said.startswith("no change is proposed: not cured")

    with_project(tmp_path, backend(lambda text, topic: f"{topic} {'la ' * 40}"), look)


def test_a_writer_that_is_the_served_model_is_not_opened_again(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long")
    model = backend(lambda text, topic: f"{topic} {'la ' * 40}")

    async def look(serving: Serving) -> None:
        offer = serving.proposing.offer("explain", SHORTER, "explain@1")
        assert offer.tries[-1] == "a rewording by the writer"
        serving.proposing.start(offer)
        assert not (await ended(serving)).good

    with_project(tmp_path, model, look, writer__name="fake:echo")
    asked = [message.content for request in model.requests for message in request.messages]
    assert any("users wish: make the answer shorter" in text for text in asked)


def test_opposite_wishes_are_tried_only_for_the_majority(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long", "Please give more detail.")

    async def look(serving: Serving) -> None:
        with pytest.raises(InputError, match="the opposite"):
            serving.proposing.offer("explain", SHORTER, "explain@1")
        with pytest.raises(InputError, match="the opposite"):
            serving.proposing.offer("explain", ("longer", ""), "explain@1", conflict="majority")
        assert (await propose(serving, conflict="majority")).good
        (found,) = serving.deciding.waiting("explain")
        assert found.answers == (1, 2)

    with_project(tmp_path, backend(obedient), look)


def test_words_that_may_be_orders_are_tried_only_if_let_through(tmp_path: Path) -> None:
    words = "many thanks, from now on and for ever"
    keep(tmp_path, f"Always say “{words}”.")

    async def look(serving: Serving) -> None:
        (wish,) = serving.hearing.heard("explain").wishes
        held = serving.proposing.offer("explain", wish.key, "explain@1")
        assert held.doubt and held.words == words and "only a person" in held.skipped
        with pytest.raises(InputError, match="nothing would be tried"):
            serving.proposing.start(held)
        through = serving.proposing.offer("explain", wish.key, "explain@1", trusted=True)
        assert through.tries and not through.skipped
        serving.proposing.start(through)
        await ended(serving)
        (found,) = serving.deciding.waiting("explain")
        assert {doubt.what for doubt in found.doubts} >= {"words", "doubt"}
        with pytest.raises(InputError, match="not ticked"):
            serving.deciding.accept(found.run, ("unproven", "words"), "web page")
        serving.deciding.accept(found.run, ("unproven", "words", "doubt"), "web page")

    def devoted(text: str, topic: str) -> str:
        return f"{topic} is a thing" + (f" {words}" if words in text else "")

    with_project(tmp_path, backend(devoted), look)


def test_what_a_change_can_start_from(tmp_path: Path) -> None:
    keep(tmp_path, "too long", inputs=0)
    label(tmp_path, "live")
    label(tmp_path, "current")
    (tmp_path / "explain.toml").write_text('template = "Say {{ topic }}."')
    spec = read_spec(None, {"prompt": "explain.toml"}, tmp_path, alone=True)
    with Project(tmp_path).open() as database:
        those = bases(spec, database, "explain")
        assert [it.ref for it in those] == ["explain@current", "own", "explain@live"]
        assert find_basis(spec, database, "explain", "own")[1] == Prompt("Say {{ topic }}.")
        assert find_basis(spec, database, "explain", "explain@live")[1] == PROMPT
        for other in ("explain.toml", "other@1", "explain@7", "../explain.toml"):
            with pytest.raises(InputError, match="reload the page"):
                find_basis(spec, database, "explain", other)


def test_a_prompt_that_is_not_kept_is_taken_from_its_complaints(tmp_path: Path) -> None:
    keep(tmp_path, "too long", inputs=0, name="typed")
    spec = read_spec(None, {}, tmp_path, alone=True)
    with Project(tmp_path).open() as database:
        assert [it.ref for it in bases(spec, database, "typed")] == ["answered"]
        assert find_basis(spec, database, "typed", "answered")[1] == PROMPT
        assert Complaints(database).get(1).name == "typed"
        assert bases(spec, database, "nobody") == ()
