"""POST JSON to one address: owns connections, the key, timeouts and what a broken network means.

Knows no provider's wire format and reads no answer; what a status other than 200 means is in
`failures`. The key is held here and nowhere else: it is in no repr, no message and no identity.
aiohttp carries the calls: `benchmarks/http_client.py` measures it against httpx.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from intone.errors import BackendError, CallTimedOut, KeyRejected, SettingError, Unreachable
from intone.llm.completion import Usage
from intone.llm.request import Request

_CONNECT_SECONDS = 10.0
_HARMLESS = frozenset({"api-version"})  # query parameters that are no secrets
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Key:
    """An API key and the environment variable it came from. Prints as the variable's name."""

    variable: str
    value: str

    def __repr__(self) -> str:
        return f"Key({self.variable})"


def read_key(variable: str, what: str) -> Key:
    """Read the key from the environment.

    Raises KeyRejected, naming the variable and `what` needs it, if it is unset, empty or holds
    characters that an HTTP header cannot carry.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise KeyRejected(f"{what} needs a key: set the environment variable {variable}")
    if not (value.isascii() and value.isprintable()):
        raise KeyRejected(
            f"the key in {variable} has characters no key has; copy it again, as plain text"
        )
    return Key(variable, value)


@dataclass(frozen=True)
class Address:
    """A server's base URL. `url` never has a user, a password or a query: it can be shown.

    `sign_in` is the Basic authorisation that the user's URL carried ("user:password@"), `query`
    what came after its "?"; they are never shown.
    """

    url: str
    host: str
    query: str = ""
    sign_in: str | None = None
    password: str = ""

    def __repr__(self) -> str:
        return f"Address({self.url!r})"

    def join(self, path: str) -> str:
        """Return the URL of a path under this address, with the query."""
        return f"{self.url}/{path}" + (f"?{self.query}" if self.query else "")


def address(url: str) -> Address:
    """Split a base URL into what may be shown and what may not.

    Raises SettingError, without the password, if it is no http or https URL.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingError(f"{shown(url)!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise SettingError(f"{shown(url)!r} is not a URL; write one like http://127.0.0.1:8000/v1")
    named = f"[{host}]" if ":" in host else host
    netloc = named if port is None else f"{named}:{port}"
    sign_in, password = None, unquote(parts.password or "")
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{password}"
        sign_in = "Basic " + base64.b64encode(pair.encode()).decode()
    bare = SplitResult(parts.scheme, netloc, parts.path.rstrip("/"), "", "")
    return Address(urlunsplit(bare), netloc, parts.query, sign_in, password)


def shown(url: str) -> str:
    """Return a URL as it may be printed: without user, password and query (its version stays)."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    rest, hash_mark, name = rest.partition("#")
    name = name.partition("?")[0]
    path, _, query = rest.partition("?")
    host, slash, path = path.partition("/")
    kept = "&".join(part for part in query.split("&") if part.partition("=")[0] in _HARMLESS)
    path += f"?{kept}" if kept else ""
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}{hash_mark}{name}"


def refuse_secrets(url: str, setting: str) -> None:
    """Raise SettingError, without the secret, for an address in a model's name that may hold one.

    What names a model is shown and stored. A user, a password and every query but the version of
    the interface are taken for secrets. `setting` is where the name was given.
    """
    scheme, mark, rest = url.partition("://")
    if not mark:
        return
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    # An odd one is cut short by a "/" or a "#" in the password.
    odd = not re.fullmatch(r"(\[[^\]]*\]|[^:@]*)(:\d*)?", host)
    carries, address = "", shown(url)
    if "@" in rest.partition("#")[0] or (odd and "@" in rest):
        carries, address = "a user or a password", shown(f"{scheme}://{rest.rpartition('@')[2]}")
    elif {part.partition("=")[0] for part in re.split(r"[?&]", rest)[1:]} - _HARMLESS:
        carries = 'a query after its "?"'
    if carries:
        raise SettingError(
            f"{setting}: the address {address} carries {carries}, and addresses are shown and "
            "stored; put a key in an environment variable and name that in model.api_key_env"
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the headers (names in any case) and the body's bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class JsonClient:
    """POSTs JSON bytes to one URL over kept-alive connections.

    The session is made at the first call, inside the running loop, and sets no limit of its own
    on connections. `timeout` is in seconds and covers a whole call. Redirects are not followed,
    so the key goes to the host the user named and to no other. HTTP(S)_PROXY is honoured, except
    for loopback hosts.
    """

    def __init__(
        self,
        where: Address,
        path: str,
        headers: Mapping[str, str],
        *,
        key: Key | None,
        timeout: float,
    ) -> None:
        self.where = where
        self.key = key
        self._url = where.join(path)
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "intone",
            **headers,
        }
        if where.sign_in:
            self._headers.setdefault("Authorization", where.sign_in)
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._proxy = _proxy_for(where)
        self._closed = False

    def __repr__(self) -> str:
        return f"JsonClient({self.where.url!r})"

    def redacted(self, text: str) -> str:
        """Return the text with the key and the address's password blotted out."""
        token = (self.where.sign_in or "").partition(" ")[2]
        for secret in (self.key.value if self.key else "", token, self.where.password):
            if secret:
                text = text.replace(secret, "[key]")
        return text

    async def post(self, body: bytes) -> Reply:
        """Send one request and read the whole reply, whatever its status.

        Raises Unreachable (no connection), CallTimedOut, or a retryable BackendError if the
        connection broke off.
        """
        session = self._session
        if session is None or self._loop is not asyncio.get_running_loop():
            session = self._open()
        try:
            async with session.post(
                self._url, data=body, allow_redirects=False, proxy=self._proxy
            ) as reply:
                return Reply(reply.status, reply.headers, await reply.read())
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise Unreachable(self._no_connection(error)) from None
        except (aiohttp.InvalidURL, UnicodeError):
            host = self.where.host
            raise Unreachable(f"cannot connect to {host}: that is no host's name") from None
        except TimeoutError:
            raise CallTimedOut(
                f"no answer from {self.where.host} within {self._timeout:g} s; "
                "raise model.timeout or lower model.concurrency"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            # `from None`: aiohttp's errors hold the request, and so the key.
            sent = not isinstance(error, aiohttp.ClientHttpProxyError)
            raise BackendError(self._broken(error), retryable=True, broke_off=sent) from None

    async def close(self) -> None:
        """Close all connections. Closing twice does nothing."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise BackendError(f"the backend for {self.where.host} is closed; open it again")
        self._loop = asyncio.get_running_loop()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=self._timeout, sock_connect=min(self._timeout, _CONNECT_SECONDS)
            ),
        )
        return self._session

    def _broken(self, error: Exception) -> str:
        host = self.where.host
        if isinstance(error, aiohttp.ClientHttpProxyError):
            return f"the proxy on the way to {host} refuses ({error.status}); check HTTPS_PROXY"
        if isinstance(error, aiohttp.ClientResponseError):
            return f"{host} does not answer in HTTP; check the address"
        return f"the connection to {host} broke off before the answer was complete; try again"

    def _no_connection(self, error: Exception) -> str:
        host = self.where.host
        if isinstance(error, aiohttp.ClientProxyConnectionError):
            return f"cannot connect to {host}: its proxy is not there; check HTTPS_PROXY"
        cause = getattr(error, "os_error", None)
        if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
            return f"cannot connect to {host}: too many open files; lower model.concurrency"
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return f"cannot connect to {host}: its TLS certificate is not valid for it"
        if isinstance(error, aiohttp.ClientConnectorSSLError):
            return f"cannot connect to {host}: no TLS there; is it an http:// address?"
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            return f"cannot connect to {host}: no such host; check the address and the network"
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return f"cannot connect to {host}: it does not reply; check the address and firewall"
        why = os.strerror(cause.errno) if cause is not None and cause.errno else "no connection"
        return f"cannot connect to {host}: {why.lower()}; is the server running there?"


def _proxy_for(where: Address) -> str | None:
    parts = urlsplit(where.url)
    host = parts.hostname or ""
    if host in _LOOPBACK or proxy_bypass(host):
        return None
    proxy = getproxies().get(parts.scheme)
    if proxy is None:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not proxy.startswith(("http://", "https://")):
        variable = f"{parts.scheme.upper()}_PROXY"
        raise SettingError(f"{variable} is no http:// proxy; unset it or list {host} in NO_PROXY")
    return proxy


def estimated_usage(request: Request, text: str) -> Usage:
    """Return the usage to book when a server reports none.

    One token per two bytes of UTF-8 and four per message: above what the tokenizers in use come
    to in nearly all text (English has four bytes to a token), so that a budget in tokens is
    spent too early rather than exceeded. The answer is never more than `max_tokens`.
    """
    prompt = 4 + sum(4 + _upper(message.content) for message in request.messages)
    return Usage(prompt, min(request.sampling.max_tokens, _upper(text)))


def _upper(text: str) -> int:
    return math.ceil(len(text.encode("utf-8", "replace")) / 2)


def clean(text: str, stop: tuple[str, ...] = ()) -> str:
    """Return the text up to the first stop text, with what cannot be written as UTF-8 replaced.

    Servers differ in whether they take stop texts at all and whether they leave them in.
    """
    for mark in stop:
        if mark:
            text = text.partition(mark)[0]
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
