"""Listening: the socket, the server, and a clean stop. Owns where one may listen and with what."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

import uvicorn

from intone.errors import SettingError
from intone.runs.serving import Serving
from intone.runs.spec import Spec
from intone.serve.access import LEAST_TOKEN, Access, is_loopback, new_token
from intone.serve.app import make_app

_STOP = 10  # seconds that requests under way get when the server is told to end


@dataclass(frozen=True)
class Place:
    """Where to listen. `token_env` names the variable with the token; None: a random one."""

    host: str = "127.0.0.1"
    port: int = 8765
    token_env: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """Where the server is to be found. `login` has the token, if it is a random one."""

    url: str
    login: str


def access_for(place: Place) -> Access:
    """Return what it takes to come in.

    Raises SettingError where others could come in without a token that was chosen, and for a token
    that can be guessed.
    """
    if place.token_env is None:
        if not is_loopback(place.host):
            raise SettingError(
                f"--host {place.host} lets other machines in: put a token into an environment "
                "variable and name it with --token-env"
            )
        return Access(new_token(), place.host, place.names)
    token = os.environ.get(place.token_env, "").strip()
    if not token:
        raise SettingError(f"--token-env {place.token_env}: there is no such environment variable")
    if len(token) < LEAST_TOKEN:
        raise SettingError(
            f"the token in {place.token_env} is too short: take {LEAST_TOKEN} characters or more"
        )
    return Access(token, place.host, place.names)


def serve(spec: Spec, place: Place, announce: Callable[[Opened], None]) -> None:
    """Serve a project until SIGTERM or Ctrl-C. Raises IntoneError if it cannot begin.

    `announce` is called once, when the server listens.
    """
    access = access_for(place)
    listening = _listen(place)
    try:
        asyncio.run(_serve(spec, place, access, listening, announce))
    finally:
        listening.close()


async def _serve(
    spec: Spec,
    place: Place,
    access: Access,
    listening: socket.socket,
    announce: Callable[[Opened], None],
) -> None:
    app = make_app(Serving.open(spec), access)
    config = uvicorn.Config(
        app,
        access_log=False,  # an address may hold the token
        log_level="warning",
        proxy_headers=False,  # nobody's word for an address but the connection's
        server_header=False,
        timeout_graceful_shutdown=_STOP,
        ws="websockets-sansio",
    )
    server = _Server(config)
    host = f"[{place.host}]" if ":" in place.host else place.host
    url = f"http://{host}:{listening.getsockname()[1]}"
    login = f"{url}/login" + (f"?token={access.token}" if place.token_env is None else "")
    server.ready = lambda: announce(Opened(url, login))
    await server.serve(sockets=[listening])


class _Server(uvicorn.Server):
    """A server for which being told to end is no failure."""

    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        def stop(number: int, frame: FrameType | None) -> None:
            self.should_exit = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(place: Place) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        return socket.create_server((place.host, place.port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingError(
            f"cannot listen on {place.host}, port {place.port}: {reason}; "
            "give another --port (0 takes a free one) or --host"
        ) from None
    except OverflowError:
        raise SettingError(f"--port is {place.port}; it must be 0 to 65535") from None
