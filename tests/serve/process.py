"""`intone serve` as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_COMMAND = "import sys; from intone.cli.main import main; sys.exit(main(sys.argv[1:]))"


@dataclass(frozen=True)
class Process:
    """A server that listens; `token` is the one it printed."""

    process: subprocess.Popen[str]
    url: str
    token: str

    def client(self) -> httpx.Client:
        """Return a client that bears the token."""
        bearer = {"authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.url, headers=bearer, timeout=60.0)


@contextmanager
def listening(folder: Path, *options: str) -> Iterator[Process]:
    """Start a server and wait until it says where it is; it is killed in the end."""
    arguments = ["serve", "--port", "0", "--json", "--model", "fake:echo", *options]
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Process(process, **_announced(process))
    finally:
        process.kill()
        process.communicate()


def _announced(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            form = json.loads(text)
            return {"url": form["url"], "token": form["login"].partition("token=")[2]}
    raise AssertionError(process.communicate()[1])
