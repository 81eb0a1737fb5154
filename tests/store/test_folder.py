"""A registry as files: an exact round trip, merging, conflicts, and nothing half-written."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from intone.errors import InputError
from intone.prompt.prompt import Prompt
from intone.store import Registry, open_database
from intone.store.folder import read, write
from tests.strategies import registry_steps

ONE, TWO, THREE = ({"template": text} for text in ("one", "two é", "three"))


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with open_database(tmp_path / "a.db") as database:
        yield Registry(database)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Registry]:
    with open_database(tmp_path / "b.db") as database:
        yield Registry(database)


def files(folder: Path) -> dict[str, bytes]:
    there = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in there}


def play(registry: Registry, steps: list[tuple[str, Any]]) -> None:
    """Do what can be done of some steps."""
    for kind, arguments in steps:
        try:
            getattr(registry, kind)(*arguments[0], **arguments[1])
        except InputError:
            pass  # such a version is not there, or is held


@given(registry_steps())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_exported_and_imported_is_the_same(steps: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_database(folder / "a.db") as one, open_database(folder / "b.db") as two:
            ours, theirs = Registry(one), Registry(two)
            play(ours, steps)
            write(folder / "out", ours.lineages())
            if not ours.lineages():
                return
            merges = theirs.merge(read(folder / "out", "nobody"))
            assert [it.conflicts for it in merges] == [()] * len(merges)
            assert theirs.lineages() == ours.lineages()
            for mine, its in zip(ours.lineages(), theirs.lineages(), strict=True):
                for version, copy in zip(mine.versions, its.versions, strict=True):
                    # the order of the codes' labels is a prompt's own
                    assert list(copy.program.get("codes", ())) == list(
                        version.program.get("codes", ())
                    )
            again = theirs.merge(read(folder / "out", "nobody"))
            assert not any(it.changes or it.conflicts or it.notes for it in again)
            write(folder / "again", theirs.lineages())
            assert files(folder / "again") == files(folder / "out")


def test_the_files_can_be_read_by_people_and_loaded_as_prompts(
    registry: Registry, tmp_path: Path
) -> None:
    prompt = Prompt("Which team?\n\n{{ body }}", clarifiers=["Be brief."])
    registry.save("triage", prompt.canonical(), author="ann")
    registry.save("triage", {"template": "half \ud83d"}, parent="triage@1", author="bob")
    registry.label("triage", "production", 1, "ann")
    assert write(tmp_path / "out", registry.lineages()) == [tmp_path / "out" / "triage"]
    assert [*files(tmp_path / "out")] == ["triage/1.toml", "triage/2.json", "triage/index.json"]
    assert Prompt.load(tmp_path / "out" / "triage" / "1.toml") == prompt
    index = json.loads((tmp_path / "out" / "triage" / "index.json").read_text())
    assert index["labels"] == {"production": 1}
    assert index["versions"]["2"]["parent"] == "triage@1"


def test_what_is_new_there_comes_in_and_what_is_new_here_stays(
    registry: Registry, other: Registry, tmp_path: Path
) -> None:
    registry.save("triage", ONE, author="ann")
    registry.label("triage", "live", 1, "ann")
    write(tmp_path / "out", registry.lineages())
    other.merge(read(tmp_path / "out", "x"))
    registry.save("triage", TWO, parent="triage@1", author="ann")
    registry.label("triage", "live", 2, "ann")
    write(tmp_path / "out", registry.lineages())
    other.save("another", THREE)
    (it,) = other.merge(read(tmp_path / "out", "x"))
    assert [version.ref for version in it.new] == ["triage@2"] and len(it.moves) == 1
    assert other.labels("triage") == {"live": 2}
    assert [v.ref for v in other.names()] == ["another@1", "triage@2"]
    # the one name whose folder is given
    write(tmp_path / "out", other.lineages())
    assert [it.name for it in read(tmp_path / "out" / "another", "x")] == ["another"]


def test_a_conflict_lets_nothing_in(registry: Registry, other: Registry, tmp_path: Path) -> None:
    registry.save("triage", ONE)
    registry.save("fresh", ONE)
    registry.label("triage", "live", 1)
    registry.save("triage", TWO)
    registry.label("triage", "live", 2)
    write(tmp_path / "out", registry.lineages())
    other.save("triage", ONE)
    other.save("triage", THREE)
    other.save("triage", ONE)
    other.label("triage", "live", 3)
    before = other.lineages()
    merges = other.merge(read(tmp_path / "out", "x"))
    told = [conflict for it in merges for conflict in it.conflicts]
    assert "triage@2 is another prompt here" in told[0]
    assert told[1] == "triage@live went different ways: it is at 3 here and at 2 there"
    assert other.lineages() == before
    with pytest.raises(InputError, match=r"triage holds what is not here \(triage@2 is another"):
        write(tmp_path / "out", other.lineages())


def test_a_deletion_travels_unless_something_holds_the_version(
    registry: Registry, other: Registry, tmp_path: Path
) -> None:
    for program in (ONE, TWO, THREE):
        registry.save("triage", program)
    write(tmp_path / "out", registry.lineages())
    other.merge(read(tmp_path / "out", "x"))
    registry.delete("triage@2", "ann")
    write(tmp_path / "out", registry.lineages())
    assert "triage/2.toml" not in files(tmp_path / "out")
    other.label("triage", "live", 2)
    (it,) = other.merge(read(tmp_path / "out", "x"))
    assert it.conflicts == ("triage@2 is deleted, but the label 'live' is at it",)
    assert other.get("triage", 2).program == TWO
    other.label("triage", "live", 1)
    (it,) = other.merge(read(tmp_path / "out", "x"))
    assert it.conflicts == () and [version.ref for version in it.gone] == ["triage@2"]
    with pytest.raises(InputError, match=r"triage@2 was deleted on .* by ann"):
        other.get("triage", 2)
    # deleted here, there still: it stays deleted
    other.delete("triage@3")
    (it,) = other.merge(read(tmp_path / "out", "x"))
    assert it.notes == ("triage@3 was deleted here and stays so",) and not it.changes


def test_an_export_never_takes_away_what_only_the_folder_knows(
    registry: Registry, other: Registry, tmp_path: Path
) -> None:
    registry.save("triage", ONE)
    registry.save("triage", TWO)
    write(tmp_path / "out", registry.lineages())
    (tmp_path / "out" / "README.md").write_text("ours")
    other.save("triage", ONE)
    with pytest.raises(InputError, match=r"holds what is not here \(triage@2\)"):
        write(tmp_path / "out", other.lineages())
    assert (tmp_path / "out" / "README.md").read_text() == "ours"


def test_a_label_put_elsewhere_by_hand_is_a_move(registry: Registry, tmp_path: Path) -> None:
    registry.save("triage", ONE)
    registry.save("triage", TWO)
    registry.label("triage", "live", 1)
    write(tmp_path / "out", registry.lineages())
    path = tmp_path / "out" / "triage" / "index.json"
    path.write_text(path.read_text().replace('"live": 1', '"live": 2'))
    with pytest.raises(InputError, match="moves of labels"):
        write(tmp_path / "out", registry.lineages())
    registry.merge(read(tmp_path / "out", "ann"))
    assert registry.labels("triage") == {"live": 2}
    assert registry.history("triage")[-1].author == "ann"
    assert not any(it.changes for it in registry.merge(read(tmp_path / "out", "ann")))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"format": 1', '"format": 2', "index.json: format: "),
        ('"version": 1', '"version": 7', "moved to triage@7, which is not in the index"),
        ('"name": "triage"', '"name": "../x"', "'../x' cannot be a name"),
        ('"label": "live"', '"label": "a b"', "'a b' cannot be a label"),
        ('"back": false', '"back": true', "never its place"),
        ('"format"', "format", "index.json is not valid JSON"),
    ],
)
def test_an_index_that_cannot_be(
    registry: Registry, tmp_path: Path, old: str, new: str, said: str
) -> None:
    registry.save("triage", ONE)
    registry.label("triage", "live", 1)
    write(tmp_path, registry.lineages())
    path = tmp_path / "triage" / "index.json"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError) as caught:
        read(tmp_path, "x")
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_versions_that_were_changed_or_lost(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read(tmp_path / "out", "x")
    with pytest.raises(InputError, match="holds no prompts"):
        read(tmp_path, "x")
    registry.save("triage", ONE)
    write(tmp_path / "out", registry.lineages())
    path = tmp_path / "out" / "triage" / "1.toml"
    path.write_text('template = "changed"\n')
    with pytest.raises(InputError, match=r"1\.toml is not what triage@1 was: versions never"):
        read(tmp_path / "out", "x")
    path.write_text("template = ")
    with pytest.raises(InputError, match=r"1\.toml cannot be read"):
        read(tmp_path / "out", "x")
    path.unlink()
    with pytest.raises(InputError, match=r"cannot read .*1\.toml"):
        read(tmp_path / "out", "x")


def test_names_that_some_file_systems_take_for_one(registry: Registry, tmp_path: Path) -> None:
    for name in ("triage", "Triage"):
        registry.save(name, ONE)
    places = write(tmp_path / "out", registry.lineages())
    assert len({place.name.casefold() for place in places}) == 2
    assert write(tmp_path / "out", registry.lineages()) == places
    assert read(tmp_path / "out", "x") == registry.lineages()


def test_a_parent_of_another_name_has_to_be_there(
    registry: Registry, other: Registry, tmp_path: Path
) -> None:
    registry.save("base", ONE)
    registry.save("triage", TWO, parent="base@1")
    write(tmp_path / "out", registry.lineages())
    (it,) = other.merge(read(tmp_path / "out" / "triage", "x"))
    assert it.conflicts == ("triage@1 was made from base@1, which is not there",)
    assert other.lineages() == []
