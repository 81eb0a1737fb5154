"""The registry: versions never change, labels move, references say what is near."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from intone.data.canonical import content_id
from intone.errors import InputError, NotThere
from intone.store import Registry, open_database, parse_ref
from intone.store.experiments import Experiment, Experiments

ONE, TWO, THREE = ({"template": text} for text in ("one", "two é \ud83d", "three"))


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with open_database(tmp_path / "a.db") as database:
        yield Registry(database)


def test_versions_count_up_and_keep_what_they_are(registry: Registry) -> None:
    first = registry.save("triage", ONE, author="ann")
    assert (first.ref, first.parent, first.edits, first.verdict) == ("triage@1", None, (), None)
    second = registry.save(
        "triage",
        TWO,
        parent="triage",
        edits=[{"edit": "clarifier", "text": "Be brief."}],
        verdict={"word": "better", "difference": 0.19},
        run=7,
    )
    assert (second.number, second.parent, second.run) == (2, "triage@1", 7)
    assert second.program == TWO and second.program_id == content_id(TWO)
    assert registry.get("triage") == registry.get("triage", 2) == second
    assert registry.resolve("triage@1") == first
    assert registry.resolve("triage@latest") == registry.resolve("triage") == second
    assert registry.versions("triage") == [second, first]
    other = registry.save("another", ONE)
    assert registry.names() == [other, second]


def test_the_same_content_is_the_same_version(registry: Registry) -> None:
    first = registry.save("triage", {"a": 1, "b": 2})
    assert registry.save("triage", {"b": 2, "a": 1}, author="bob") == first
    registry.save("triage", TWO)
    assert registry.save("triage", {"a": 1, "b": 2}).number == 3


def test_labels_move_and_roll_back(registry: Registry) -> None:
    for program in (ONE, TWO, THREE):
        registry.save("triage", program)
    assert registry.label("triage", "production", 1) == 1
    assert registry.label("triage", "production", 2) == 2
    assert registry.label("triage", "production") == 3
    assert registry.label("triage", "production", "latest") == 3
    assert registry.label("triage", "staging", "production") == 3
    assert registry.resolve("triage@production").program == THREE
    assert registry.rollback("triage", "production", author="ann") == 2
    assert registry.rollback("triage", "production") == 1
    assert registry.resolve("triage@production").number == 1
    assert registry.labels("triage") == {"production": 1, "staging": 3}
    with pytest.raises(InputError, match="triage@production has been nowhere before version 1"):
        registry.rollback("triage", "production")
    assert registry.label("triage", "production", 3) == 3
    assert registry.rollback("triage", "production") == 1
    assert [
        (move.version, move.back, move.author)
        for move in registry.history("triage")
        if move.label == "production"
    ] == [
        (1, False, ""),
        (2, False, ""),
        (3, False, ""),
        (2, True, "ann"),
        (1, True, ""),
        (3, False, ""),
        (1, True, ""),
    ]


def test_what_is_not_there_is_told_with_what_is_near(registry: Registry) -> None:
    def complaint(ref: str) -> str:
        with pytest.raises(InputError) as caught:
            registry.resolve(ref)
        return str(caught.value)

    assert complaint("triage") == "there is no prompt named 'triage'; there are none yet"
    registry.save("triage", ONE)
    registry.label("triage", "production")
    assert complaint("triag") == "there is no prompt named 'triag'; did you mean 'triage'?"
    assert complaint("zzz") == "there is no prompt named 'zzz'; there are: triage"
    assert complaint("triage@2") == "there is no triage@2; the latest is triage@1"
    assert complaint("triage@9999999999999999999999") == (
        "there is no triage@9999999999999999999999; the latest is triage@1"
    )
    assert complaint("triage@prod") == ("triage has no label 'prod'; did you mean 'production'?")
    with pytest.raises(InputError, match="no label 'staging'"):
        registry.rollback("triage", "staging")
    with pytest.raises(InputError, match="no label '1'"):
        registry.rollback("triage", "1")
    for use in (registry.rollback, registry.label):
        with pytest.raises(InputError, match="no prompt named 'nobody'"):
            use("nobody", "production")
    with pytest.raises(InputError, match="no prompt named 'nobody'"):
        registry.versions("nobody")
    with pytest.raises(InputError, match="there is no triage@5"):
        registry.save("triage", TWO, parent="triage@5")
    assert registry.get("triage").number == 1


def test_names_and_labels_that_cannot_be(registry: Registry) -> None:
    for name in ("", "a b", "a@b", "../a", ".a", "-a"):
        with pytest.raises(InputError, match="cannot be a name"):
            registry.save(name, ONE)
        with pytest.raises(InputError):
            registry.resolve(name + "@1")
    registry.save("triage", ONE)
    for label in ("latest", "12", "a b", "@"):
        with pytest.raises(InputError, match="label"):
            registry.label("triage", label)


def test_references() -> None:
    assert parse_ref("triage") == ("triage", None)
    assert parse_ref("triage@12") == ("triage", "12")
    assert parse_ref("été.v2_b@production") == ("été.v2_b", "production")
    for wrong in ("@1", "triage@", "a@b@c"):
        with pytest.raises(InputError, match="write NAME, NAME@NUMBER or NAME@LABEL"):
            parse_ref(wrong)


def test_only_what_nothing_holds_can_be_deleted(registry: Registry) -> None:
    registry.save("triage", ONE)
    registry.save("triage", TWO, parent="triage@1", verdict={"word": "better", "difference": 0.1})
    registry.save("triage", THREE)
    registry.label("triage", "live", 2)
    for ref, held in (
        ("triage@1", "triage@1 is needed: triage@2 was made from it"),
        ("triage@2", "triage@2 is needed: the label 'live' is at it"),
        ("triage", "name it by its number"),
        ("triage@live", "name it by its number"),
        ("triage@9", "there is no triage@9"),
    ):
        with pytest.raises(InputError, match=held):
            registry.delete(ref)
    gone = registry.delete("triage@3", author="ann")
    assert (gone.program, gone.program_id) == ({}, content_id(THREE))
    assert gone.deleted is not None and gone.deleted.author == "ann"
    assert registry.get("triage").number == 2
    assert registry.find("triage", content_id(THREE)) is None
    with pytest.raises(InputError, match=r"triage@3 was deleted on \d{4}-\d\d-\d\d by ann"):
        registry.resolve("triage@3")
    with pytest.raises(InputError, match="triage@3 was deleted"):
        registry.delete("triage@3")
    # the number is not given again
    assert registry.save("triage", THREE).ref == "triage@4"
    assert [version.number for version in registry.versions("triage")] == [4, 2, 1]
    assert [version.number for version in registry.lineage("triage").versions] == [1, 2, 3, 4]


def test_labels_go_back_past_what_was_deleted(registry: Registry) -> None:
    for program in (ONE, TWO, THREE):
        registry.save("triage", program)
    for number in (1, 2, 3):
        registry.label("triage", "live", number)
    registry.delete("triage@2")
    assert registry.rollback("triage", "live") == 1
    with pytest.raises(InputError, match="nowhere before version 1"):
        registry.rollback("triage", "live")
    registry.label("triage", "live", 3)
    assert registry.rollback("triage", "live") == 1
    assert registry.labels("triage") == {"live": 1}


def test_a_name_of_which_all_was_deleted(registry: Registry) -> None:
    registry.save("triage", ONE)
    registry.save("other", ONE)
    registry.delete("triage@1")
    assert [version.name for version in registry.names()] == ["other"]
    with pytest.raises(InputError, match="every version of 'triage' was deleted; the next will be"):
        registry.get("triage")
    assert registry.save("triage", ONE).ref == "triage@2"


def test_an_author_is_any_readable_text(registry: Registry) -> None:
    author = "Änn <b>\u202e & 'co'"
    assert registry.save("triage", ONE, author=author).author == author
    with pytest.raises(InputError, match="not readable text"):
        registry.save("triage", TWO, author="\udc80")


def test_versions_of_before_are_there_and_not_deleted(tmp_path: Path) -> None:
    place = tmp_path / "old.db"
    with open_database(place) as database:
        kept = Registry(database).save("triage", ONE, author="ann")
    with sqlite3.connect(place) as connection:  # as the migration before left it
        for table in ("trace_outcomes", "traces", "experiments"):
            connection.execute(f"DROP TABLE {table}")
        for column in ("deleted", "deleted_by"):
            connection.execute(f"ALTER TABLE versions DROP COLUMN {column}")
        connection.execute("UPDATE alembic_version SET version_num = '0004'")
    connection.close()
    with open_database(place) as database:
        registry = Registry(database)
        assert registry.versions("triage") == [kept] and kept.deleted is None
        assert registry.delete("triage@1").deleted is not None


def test_a_version_that_an_experiment_runs_with_stays(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database, open_database(tmp_path / "b.db") as other:
        registry, theirs = Registry(database), Registry(other)
        for one in (ONE, TWO):
            registry.save("triage", one)
        theirs.merge(registry.lineages())
        those = Experiments(database)
        number = those.start(Experiment(0, "triage", "live", 1, 2)).number
        with pytest.raises(InputError, match="triage@2 is needed: experiment 1 runs with it"):
            registry.delete("triage@2")
        theirs.delete("triage@2")
        (merge,) = registry.merge(theirs.lineages())
        assert merge.conflicts == (
            "triage@2 is deleted there, but experiment 1 runs with it (intone prompts ab stop 1)",
        )
        assert registry.get("triage", 2).program == TWO
        those.end(number, "stopped")
        before = those.stamp()
        assert registry.delete("triage@2").deleted is not None
        assert those.stamp() != before, "whoever serves it has to look again"
        assert registry.record("triage", 2).program == {}
        with pytest.raises(NotThere, match="no triage@3"):
            registry.record("triage", 3)
