"""The headers that make a browser careful. Owns the content security policies."""

from __future__ import annotations

from collections.abc import Mapping

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For what is no page: a browser that opens it loads and runs nothing."""

REPORT = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""For a run's report: it has styles of its own and runs nothing, whatever is in it."""

SAFE: Mapping[str, str] = {
    "content-security-policy": NOTHING,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with no-referrer, forms would bear the origin "null"
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""Sent with every response that does not say otherwise."""


def plain_page(nonce: str) -> str:
    """Return the policy of a page of our own: no script, its one style sheet, its form."""
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def app_page(nonce: str) -> str:
    """Return the policy of a NiceGUI page.

    Scripts are the server's own or bear the nonce. Vue compiles templates in the browser, which
    needs 'unsafe-eval'; Quasar sets styles on elements, which needs inline styles.
    """
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    )
