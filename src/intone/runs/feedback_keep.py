"""From a proposal to a version: what takes a person's yes, and how to go back.

Owns when a proposal may be applied without being asked about, what is written where, and which
command undoes it. Trying changes is `feedback_apply`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from intone.errors import InputError
from intone.runs.feedback_ask import Book
from intone.store.author import login_name
from intone.store.database import Database
from intone.store.registry import Registry, name_from
from intone.store.runs import Runs

LABEL = "current"
"""The label that is moved where the prompt was not named by one."""

_OPTIONS = {"unproven": "--accept-unproven", "words": "--accept-words"}


def held_back(result: Mapping[str, Any], accepted: Collection[str]) -> str:
    """Return why a proposal may not be applied without asking, "" if it may.

    `accepted` are the kinds of doubt (unproven, words) that were accepted beforehand. Words that
    read like instructions to the model are never accepted beforehand.
    """
    for ask in result["asks"]:
        if ask["what"] not in accepted:
            option = _OPTIONS.get(ask["what"])
            way = f"accept it with {option}" if option else "only a person can, when asked"
            return f"{ask['wish']}: {ask['why']}; {way}"
    return ""


def keep_proposal(
    database: Database,
    book: Book | None,
    result: Mapping[str, Any],
    label: str | None = None,
    author: str | None = None,
) -> dict[str, Any]:
    """Make a version of a run's proposal, move the label to it, mark the complaints applied.

    `label` is the one the prompt was named by (default: `LABEL`, put on the version before first,
    so that there is a way back), `author` who said yes (default: the user's login name). Returns
    the result with where it went, which the run's record keeps too. Raises InputError where there
    is nothing to apply.
    """
    if result["proposal"] is None:
        raise InputError(f"run {result['run']} proposes no change, so there is nothing to apply")
    registry = Registry(database)
    name, author = name_from(result["name"]), login_name() if author is None else author
    before = registry.find(name, result["prompt_id"]) or registry.save(
        name, result["prompt"], run=result["run"], author=author
    )
    if label is None:
        label = LABEL
        if registry.labels(name).get(label) != before.number:
            registry.label(name, label, before.number, author)
    saved = registry.save(
        name,
        result["proposal"],
        parent=before.ref,
        edits=result["edit"]["edits"],
        verdict=_verdict(result),
        run=result["run"],
        author=author,
    )
    registry.label(name, label, saved.number, author)
    if book is not None and result["answers"]:
        book.mark(result["answers"], "applied", applied=saved.ref)
    kept = {
        "accepted": True,
        "prompt_id": saved.program_id,
        "version": saved.ref,
        "label": f"{name}@{label}",
        "undo": f"intone prompts rollback {name} {label}",
    }
    runs = Runs(database)
    record = runs.get(result["run"])
    runs.end(result["run"], "stopped" if record.state == "stopped" else "done", {**result, **kept})
    runs.note(result["run"], "applied", {"version": saved.ref})
    return {**result, **kept}


def newer(database: Database, name: str, prompt_id: str) -> str | None:
    """Return the version that `LABEL` is at if complaints led from a prompt to it, else None."""
    registry = Registry(database)
    if registry.labels(name).get(LABEL) is None:
        return None
    version = registry.get(name, LABEL)
    if version.program_id == prompt_id or (version.verdict or {}).get("kind") != "feedback":
        return None
    return version.ref


def _verdict(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a version keeps of how it came about: the complaints, the checks, the score."""
    return {
        "kind": "feedback",
        "complaints": list(result["answers"]),
        "wishes": [check["wish"] for check in result["checks"]],
        "checks": list(result["checks"]),
        "task": result["task"],
        "accepted_in_spite_of": list(result["asks"]),
    }
