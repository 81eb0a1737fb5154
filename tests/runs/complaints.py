"""Complaints about a prompt that explains things, and a fake that heeds what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from intone.feedback.complaint import Complaint, State
from intone.feedback.wish import Wish
from intone.llm.fake import FakeBackend
from intone.llm.request import Request
from intone.prompt import Prompt
from intone.prompt.library.library import ours
from intone.runs.feedback_ask import Ask
from intone.runs.orders import Order
from intone.runs.spec import read_spec

PROMPT = Prompt("Explain {{ topic }}.")
STRENGTHS = {entry.name: entry.strengths for entry in ours().all_clarifiers}
SHORTER = Wish("shorter", words="far too detailed")
Reply = Callable[[str, str], str]


def complaint(number: int, topic: str = "", **more: Any) -> Complaint:
    """A complaint about the answer to a topic."""
    inputs = {"topic": topic or f"topic{number:03}"}
    return Complaint("far too detailed", name="explain", inputs=inputs, number=number, **more)


def past(count: int) -> tuple[Complaint, ...]:
    """Complaints whose inputs are worth replaying."""
    return tuple(complaint(100 + n) for n in range(count))


def ask(*wishes: Wish, **settings: Any) -> Ask:
    """One complaint a wish, with ten other inputs to replay."""
    reads = [(complaint(n), (wish,)) for n, wish in enumerate(wishes or (SHORTER,), start=1)]
    return Ask(tuple(reads), **{"past": past(10), **settings})


def backend(reply: Reply, **settings: Any) -> FakeBackend:
    """A fake that is asked by (all instructions, the topic)."""

    def answer(request: Request) -> str:
        text = "\n".join(message.content for message in request.messages)
        topic = request.messages[-1].content.split("Explain ")[-1].split(".")[0]
        return reply(text, topic)

    return FakeBackend(answer, identity="explains", keep=1000, **settings)


def obedient(text: str, topic: str) -> str:
    """Answer at length, unless told to be short in the second strength or the third."""
    _, second, third = STRENGTHS["shorter"]
    return f"{topic} is {'a thing that ' * (3 if third in text else 8 if second in text else 20)}"


def order(folder: Path, said: Ask, model: FakeBackend, *, rows: int = 0, **settings: Any) -> Order:
    """An order on such a prompt; with rows, each wants its topic and "is" in the answer."""
    changes: dict[str, Any] = {name.replace("__", "."): value for name, value in settings.items()}
    data = None
    if rows:
        data = [{"topic": f"row{n:03}", "word": f"row{n:03} is"} for n in range(rows)]
        changes = {"task.target": "word", "task.grader": "contains"} | changes
    spec = read_spec(None, {"model.name": "local"} | changes, folder, alone=True)
    return Order(
        "feedback", spec, (PROMPT,), data=data, names=("explain",), backend=model, ask=said
    )


class Shelf:
    """Complaints in memory: what a book does, for tests."""

    def __init__(self, complaints: Iterable[Complaint] = ()) -> None:
        self.complaints = list(complaints)
        self.marked: dict[int, tuple[State, str]] = {}

    def list(self, open_only: bool = False, name: str | None = None) -> Sequence[Complaint]:
        return [
            it
            for it in self.complaints
            if name in (None, it.name) and not (open_only and it.number in self.marked)
        ]

    def mark(self, numbers: Iterable[int], state: State, applied: str = "") -> None:
        self.marked.update({number: (state, applied) for number in numbers})
