"""A project with prompts to serve, a fake model, and a client to call it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from intone.llm.backend import Backend
from intone.llm.fake import FakeBackend
from intone.prompt.prompt import Prompt
from intone.runs.project import Project
from intone.runs.serving import Serving
from intone.runs.spec import read_spec
from intone.serve.access import Access
from intone.serve.app import make_app
from intone.store.registry import Registry

TOKEN = "a-token-for-tests-only"
HOST = "127.0.0.1:8765"
BEARER = {"authorization": f"Bearer {TOKEN}"}


class Client:
    """Calls an app in this process, from code that is not async. Keeps no cookies."""

    def __init__(
        self, app: FastAPI, loop: asyncio.Runner, headers: dict[str, str], address: str
    ) -> None:
        self._app, self._loop, self._headers, self._address = app, loop, headers, address

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._loop.run(self._request(method, path, more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    async def _request(self, method: str, path: str, more: dict[str, Any]) -> httpx.Response:
        there = httpx.ASGITransport(self._app, False, client=(self._address, 50_000))
        base = f"http://{HOST}"
        async with httpx.AsyncClient(transport=there, base_url=base) as client:
            headers = self._headers | dict(more.pop("headers", {}))
            return await client.request(method, path, headers=headers, **more)


@dataclass(frozen=True)
class Served:
    """An app under test: `client` bears the token, `stranger` brings nothing."""

    client: Client
    stranger: Client
    access: Access
    folder: Path

    def run(self, which: str = "live", **body: Any) -> dict[str, Any]:
        """Ask the prompt `triage` and return the answer."""
        sent = {"inputs": {"body": "my parcel is late"}} | body
        response = self.client.post(f"/api/v1/prompts/triage/{which}:run", json=sent)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer


def write_prompts(folder: Path) -> None:
    """Keep two versions of `triage`, the first labelled live, and `pair` with two variables."""
    with Project(folder).open() as database:
        registry = Registry(database)
        registry.save("triage", Prompt("Which team?\n\n{{ body }}").canonical())
        registry.label("triage", "live")
        registry.save("triage", Prompt("Which one team?\n\n{{ body }}").canonical())
        registry.save("pair", Prompt("{{ first }} or {{ second }}?").canonical())


def says(request: Any) -> str:
    """Answer with the last line in capitals: what was asked can be told from the answer."""
    return str(request.messages[-1].content.splitlines()[-1].upper())


@contextmanager
def served(
    folder: Path,
    backend: Backend | None = None,
    access: Access | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Served]:
    """Serve the project in a folder."""
    spec = read_spec(None, {"model.name": "fake:echo", **(settings or {})}, folder, alone=True)
    access = access or Access(TOKEN)
    serving = Serving.open(spec, backend=backend or FakeBackend(says, identity="says"))
    app = make_app(serving, access, pages=False)
    with asyncio.Runner() as loop:
        client, stranger = (Client(app, loop, h, "127.0.0.1") for h in (BEARER, {}))
        try:
            yield Served(client, stranger, access, folder)
        finally:
            loop.run(serving.close())
