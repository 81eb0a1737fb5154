"""The gate before everything that is served. Owns the order of the checks.

Whatever comes in is asked for its host, its token or session, its origin and its body, in this
order, and goes on only if all are right. Whatever goes out has the headers that make browsers
careful. A request that changes something needs the bearer token, which no foreign page can make a
browser send, or the session's cookie together with this server's own origin.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intone.serve import login
from intone.serve.access import Access, same_origin
from intone.serve.bodies import MOST_BYTES, TooLarge, TooSlow, read_body
from intone.serve.headers import SAFE, app_page
from intone.serve.problems import problem

HEALTH = "/api/v1/health"
_SAFE_METHODS = ("GET", "HEAD")
_PAGE = "x-nicegui-content"


class Gate:
    """Lets through what may come in."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, _guarded(send))
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        allowed = self._access.known_host(host) and same_origin(headers.get("origin"), host)
        if allowed and self._access.right_session(_cookies(headers), host):
            await self._app(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None and scope["method"] not in _SAFE_METHODS:
            announced = Headers(scope=scope).get("content-length")
            try:
                receive = await read_body(receive, announced)
            except TooLarge:
                mega = MOST_BYTES // (1024 * 1024)
                refusal = problem(413, f"the body is larger than {mega} MB; send less at once")
            except TooSlow:
                refusal = problem(408, "the body did not come in time")
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Return what is said to a request that may not come in; None: it may."""
        path, method = scope["path"], scope["method"]
        host = headers.get("host", "")
        if not self._access.known_host(host):
            return problem(421, "the Host header names another server; use this one's address")
        if path == HEALTH and method in _SAFE_METHODS:
            return None
        changes = method not in _SAFE_METHODS
        if path == login.PATH:
            foreign = changes and not same_origin(headers.get("origin"), host)
            return problem(403, "log in from this server's own page") if foreign else None
        bearer = headers.get("authorization", "")
        if bearer:
            refusal = self._bearer(bearer, _client(scope))
        elif self._access.right_session(_cookies(headers), host):
            foreign = changes and not same_origin(headers.get("origin"), host)
            refusal = problem(403, "the request comes from another page") if foreign else None
        elif "text/html" in headers.get("accept", "") and not path.startswith(("/api/", "/v1/")):
            return login.page(401, "Log in to see this page.")
        else:
            said = "a token is needed: send the header Authorization: Bearer TOKEN"
            return problem(401, said, headers={"www-authenticate": "Bearer"})
        # A bearer's request without a body needs no word for what it is.
        needs_json = changes and not (bearer and not _has_body(headers))
        if refusal is None and needs_json and not _is_json(headers):
            return problem(415, "send JSON, with the header Content-Type: application/json")
        return refusal

    def _bearer(self, header: str, address: str) -> Response | None:
        wait = self._access.bearers.wait(address)
        if wait:
            said = f"too many wrong tokens from here; try again in {wait} s"
            return problem(429, said, headers={"retry-after": str(wait)})
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "bearer" and self._access.right_token(token.strip()):
            return None
        self._access.bearers.wrong(address)
        return problem(401, "the token is wrong", headers={"www-authenticate": "Bearer"})


def _guarded(send: Send) -> Send:
    """Return a `send` that adds the careful headers, and the nonce to an app page's scripts."""
    nonce = ""
    held: Message | None = None

    async def guarded(message: Message) -> None:
        nonlocal nonce, held
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            if _PAGE in headers:
                nonce = secrets.token_urlsafe(16)
                headers["content-security-policy"] = app_page(nonce)
                held = message  # its length changes with the body
            for name, value in SAFE.items():
                headers.setdefault(name, value)
            message["headers"] = headers.raw
            if held is not None:
                return
        elif held is not None and message["type"] == "http.response.body":
            # User text is escaped inside a page, so that each of these is a script of the page.
            mark = f'<script nonce="{nonce}"'.encode()
            marked = message.get("body", b"").replace(b"<script", mark)
            message = {**message, "body": marked}
            headers = MutableHeaders(raw=held["headers"])
            headers["content-length"] = str(len(marked))
            await send({**held, "headers": headers.raw})
            held = None
        await send(message)

    return guarded


def _is_json(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json"


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _client(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _cookies(headers: Headers) -> dict[str, str]:
    try:
        parsed = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in parsed.items()}
