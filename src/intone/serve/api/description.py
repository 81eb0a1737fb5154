"""The API described for people: made from the OpenAPI description, without a script."""

from __future__ import annotations

import html
import json
import secrets
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from intone.serve.headers import plain_page
from intone.serve.pages.plain import document

router = APIRouter(include_in_schema=False)


@router.get("/api/v1/docs")
async def describe(request: Request) -> HTMLResponse:
    """Return the page."""
    nonce = secrets.token_urlsafe(16)
    body = "".join(_parts(request.app.openapi()))
    headers = {"content-security-policy": plain_page(nonce)}
    return HTMLResponse(document("API", body, nonce), headers=headers)


def _parts(form: dict[str, Any]) -> Iterator[str]:
    escape = html.escape
    yield f"<h1>{escape(form['info']['title'])} {escape(form['info']['version'])}</h1>"
    for paragraph in form["info"]["description"].split("\n\n"):
        yield f"<p>{escape(paragraph)}</p>"
    yield '<p>For machines: <a href="/api/v1/openapi.json">openapi.json</a></p>'
    schemas = form["components"]["schemas"]
    for path, methods in form["paths"].items():
        for method, about in methods.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
            for paragraph in about.get("description", "").split("\n\n"):
                yield f"<p>{escape(paragraph)}</p>"
            yield from _parameters(about.get("parameters", ()))
            yield from _body(about.get("requestBody"), schemas)


def _parameters(parameters: Any) -> Iterator[str]:
    for parameter in parameters:
        kind = parameter["schema"].get("type", "text")
        need = "needed" if parameter.get("required") else "optional"
        name, place = html.escape(parameter["name"]), parameter["in"]
        yield f"<p><code>{name}</code> ({place}, {kind}, {need})</p>"


def _body(body: dict[str, Any] | None, schemas: dict[str, Any]) -> Iterator[str]:
    if body is None:
        return
    reference = body["content"]["application/json"]["schema"].get("$ref", "")
    schema = schemas.get(reference.rpartition("/")[2], {})
    yield f"<p>Body: {html.escape(schema.get('description', ''))}</p>"
    shown = {"required": schema.get("required", []), "properties": schema.get("properties", {})}
    yield f'<pre tabindex="0">{html.escape(json.dumps(shown, indent=2))}</pre>'
