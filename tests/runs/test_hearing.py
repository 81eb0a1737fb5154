"""The inbox: complaints by wish, conflicts, what came back, adding and declining."""

from __future__ import annotations

from pathlib import Path

import pytest

from intone.errors import InputError, NotThere
from intone.runs.about import Feedback
from intone.runs.hearing import Hearing
from intone.runs.project import Project
from intone.runs.spec import read_spec
from intone.store.complaints import Complaints
from intone.store.registry import Registry
from tests.runs.inbox import SHORTER, keep


def hearing(folder: Path) -> Hearing:
    return Hearing(read_spec(None, {}, folder, alone=True), Project(folder).open())


def test_complaints_are_grouped_with_the_words_and_the_answers(tmp_path: Path) -> None:
    keep(tmp_path, "far too long", "too long \u202eagain", "Xyzzy plugh.", inputs=0)
    found = hearing(tmp_path).heard("explain")
    (wish,) = found.wishes
    assert (wish.key, wish.sentence, wish.count) == (SHORTER, "make the answer shorter", 2)
    assert wish.numbers == (1, 2) and [voice.number for voice in wish.voices] == [2, 1]
    newest = wish.voices[0]
    assert newest.words == "too long �again", "what turns the direction of writing is shown"
    assert newest.inputs == (("topic", "topic001"),) and newest.output == "topic001 is a long story"
    assert newest.about == "explain@1" and not wish.opposed
    assert [voice.words for voice in found.unclear] == ["Xyzzy plugh."]


def test_opposite_wishes_are_shown_with_their_ways_out(tmp_path: Path) -> None:
    keep(tmp_path, "too long", "much too long", "Please give more detail.", inputs=0)
    found = hearing(tmp_path).heard("explain")
    assert all(wish.opposed for wish in found.wishes) and len(found.wishes) == 2
    (conflict,) = found.conflicts
    assert conflict.sentence.startswith("2 want “make the answer shorter”, 1 want")
    assert [way.name for way in conflict.choices] == ["majority", "variants", "leave"]
    assert conflict.choices[0].follow == SHORTER


def test_a_wish_that_comes_back_after_its_edit_is_not_cured(tmp_path: Path) -> None:
    keep(tmp_path, "too long", inputs=0)
    with Project(tmp_path).open() as database:
        Complaints(database).mark([1], "applied", "explain@2")
    keep(tmp_path, "it is too long", inputs=0, version="explain@2")
    found = hearing(tmp_path).heard("explain")
    assert found.returned == (
        "make the answer shorter: explain@2 was to do it; 1 complaint before, 1 since",
    )
    assert found.wishes[0].back == "explain@2"


def test_what_a_version_granted_only_in_part_is_told(tmp_path: Path) -> None:
    keep(tmp_path, "Too long. Also it is too formal.", "too long", inputs=0)
    here = hearing(tmp_path)
    assert len(here.heard("explain").wishes) == 2
    with Project(tmp_path).open() as database:
        verdict = {"kind": "feedback", "complaints": [1, 2], "wishes": ["make the answer shorter"]}
        Registry(database).save("explain", {"template": "shorter"}, verdict=verdict)
        Complaints(database).mark([1, 2], "applied", "explain@2")
    (left,) = here.heard("explain").in_part
    assert left.voice.number == 1 and "friendlier" in left.left
    here.reopen([1])
    assert here.heard("explain").in_part == () and len(here.heard("explain").wishes) == 2


def test_names_count_what_is_open(tmp_path: Path) -> None:
    keep(tmp_path, "too long", "too short", inputs=0)
    keep(tmp_path, "meh", "bad", "poor", inputs=0, name="other")
    here = hearing(tmp_path)
    assert list(here.names().items()) == [("other", 3), ("explain", 2)]
    here.decline([1])
    assert here.names()["explain"] == 1
    (declined,) = here.heard("explain").declined
    assert declined.number == 1 and declined.state == "declined"
    here.reopen([1])
    assert here.names()["explain"] == 2
    with pytest.raises(InputError, match="no complaint 99"):
        here.decline([99])


def test_a_complaint_is_added_by_hand_and_its_prompt_is_never_a_file(tmp_path: Path) -> None:
    keep(tmp_path, inputs=0)
    (tmp_path / "secret.toml").write_text('template = "the secret"')
    here = hearing(tmp_path)
    given = Feedback("too long", rating="2/5", prompt="explain@1", inputs={"topic": "x"})
    number, notices = here.add(given)
    (voice,) = here.heard("explain").wishes[0].voices
    assert (voice.number, voice.rating, voice.inputs) == (number, "0.40", (("topic", "x"),))
    assert notices == ()
    with pytest.raises(NotThere):
        here.add(Feedback("too long", prompt="secret.toml"))
    with pytest.raises(InputError, match="nothing is said"):
        here.add(Feedback(" ", prompt="explain"))
    with pytest.raises(InputError, match="no run 7"):
        here.add(Feedback("too long", run=7, row=0))
    assert here.names() == {"explain": 1}
