"""What kind of value a section of a prompt must have. Owns the checks and their messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from intone.errors import PromptError


def text(value: object, name: str) -> str:
    """Return a text. Raises PromptError, naming the section, for anything else."""
    if not isinstance(value, str):
        raise PromptError(f"{name} must be text, not {type(value).__name__} ({value!r})")
    return value


def texts(value: object, name: str) -> dict[str, str]:
    """Return a table of texts. Raises PromptError, naming what is none."""
    if not isinstance(value, Mapping):
        raise PromptError(f"{name} must be a table of texts, not {type(value).__name__}")
    return {text(key, name): text(item, f"{name}.{key}") for key, item in value.items()}


def listed(value: object, name: str) -> tuple[object, ...]:
    """Return a list's items. Raises PromptError for one text, a table, or what is no list."""
    if isinstance(value, str):
        raise PromptError(f"{name} must be a list, not a text: write [{value!r}]")
    if isinstance(value, Mapping) or not isinstance(value, Iterable):
        raise PromptError(f"{name} must be a list, not {type(value).__name__} ({value!r})")
    return tuple(value)


def table(value: object, name: str) -> dict[str, object]:
    """Return a table of numbers, its names checked. Raises PromptError for what is none."""
    if not isinstance(value, Mapping):
        kind = type(value).__name__
        raise PromptError(f"{name} must be a table of numbers, not {kind} ({value!r})")
    return {text(key, name): item for key, item in value.items()}
