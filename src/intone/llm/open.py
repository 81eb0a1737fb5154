"""Open a backend by the name a user gives it. Owns the names; each backend is its own module.

Modules load when a name needs them, so that opening a fake does not load an HTTP client.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from intone.errors import SettingError
from intone.llm.backend import Backend

NAMES: Mapping[str, str] = {
    "local": "Qwen2.5-Coder 1.5B on this machine; no account, no network",
    "local-small": "Gemma 3 270M on this machine: faster, much weaker",
    "gguf:PATH": "a GGUF file of yours on this machine",
    "openai:NAME": "OpenAI's API; the key is in OPENAI_API_KEY",
    "anthropic:NAME": "Anthropic's API; the key is in ANTHROPIC_API_KEY",
    "http://HOST/v1#NAME": "any OpenAI-compatible server (https:// too)",
    "fake:SCRIPT": "scripted answers, for tests: echo, first, random, label-in-text, or a file",
}
"""The forms a model's name may have, and what each is."""

_MAKERS = {"gpt": "openai", "chatgpt": "openai", "o1": "openai", "o3": "openai", "o4": "openai"}
_MAKERS |= {"claude": "anthropic"}


@dataclass(frozen=True, repr=False)
class ModelSettings:
    """How to reach a model.

    `name` has one of the forms in `NAMES`; `timeout` is in seconds a call; `api_key_env` names
    the environment variable with the key (default: OPENAI_API_KEY or ANTHROPIC_API_KEY; none for
    http:// servers, so that a provider's key is not sent to another server); `concurrency` is the
    most calls at once; `base_url` replaces OpenAI's or Anthropic's address, as do OPENAI_BASE_URL
    and ANTHROPIC_BASE_URL. `context` (tokens) and `threads` are for the embedded engine; None
    leaves its defaults.
    """

    name: str
    timeout: float = 60.0
    api_key_env: str | None = None
    concurrency: int = 8
    base_url: str | None = None
    context: int | None = None
    threads: int | None = None

    def __repr__(self) -> str:
        return f"ModelSettings({public_name(self.name)!r})"


def public_name(name: str) -> str:
    """Return a model's name as it may be shown and stored: a URL without its password.

    `check_name` refuses names that differ from this.
    """
    if "://" not in name:
        return name
    from intone.llm.http import shown

    return shown(name)


def check_name(name: str, setting: str = "model.name") -> None:
    """Raise SettingError, without repeating it, for a secret in a model's name.

    A name is shown and stored, and a run is taken up again by it: so no part of it may be secret.
    """
    if "://" in name:
        from intone.llm.http import refuse_secrets

        refuse_secrets(name, setting)


def check_variable(variable: str | None, setting: str = "model.api_key_env") -> None:
    """Raise SettingError, without repeating it, for what can be no environment variable's name.

    It may be the key itself.
    """
    if variable is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
        raise SettingError(f"{setting} is no variable's name; it names where the key is")


def embedded(name: str) -> bool:
    """Say whether a name stands for a model inside this process."""
    return name in ("local", "local-small") or name.startswith("gguf:")


def open_backend(settings: ModelSettings) -> Backend:
    """Open the backend that a name stands for. Nothing is connected or computed yet.

    Raises SettingError for a name of no known form (with the nearest right one) or one that holds
    a secret, KeyRejected if
    openai: or anthropic: has no key in the environment, MissingExtra if the embedded engine is
    not installed.
    """
    if not settings.timeout > 0:
        raise SettingError(f"model.timeout is {settings.timeout:g}; it must be above 0 seconds")
    if settings.concurrency < 1:
        raise SettingError(f"model.concurrency is {settings.concurrency}; it must be at least 1")
    name = settings.name.strip()
    check_name(name)
    check_variable(settings.api_key_env)
    scheme, colon, rest = name.partition(":")
    if name in ("local", "local-small") or scheme == "gguf":
        _require(rest or not colon, name, "gguf:PATH", "a path")
        return _local(name, settings)
    if scheme in ("http", "https"):
        return _server(name, settings)
    if colon and scheme == "openai":
        _require(rest, name, "openai:NAME", "the model's name")
        return _openai(rest, settings)
    if colon and scheme == "anthropic":
        _require(rest, name, "anthropic:NAME", "the model's name")
        return _anthropic(rest, settings)
    if colon and scheme == "fake":
        return _fake(rest)
    raise SettingError(_unknown(name))


def _local(name: str, settings: ModelSettings) -> Backend:
    from intone.llm.local import open_local

    told = {"context": settings.context, "threads": settings.threads}
    return open_local(name, **{key: value for key, value in told.items() if value is not None})


def _server(name: str, settings: ModelSettings) -> Backend:
    from intone.llm.http import address, read_key
    from intone.llm.openai import OpenAIBackend

    url, _, model = name.partition("#")
    where = address(url)
    if not model:
        raise SettingError(f"{where.url} names no model: add it, as in {where.url}#NAME")
    variable = settings.api_key_env
    key = read_key(variable, where.host) if variable else None
    return OpenAIBackend(
        where, model, key=key, timeout=settings.timeout, concurrency=settings.concurrency
    )


def _openai(model: str, settings: ModelSettings) -> Backend:
    from intone.llm.http import address, read_key
    from intone.llm.openai import OpenAIBackend

    where = address(_base(settings, "OPENAI_BASE_URL", "https://api.openai.com/v1"))
    key = read_key(settings.api_key_env or "OPENAI_API_KEY", f"openai:{model}")
    return OpenAIBackend(
        where, model, key=key, timeout=settings.timeout, concurrency=settings.concurrency
    )


def _anthropic(model: str, settings: ModelSettings) -> Backend:
    from intone.llm.anthropic import AnthropicBackend
    from intone.llm.http import address, read_key

    where = address(_base(settings, "ANTHROPIC_BASE_URL", "https://api.anthropic.com"))
    key = read_key(settings.api_key_env or "ANTHROPIC_API_KEY", f"anthropic:{model}")
    return AnthropicBackend(
        where, model, key=key, timeout=settings.timeout, concurrency=settings.concurrency
    )


def _fake(script: str) -> Backend:
    from intone.llm.fake import BUILT_IN, FakeBackend
    from intone.llm.script import open_script

    if script in BUILT_IN:
        return FakeBackend(BUILT_IN[script], identity=script)
    path = Path(script)
    if script and (path.is_file() or path.suffix == ".toml"):
        return open_script(path)
    near = difflib.get_close_matches(script, BUILT_IN, 1)
    meant = f"; did you mean fake:{near[0]}?" if near else ""
    known = ", ".join(f"fake:{name}" for name in BUILT_IN)
    raise SettingError(f"no fake script {script!r}{meant}; there are {known}, or a TOML file")


def _base(settings: ModelSettings, variable: str, default: str) -> str:
    return settings.base_url or os.environ.get(variable, "").strip() or default


def _require(there: object, name: str, form: str, what: str) -> None:
    if not there:
        raise SettingError(f"model {name!r} lacks {what}: write {form}")


def _unknown(name: str) -> str:
    scheme, colon, rest = name.partition(":")
    there = "there are " + ", ".join(NAMES)
    shown = public_name(name).rpartition("@")[2] if "@" in name else name
    kinds = ["local", "local-small", "gguf", "openai", "anthropic", "http", "https", "fake"]
    for start, maker in _MAKERS.items():
        if name.startswith(start):
            return f"unknown model {shown!r}; did you mean {maker}:{name}? ({there})"
    if name.lower().endswith(".gguf"):
        return f"unknown model {shown!r}; did you mean gguf:{name}? ({there})"
    near = difflib.get_close_matches(scheme.lower(), kinds, 1)
    if near:
        meant = near[0] + (f":{rest}" if colon and not rest.count("@") else "")
        return f"unknown model {shown!r}; did you mean {meant}? ({there})"
    return f"unknown model {shown!r}; {there}"
