"""Writers for tests of whoever uses one: no model, no wording, the same every time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from intone.data.row import Row
from intone.errors import BudgetEnded
from intone.evaluate.budget import Budget, Purse
from intone.evaluate.ledger import Ledger, MemoryLedger
from intone.evaluate.metered import Metered, Patience
from intone.evaluate.outcome import Outcome
from intone.llm.backend import Feature
from intone.llm.fake import FakeBackend, Said
from intone.llm.request import Request
from intone.prompt import Demonstration, Prompt
from intone.prompt.edits import Edit, add_clarifier
from intone.writer.model_writer import ModelWriter
from intone.writer.writer import Failure, Proposal, Proposals, Rejected, Scored

LABELS = ("billing", "technical", "account")
TRIAGE = Prompt(
    "Which team should handle this ticket?\n\nSubject: {{ subject }}\n\n{{ body }}",
    clarifiers=["Be brief."],
)
RULE = "Answer with exactly one of the team names."


def row(index: int, body: str = "", target: str = "billing") -> Row:
    text = body or f"my invoice number {index} is wrong again this month"
    return Row(index, f"r{index}", {"subject": f"Help {index}", "body": text}, target)


def failure(index: int, answer: str = "account", status: str = "answered", **more: str) -> Failure:
    outcome = Outcome("p", index, 0, status, 0.0, "wrong", answer, answer)  # type: ignore[arg-type]
    return Failure(row(index, **more), outcome)


FAILURES = [failure(i) for i in range(8)]


def metered(
    answer: Callable[[Request], Said] | Sequence[Said] | str,
    *,
    calls: int | None = None,
    as_json: bool = False,
    ledger: Ledger | None = None,
) -> Metered:
    """Return a meter around a fake that says this."""
    features = {Feature.CHAT, Feature.SEED, *({Feature.JSON_SCHEMA} if as_json else ())}
    backend = FakeBackend(answer, features=frozenset(features), keep=100, identity="writer")
    patience = Patience(attempts=2, pause=0.001)
    return Metered(backend, ledger or MemoryLedger(), Purse(Budget(calls=calls)), patience=patience)


def model_writer(answer: Callable[[Request], Said] | Sequence[Said] | str) -> ModelWriter:
    """Return a model writer whose model says this."""
    return ModelWriter(metered(answer), labels=LABELS, rows=[row(i) for i in range(20)])


def wise(request: Request) -> str:
    """Say something useful to any of the four requests, another thing at each draw."""
    word = f"Word {request.sample}"
    if "mistake 1" in request.messages[-1].content.lower():
        return f"PROBLEM: It explains.\nCHANGE: add rule\nTEXT: {RULE} {word}."
    return f"INSTRUCTION: Say which team has to deal with the ticket. {word}."


@dataclass
class Scripted:
    """A writer that proposes these clarifiers in turn, one of them the good one."""

    rules: Sequence[str] = (RULE,)
    calls: int = 1000
    asked: list[str] = field(default_factory=list)

    async def critique(
        self,
        prompt: Prompt,
        failures: Sequence[Failure],
        *,
        count: int,
        turn: int,
        rejected: Sequence[Rejected] = (),
    ) -> Proposals:
        return self._proposals("critique", count, turn) if failures else Proposals()

    async def rephrase(
        self, prompt: Prompt, *, count: int, turn: int, scored: Sequence[Scored] = ()
    ) -> Proposals:
        return self._proposals("rephrase", count, turn)

    async def cross(self, one: Prompt, other: Prompt, *, count: int, turn: int) -> Proposals:
        return self._proposals("cross", count, turn) if one.id != other.id else Proposals()

    async def induce(
        self, prompt: Prompt, examples: Sequence[Demonstration], *, count: int, turn: int
    ) -> Proposals:
        return self._proposals("induce", count, turn) if examples else Proposals()

    def _proposals(self, kind: str, count: int, turn: int) -> Proposals:
        if self.calls <= 0:
            raise BudgetEnded("no call is left")
        made: list[Edit] = []
        for draw in range(min(count, self.calls, len(self.rules))):
            self.calls -= 1
            self.asked.append(kind)
            made.append(add_clarifier(self.rules[(turn + draw) % len(self.rules)]))
        return Proposals(tuple(Proposal((edit,)) for edit in made))


@dataclass
class Junk(Scripted):
    """A writer that never has anything that can be used."""

    def _proposals(self, kind: str, count: int, turn: int) -> Proposals:
        if self.calls <= 0:
            raise BudgetEnded("no call is left")
        taken = min(count, self.calls)
        self.calls -= taken
        self.asked += [kind] * taken
        return Proposals(dropped={"unreadable": taken} if taken else {})
