"""Opening a backend by name."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from intone.errors import KeyRejected, SettingError
from intone.llm.anthropic import AnthropicBackend
from intone.llm.fake import FakeBackend
from intone.llm.messages import Message
from intone.llm.open import NAMES, ModelSettings, check_name, open_backend, public_name
from intone.llm.openai import OpenAIBackend
from intone.llm.request import Request
from tests.llm.servers import AnthropicServer, OpenAIServer

HELLO = Request((Message("user", "hello"),))
KEY = "sk-secret-0123456789"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for maker in ("OPENAI", "ANTHROPIC"):
        monkeypatch.delenv(f"{maker}_API_KEY", raising=False)
        monkeypatch.delenv(f"{maker}_BASE_URL", raising=False)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("locl", "did you mean local?"),
        ("opnai:gpt-5", "did you mean openai:gpt-5?"),
        ("gpt-5-mini", "did you mean openai:gpt-5-mini?"),
        ("claude-sonnet-5", "did you mean anthropic:claude-sonnet-5?"),
        ("models/tiny.gguf", "did you mean gguf:models/tiny.gguf?"),
        ("zzz", "there are local, local-small"),
        ("", "there are local"),
        ("openai:", "openai:NAME"),
        ("anthropic:", "anthropic:NAME"),
        ("gguf:", "gguf:PATH"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1#NAME"),
        ("http://127.0.0.1:99999/v1#m", "is not a URL"),
        ("http://#m", "is not a URL"),
        ("fake:ecko", "did you mean fake:echo?"),
        ("fake:", "fake:echo"),
        ("fake:none.toml", "no such file"),
    ],
)
def test_a_wrong_name_gets_one_line_with_the_right_one(name: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        open_backend(ModelSettings(name))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "variable"), [("openai:m", "OPENAI_API_KEY"), ("anthropic:m", "ANTHROPIC_API_KEY")]
)
def test_a_missing_key_names_its_variable(
    name: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyRejected, match=variable):
        open_backend(ModelSettings(name))
    with pytest.raises(KeyRejected, match="OTHER_KEY"):
        open_backend(ModelSettings(name, api_key_env="OTHER_KEY"))
    monkeypatch.setenv(variable, "sk-\u201cquoted\u201d")
    with pytest.raises(KeyRejected, match="characters") as caught:
        open_backend(ModelSettings(name))
    assert "quoted" not in str(caught.value)


def test_keys_and_addresses_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with OpenAIServer(key=KEY) as one, AnthropicServer(key=KEY) as two:
            monkeypatch.setenv("OPENAI_BASE_URL", one.url)
            monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
            monkeypatch.setenv("ANTHROPIC_BASE_URL", two.url.replace("//", "//user:hush@") + "/")
            monkeypatch.setenv("OTHER", KEY)
            for settings, kind in [
                (ModelSettings("openai:m"), OpenAIBackend),
                (ModelSettings("anthropic:m", api_key_env="OTHER"), AnthropicBackend),
            ]:
                backend = open_backend(settings)
                assert isinstance(backend, kind)
                assert (await backend.complete(HELLO)).text == "billing"
                assert "hush" not in f"{backend!r} {backend.identity} {settings!r}"
                await backend.close()
            assert two.headers[0]["Authorization"].startswith("Basic ")
            assert two.paths == ["/v1/messages"]

    asyncio.run(run())


def test_other_servers_get_no_key_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MY_KEY", "mine")

    async def run() -> None:
        async with OpenAIServer() as server:
            for settings in (
                ModelSettings(f"{server.url}#m"),
                ModelSettings(f"{server.url}#m", api_key_env="MY_KEY"),
                ModelSettings(f"{server.url}?api-version=1#m"),
            ):
                backend = open_backend(settings)
                await backend.complete(HELLO)
                assert backend.identity == f"{server.url}#m"
                await backend.close()
            sent = [headers.get("Authorization", "") for headers in server.headers]
            assert sent == ["", "Bearer mine", ""]
            assert server.paths[2].endswith("/chat/completions?api-version=1")

    asyncio.run(run())


def test_passwords_are_in_no_message() -> None:
    for name in ("http://user:hush@host/v1", "htp://user:hush@host/v1#m", "http://u:hush@#m"):
        with pytest.raises(SettingError) as caught:
            open_backend(ModelSettings(name))
        assert "hush" not in str(caught.value)
    for hidden in ("https://u:hush@h/v1?key=hush#m", "https://h/v1#m?key=hush"):
        assert public_name(hidden) == "https://h/v1#m"
    assert public_name("openai:m@1") == "openai:m@1"


@pytest.mark.parametrize(
    "name",
    [
        "http://user:hush@127.0.0.1:8/v1#m",
        "https://hush@host/v1#m",
        "http://user:hu/sh-hush@host/v1#m",
        "http://user:hu#sh-hush@host/v1#m",
        "http://127.0.0.1:8/v1?key=hush#m",
        "http://127.0.0.1:8/v1?api-version=1&sig=hush#m",
        "http://127.0.0.1:8/v1#m?key=hush",
        "HTTP://user:hush@host/v1?key=hush#m",
    ],
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(SettingError, match="in an environment variable") as caught:
        open_backend(ModelSettings(name))
    assert "hush" not in str(caught.value)


def test_what_is_no_secret_in_an_address_stays() -> None:
    for name in (
        "http://[::1]:8000/v1#m",
        "https://host/v1/accounts/7#@cf/meta/llama",
        "https://host/v1?api-version=2026-01-01#m",
    ):
        check_name(name)
        assert public_name(name) == name


def test_settings_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingError, match="timeout is 0"):
        open_backend(ModelSettings("fake:echo", timeout=0))
    with pytest.raises(SettingError, match="concurrency is 0"):
        open_backend(ModelSettings("fake:echo", concurrency=0))
    with pytest.raises(SettingError, match="api_key_env") as caught:
        open_backend(ModelSettings("openai:m", api_key_env=KEY))
    assert KEY not in str(caught.value)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://u:hush@proxy:1")
    with pytest.raises(SettingError, match="HTTPS_PROXY") as caught:
        open_backend(ModelSettings("https://example.org/v1#m"))
    assert "hush" not in str(caught.value)


def test_fakes_open_by_name_and_by_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text("answer = 'yes'")
    for name, said in (("fake:echo", "hello"), (f"fake:{path}", "yes")):
        backend = open_backend(ModelSettings(name))
        assert isinstance(backend, FakeBackend)
        assert asyncio.run(backend.complete(HELLO)).text == said


def test_every_name_has_a_description() -> None:
    assert {name.partition(":")[0] for name in NAMES} == {
        *("local", "local-small", "gguf", "openai", "anthropic", "http", "fake")
    }


def test_opening_a_fake_loads_no_http_client() -> None:
    code = (
        "import sys; from intone.llm.open import *; open_backend(ModelSettings('fake:echo')); "
        "assert not {'aiohttp', 'xllamacpp', 'numpy', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
