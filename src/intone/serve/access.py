"""Who may come in: the token, the browser's session, the hosts, and how often one may guess.

Owns these decisions as plain questions; the order in which they are asked is `gate`'s.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LEAST_TOKEN = 16
"""Characters that a token of one's own must have."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    """Say whether an address or name is this machine's own and no other's."""
    if host == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


@dataclass
class Tries:
    """Counts wrong tokens by address: at most `most` in `window` seconds."""

    most: int = 20
    window: float = 60.0
    clock: Callable[[], float] = time.monotonic
    _wrong: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def wait(self, address: str) -> int:
        """Return for how many seconds an address must not try again; 0: it may."""
        times = self._recent(address)
        if len(times) < self.most:
            return 0
        return max(1, math.ceil(times[0] + self.window - self.clock()))

    def wrong(self, address: str) -> None:
        """Count a wrong token."""
        self._recent(address).append(self.clock())

    def _recent(self, address: str) -> deque[float]:
        times = self._wrong.setdefault(address, deque(maxlen=self.most))
        self._wrong.move_to_end(address)
        while len(self._wrong) > 10_000:  # addresses remembered
            self._wrong.popitem(last=False)
        while times and times[0] <= self.clock() - self.window:
            times.popleft()
        return times


@dataclass(frozen=True)
class Access:
    """What it takes to come in.

    `token` is what programs bear and people log in with. `host` is where the server listens, and
    `names` are other names it is reached by. A browser's cookie holds `session`, a secret of this
    process, so that the token is in no browser.
    """

    token: str
    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    bearers: Tries = field(default_factory=Tries)
    logins: Tries = field(default_factory=Tries)

    def __repr__(self) -> str:
        return f"Access(host={self.host!r}, names={self.names!r})"  # the token is never printed

    def right_token(self, given: str) -> bool:
        """Compare a token in constant time."""
        return _same(given, self.token)

    def right_session(self, cookies: Mapping[str, str], host: str) -> bool:
        """Say whether a browser has logged in here."""
        return _same(cookies.get(cookie_name(host), ""), self.session)

    def known_host(self, host: str) -> bool:
        """Say whether a Host header names this server, and not a name somebody bent to it.

        Names are known ones only. An address cannot be bent; on loopback only loopback's will do.
        """
        name = _hostname(host)
        if name is None:
            return False
        if name in _LOOPBACK or name == self.host.lower() or name in map(str.lower, self.names):
            return True
        address = _address(name)
        if address is None:
            return False
        return address.is_loopback or not is_loopback(self.host)


def new_token() -> str:
    """Return a token that nobody can guess (256 bits)."""
    return secrets.token_urlsafe(32)


def cookie_name(host: str) -> str:
    """Return the cookie's name: browsers share cookies between the ports of a host."""
    port = host.rpartition(":")[2]
    return f"intone-{port}" if port.isdecimal() else "intone"


def same_origin(origin: str | None, host: str) -> bool:
    """Say whether an Origin header is the page of this very host and port."""
    if not origin:
        return False
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _same(given: str, right: str) -> bool:
    raw = given.encode("utf-8", "surrogatepass")
    return hmac.compare_digest(raw, right.encode("utf-8", "surrogatepass"))


def _hostname(host: str) -> str | None:
    if not host or any(c in host for c in "/@?# \\"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
