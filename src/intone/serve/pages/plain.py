"""Pages without any script: the log-in form and the description of the API."""

from __future__ import annotations

import html

_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
html { background: #fff; color: #111; }
a { color: #1d5d93; }
code { overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) {
  html { background: #121212; color: #eee; }
  a { color: #9cc7ee; }
}
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
input, button { font: inherit; padding: .4rem .6rem; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid; border-radius: .3rem; }
"""


def document(title: str, body: str, nonce: str) -> str:
    """Return a whole page. `body` is HTML: whatever a user wrote in it must be escaped."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{html.escape(title)} · Intone</title><style nonce="{nonce}">{_STYLE}</style>'
        f"</head><body><main>{body}</main></body></html>"
    )
