"""Writing prompt files: whole or not at all, and nothing that is no regular file replaced."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from intone.errors import InputError
from intone.prompt.files import write_whole
from intone.prompt.prompt import Prompt

PROMPT = Prompt(template="Which team? {{ body }}")


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "p.toml", tmp_path / "link.toml"
    link.symlink_to(target)
    for text in ("first", "second"):  # a link to nothing yet, then to a file
        write_whole(link, text)
        assert link.is_symlink() and target.read_text() == text
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["p.toml"]


def test_the_rights_of_a_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("old")
    path.chmod(0o640)
    write_whole(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    PROMPT.save(pipe)
    reader.join(10)
    assert "Which team?" in read[0]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    full = tmp_path / "full"
    try:
        os.mknod(full, 0o666 | stat.S_IFCHR, os.stat("/dev/full").st_rdev)
        full.open("w").close()
    except OSError:
        pytest.skip("needs the right to make a device")
    with pytest.raises(InputError, match=r"cannot write .*full: No space left on device"):
        PROMPT.save(full)
    assert stat.S_ISCHR(full.stat().st_mode)
    assert list(tmp_path.iterdir()) == [full]


def test_stdout_gets_the_prompt_wherever_it_goes(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from intone.prompt.files import write_whole; print('before'); "
        "write_whole(Path('/dev/stdout'), 'prompt\\n'); print('after')"
    )
    command = [sys.executable, "-c", code]
    piped = subprocess.run(command, capture_output=True, text=True, check=True)
    with (tmp_path / "out").open("w") as file:
        subprocess.run(command, stdout=file, check=True)
    assert piped.stdout == (tmp_path / "out").read_text() == "before\nprompt\nafter\n"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        write_whole(tmp_path, "text")
