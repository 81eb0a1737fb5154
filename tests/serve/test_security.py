"""What must not come in, and what must not go out."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from intone.errors import SettingError
from intone.llm.fake import FakeBackend
from intone.runs.serving import Serving
from intone.runs.spec import read_spec
from intone.serve.access import Access, Tries, cookie_name, is_loopback, same_origin
from intone.serve.app import make_app
from intone.serve.bodies import MOST_BYTES
from intone.serve.gate import Gate
from intone.serve.running import Place, access_for
from tests.serve.projects import BEARER, HOST, TOKEN, Served, served

RUN = "/api/v1/prompts/triage/live:run"
BODY = {"inputs": {"body": "x"}}
ORIGIN = {"origin": f"http://{HOST}"}
ROUTES = [
    ("GET", "/api/v1/prompts"),
    ("GET", "/api/v1/prompts/triage"),
    ("GET", "/api/v1/prompts/triage/live"),
    ("POST", RUN),
    ("POST", "/api/v1/prompts/triage/live:render"),
    ("POST", "/api/v1/feedback"),
    ("POST", "/api/v1/outcomes"),
    ("GET", "/api/v1/runs"),
    ("POST", "/api/v1/runs"),
    ("GET", "/api/v1/runs/1"),
    ("GET", "/api/v1/runs/1/progress"),
    ("GET", "/api/v1/runs/1/report"),
    ("POST", "/api/v1/runs/1:pause"),
    ("POST", "/api/v1/runs/1:continue"),
    ("POST", "/api/v1/runs/1:stop"),
    ("POST", "/api/v1/runs/1:resume"),
    ("GET", "/api/v1/traces"),
    ("GET", "/api/v1/traces/x"),
    ("GET", "/api/v1/experiments"),
    ("POST", "/api/v1/experiments"),
    ("POST", "/api/v1/experiments/1:stop"),
    ("GET", "/api/v1/metrics"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/docs"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"),
    ("GET", "/"),
    ("GET", "/runs"),
    ("GET", "/nowhere"),
    ("OPTIONS", RUN),
]


def cookie(api: Served) -> dict[str, str]:
    """Return the header of a browser that has logged in."""
    return {"cookie": f"{cookie_name(HOST)}={api.access.session}"}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nothing_but_health_is_there_without_a_token(api: Served, method: str, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer "}, {"authorization": f"Basic {TOKEN}"}):
        response = api.stranger.request(method, path, headers=headers)
        assert response.status_code == 401, headers
        assert response.json()["error"]["type"] == "unauthorized"
    assert api.stranger.get("/api/v1/health").status_code == 200
    assert api.stranger.post("/api/v1/health").status_code == 401


def test_every_route_is_among_those_tried(api: Served) -> None:
    described = api.client.get("/api/v1/openapi.json").json()["paths"]
    tried = {(method, path.replace("triage", "{name}")) for method, path in ROUTES}
    for path in described:
        if path not in ("/api/v1/health", "/api/v1/experiments/{number}"):
            likely = (
                path.replace("{label}", "live").replace("{number}", "1").replace("{trace}", "x")
            )
            likely = likely.replace(":promote", ":stop")
            assert any(likely == known for _, known in tried), path


def test_wrong_tokens_are_counted(project: Path) -> None:
    clock = [0.0]
    access = Access(TOKEN, bearers=Tries(3, 60.0, lambda: clock[0]))
    with served(project, access=access) as api:
        for _ in range(3):
            assert api.stranger.get("/api/v1/runs", headers=bearer("wrong")).status_code == 401
        for token in ("wrong", TOKEN):  # a right guess is not told from a wrong one
            response = api.stranger.get("/api/v1/runs", headers=bearer(token))
            assert (response.status_code, response.headers["retry-after"]) == (429, "60")
        assert api.stranger.get("/api/v1/runs", headers=cookie(api)).status_code == 200
        clock[0] = 61.0
        assert api.client.get("/api/v1/runs").status_code == 200


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_logins_are_counted_by_themselves(project: Path) -> None:
    with served(project, access=Access(TOKEN, logins=Tries(2))) as api:
        for status in (401, 401, 429):
            assert api.stranger.get("/login?token=wrong").status_code == status
        assert api.stranger.get(f"/login?token={TOKEN}").status_code == 429
        assert api.client.get("/api/v1/runs").status_code == 200


def test_tries_are_forgotten_one_by_one() -> None:
    clock = [0.0]
    tries = Tries(2, 10.0, lambda: clock[0])
    tries.wrong("a")
    clock[0] = 5.0
    tries.wrong("a")
    assert (tries.wait("a"), tries.wait("b")) == (5, 0)
    clock[0] = 10.0
    assert tries.wait("a") == 0


def test_a_link_is_exchanged_for_a_cookie_that_is_not_the_token(api: Served) -> None:
    response = api.stranger.get(f"/login?token={TOKEN}")
    assert (response.status_code, response.headers["location"]) == (303, "/")
    made = response.headers["set-cookie"]
    assert "HttpOnly" in made and "SameSite=strict" in made and "Path=/" in made
    assert TOKEN not in made and made.startswith(f"{cookie_name(HOST)}=")
    assert "set-cookie" not in api.stranger.get("/login?token=wrong").headers


def test_the_form_logs_in_from_its_own_page_only(api: Served) -> None:
    form = {"token": TOKEN}
    assert api.stranger.post("/login", data=form, headers=ORIGIN).status_code == 303
    for headers in ({}, {"origin": "http://evil.example"}, {"origin": "null"}):
        assert api.stranger.post("/login", data=form, headers=headers).status_code == 403
    many = "&".join(f"a{i}=1" for i in range(50))
    response = api.stranger.post("/login", content=many, headers=ORIGIN)
    assert response.status_code == 400


def test_a_cookie_needs_this_servers_origin_to_change_anything(api: Served) -> None:
    mine = cookie(api)
    assert api.stranger.get("/api/v1/runs", headers=mine).status_code == 200
    assert api.stranger.post(RUN, json=BODY, headers=mine | ORIGIN).status_code == 200
    for origin in (None, "null", "http://evil.example", "http://127.0.0.1:9", f"https://x{HOST}"):
        headers = mine | ({"origin": origin} if origin else {})
        assert api.stranger.post(RUN, json=BODY, headers=headers).status_code == 403, origin
    assert api.stranger.post(RUN, json=BODY, headers=ORIGIN).status_code == 401


def test_forms_of_other_pages_cannot_be_json(api: Served) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""):
        for headers in (BEARER, cookie(api) | ORIGIN):
            response = api.stranger.post(
                RUN, content=b'{"inputs": {"body": "x"}}', headers=headers | {"content-type": kind}
            )
            assert response.status_code == 415, kind


def test_only_a_bearer_may_send_nothing(api: Served) -> None:
    path = "/api/v1/experiments/9:stop"
    assert api.client.post(path).status_code == 404
    assert api.stranger.post(path, headers=cookie(api) | ORIGIN).status_code == 415


def test_no_other_origin_is_let_in(api: Served) -> None:
    asking = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    for response in (
        api.client.request("OPTIONS", RUN, headers=asking),
        api.client.get("/api/v1/runs", headers=asking),
    ):
        assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "10.0.0.7", "", "a@b"]
)
def test_a_name_bent_to_this_machine_is_refused(api: Served, host: str) -> None:
    for client, path in ((api.client, "/api/v1/runs"), (api.stranger, "/api/v1/health")):
        response = client.get(path, headers={"host": host})
        assert response.status_code == 421
    assert api.stranger.get("/login", headers={"host": host}).status_code == 421


def test_hosts_are_those_that_were_named() -> None:
    here = Access(TOKEN)
    assert all(map(here.known_host, ("localhost", "LOCALHOST:1", "127.0.0.1:8765", "[::1]:80")))
    assert not any(map(here.known_host, ("192.168.1.2", "[fe80::1]", "localhost.evil", "x:y:z")))
    wide = Access(TOKEN, "0.0.0.0", ("Intone.example.org",))
    assert wide.known_host("intone.example.org") and wide.known_host("192.168.1.2:8765")
    assert not wide.known_host("evil.example")


def test_origins_are_compared_whole() -> None:
    assert same_origin("http://a:1", "a:1") and same_origin("https://A", "a")
    for origin in (None, "", "null", "http://a:2", "http://b@a:1", "file://a:1", "http://[", "a:1"):
        assert not same_origin(origin, "a:1"), origin


def test_bodies_are_bounded(api: Served) -> None:
    large = b'{"inputs": {"body": "' + b"x" * MOST_BYTES + b'"}}'
    json = {"content-type": "application/json"}
    response = api.client.post(RUN, content=large, headers=json)
    assert response.status_code == 413
    assert "2 MB" in response.json()["error"]["message"]

    async def drops() -> Any:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    assert api.client.post(RUN, content=drops(), headers=json).status_code == 413
    for length in ("9" * 400, "-1"):
        response = api.client.post(RUN, content=b"{}", headers=json | {"content-length": length})
        assert response.status_code in (413, 422)
    assert api.stranger.post(RUN, content=large, headers=json).status_code == 401


def test_deep_and_broken_json_is_a_clear_no(api: Served) -> None:
    json = {"content-type": "application/json"}
    for body in (b"[" * 100_000, b"{", b"\xff", b'{"inputs": ' + b"9" * 5000 + b"}", b"NaN", b""):
        response = api.client.post(RUN, content=body, headers=json)
        assert response.status_code in (400, 422), body[:20]
        assert response.json()["error"]["message"]


def test_lists_in_lists_are_read_or_refused_at_any_depth(api: Served) -> None:
    json = {"content-type": "application/json"}
    for depth in (10, *range(600, 1000, 20), 2000):
        body = b'{"inputs": {"body": ' + b"[" * depth + b"]" * depth + b"}}"
        assert api.client.post(RUN, content=body, headers=json).status_code in (200, 400, 422), (
            depth
        )


@pytest.mark.parametrize("lacks", ["", "host", "origin", "cookie"])
def test_a_websocket_needs_host_origin_and_cookie(lacks: str) -> None:
    access = Access(TOKEN)
    headers = {
        "host": HOST,
        "origin": f"http://{HOST}",
        "cookie": f"{cookie_name(HOST)}={access.session}",
    }
    wrong = {"host": "evil.example:8765", "origin": "http://evil.example", "cookie": ""}
    headers |= {name: value for name, value in wrong.items() if name == lacks}
    sent: list[Any] = []
    reached: list[str] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["path"])

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "websocket", "path": "/_nicegui_ws/", "headers": raw}
    asyncio.run(Gate(inside, access)(scope, receive, send))
    assert bool(reached) is not bool(lacks)
    assert sent == ([{"type": "websocket.close", "code": 1008}] if lacks else [])


def test_scripts_of_pages_bear_a_nonce_of_their_own() -> None:
    access = Access(TOKEN)
    page = b"<html><script>1</script><script type=module>2</script>&lt;script&gt;</html>"

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"x-nicegui-content", b"page"), (b"content-length", b"%d" % len(page))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": page})

    async def get() -> httpx.Response:
        there = httpx.ASGITransport(Gate(inside, access))
        async with httpx.AsyncClient(transport=there, base_url=f"http://{HOST}") as client:
            return await client.get("/", headers=BEARER)

    one, two = asyncio.run(get()), asyncio.run(get())
    (nonce,) = set(re.findall(r'<script nonce="([^"]+)"', one.text))
    assert one.text.count(nonce) == 2 and int(one.headers["content-length"]) == len(one.content)
    policy = one.headers["content-security-policy"]
    assert f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert nonce not in two.text


def test_every_response_makes_browsers_careful(api: Served) -> None:
    for response in (
        api.stranger.get("/api/v1/health"),
        api.stranger.get("/api/v1/runs"),
        api.client.get("/nowhere"),
        api.client.get("/api/v1/docs"),
        api.stranger.get("/login"),
        api.client.post(RUN, json={}),
    ):
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"
        assert response.headers["cache-control"] == "no-store"


def test_no_path_leads_out(api: Served) -> None:
    (api.folder / "secret.txt").write_text("the secret")
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/api/v1/prompts/..%2fsecret.txt"):
        response = api.client.get(path)
        assert response.status_code in (404, 422) and "the secret" not in response.text
    for name in ("../secret.txt", "/etc/passwd", "prompts/x.toml", "a\x00b"):
        sent = {"model": f"intone/{name}@live", "inputs": {}}
        assert api.client.post("/v1/chat/completions", json=sent).status_code == 404
        start = {"name": "triage", "label": "live", "version": name}
        assert api.client.post("/api/v1/experiments", json=start).status_code in (404, 422)


def test_what_a_user_wrote_is_text_on_a_page(api: Served) -> None:
    page = api.stranger.get(
        "/login?token=<script>alert(1)</script>", headers={"accept": "text/html"}
    )
    assert "<script" not in page.text
    response = api.client.get("/api/v1/prompts/<script>")
    assert response.headers["content-type"] == "application/json"


def test_keys_are_in_no_response_and_no_log(
    project: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-very-secret-key"
    monkeypatch.setenv("SERVED_KEY", key)
    caplog.set_level(logging.DEBUG)
    settings: dict[str, Any] = {
        "model.name": "http://127.0.0.1:9/v1#m",
        "model.api_key_env": "SERVED_KEY",
    }
    settings |= {"model.attempts": 1}
    spec = read_spec(None, settings, project, alone=True)

    async def work() -> list[httpx.Response]:
        serving = Serving.open(spec)
        app = make_app(serving, Access(TOKEN), pages=False)
        there = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=there, base_url=f"http://{HOST}") as client:
            client.headers.update(BEARER)
            found = [await client.post(RUN, json=BODY)]
            paths = ("openapi.json", "docs", "runs", "traces", "metrics", "prompts")
            found += [await client.get(f"/api/v1/{path}") for path in paths]
        await serving.close()
        return found

    responses = asyncio.run(work())
    assert responses[0].status_code == 502
    for response in responses:
        assert key not in response.text and TOKEN not in response.text
    assert key not in caplog.text and TOKEN not in caplog.text


def test_a_defect_is_one_line(project: Path) -> None:
    def broken(request: object) -> str:
        raise ZeroDivisionError("secret inside")

    with served(project, FakeBackend(broken)) as api:
        response = api.client.post(RUN, json=BODY)
        assert response.status_code == 500
        assert "Traceback" not in response.text and "secret inside" not in response.text
        assert response.json()["error"]["type"] == "defect"
        assert response.headers["x-content-type-options"] == "nosniff"


def test_others_come_in_only_with_a_token_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOD_TOKEN", "0123456789abcdef")
    monkeypatch.setenv("SHORT_TOKEN", "hunter2")
    with pytest.raises(SettingError, match="name it with --token-env"):
        access_for(Place("0.0.0.0"))
    with pytest.raises(SettingError, match="no such environment variable"):
        access_for(Place("0.0.0.0", token_env="NO_TOKEN_HERE"))
    with pytest.raises(SettingError, match="too short") as caught:
        access_for(Place(token_env="SHORT_TOKEN"))
    assert "hunter2" not in str(caught.value)
    assert access_for(Place("0.0.0.0", token_env="GOOD_TOKEN")).token == "0123456789abcdef"
    made = access_for(Place())
    assert len(made.token) > 40 and made.token not in repr(made)
    assert made.token != access_for(Place()).token
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.8.8.8", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.1", "example.org", "")))
