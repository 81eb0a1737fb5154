"""Logging in with a browser: the token is exchanged for a cookie of this process.

Owns the page, the cookie, and that guesses are counted. The page has no script.
"""

from __future__ import annotations

import html
import secrets
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from intone.serve.access import Access, cookie_name
from intone.serve.headers import plain_page
from intone.serve.pages.plain import document

PATH = "/login"

router = APIRouter(include_in_schema=False)


@router.get(PATH)
async def by_link(request: Request, token: str | None = None) -> Response:
    """Log in by the link that the server printed, or show the form."""
    if token is None:
        return page(200, "Log in to Intone.")
    return _enter(request, token)


@router.post(PATH)
async def by_form(request: Request) -> Response:
    """Log in by the form."""
    try:
        sent = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:  # so many fields are no form of ours
        return page(400, "That is not the form's content.")
    return _enter(request, sent.get("token", [""])[0])


def page(status: int, said: str) -> HTMLResponse:
    """Return the page with the form."""
    nonce = secrets.token_urlsafe(16)
    body = (
        f"<h1>Intone</h1><p>{html.escape(said)}</p>"
        f'<form method="post" action="{PATH}">'
        '<label for="token">Token</label> '
        '<input id="token" name="token" type="password" autocomplete="off" required autofocus> '
        "<button>Log in</button></form>"
        "<p>The link with the token was printed where the server was started.</p>"
    )
    headers = {"content-security-policy": plain_page(nonce)}
    return HTMLResponse(document("Log in", body, nonce), status, headers=headers)


def _enter(request: Request, token: str) -> Response:
    access: Access = request.app.state.access
    address = request.client.host if request.client else ""
    wait = access.logins.wait(address)
    if wait:
        response = page(429, f"Too many wrong tokens; try again in {wait} seconds.")
        response.headers["retry-after"] = str(wait)
        return response
    if not access.right_token(token.strip()):
        access.logins.wrong(address)
        return page(401, "That token is wrong.")
    entered = RedirectResponse("/", 303)
    entered.set_cookie(
        cookie_name(request.headers.get("host", "")),
        access.session,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    return entered
