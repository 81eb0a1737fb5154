"""Budgets in calls, tokens and money, and the purse that keeps a run inside its budget.

Owns what may be spent and what has been. A reservation is made from the worst case before a call
(every byte a token, the answer as long as allowed), so the budget is never exceeded; settling
gives back what was not used. A replayed call spends like a fresh one, so that a resumed run makes
the same decisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from intone.errors import SettingError
from intone.llm.completion import Usage
from intone.llm.request import Request

_OVERHEAD = 64  # tokens a chat template may add around the messages, generously
_PER_MESSAGE = 8


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens."""

    input: float
    output: float

    def of(self, usage: Usage) -> float:
        """Return what this usage costs in USD."""
        return (usage.prompt_tokens * self.input + usage.completion_tokens * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits on a run: calls, tokens (prompt + completion) and USD. None: no limit.

    Raises SettingError for a limit that is no number of its kind, or negative.
    """

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None

    def __post_init__(self) -> None:
        for name in ("calls", "tokens", "usd"):
            value = getattr(self, name)
            if value is None:
                continue
            kinds, what = ((int, float), "a number") if name == "usd" else (int, "a whole number")
            if isinstance(value, bool) or not isinstance(value, kinds) or value != value:
                raise SettingError(f"budget.{name} is {value!r}; it must be {what}")
            if value < 0:
                raise SettingError(f"budget.{name} is {value}; it cannot be negative")


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls cost, or may cost at the worst."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.tokens + other.tokens, self.usd + other.usd)


NOTHING = Cost()


class Bill(NamedTuple):
    """What one call came to. No price: the purse's.

    `usage` is None for a call that failed: it used no tokens but those of `broken`, the most that
    its attempts that broke off can have cost.
    """

    usage: Usage | None
    replayed: bool
    price: Price | None = None
    broken: Cost = NOTHING


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has spent so far.

    `replayed` of the `calls` were answered by the ledger. `broken` of them broke off; what these
    cost nobody can tell, so `broken_tokens` and their part of `usd` are the most they can have.
    """

    calls: int = 0
    replayed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    broken: int = 0
    broken_tokens: int = 0

    @property
    def tokens(self) -> int:
        """All tokens together."""
        return self.prompt_tokens + self.completion_tokens + self.broken_tokens


class Purse:
    """Keeps what is spent, reserved and set aside inside a budget.

    `price` is that of the run's model; calls of another model bring their own.
    """

    def __init__(self, budget: Budget, price: Price | None = None) -> None:
        if budget.usd is not None and price is None:
            raise SettingError(
                "a budget in usd needs the model's price: set model.price = "
                "{input = …, output = …} (USD per million tokens)"
            )
        self.budget = budget
        self.price = price
        self._spent = Spent()
        self._reserved = Cost()
        self._aside = Cost()
        self._short_of: str | None = None

    @property
    def short_of(self) -> str:
        """The setting of the limit that a call last did not fit into (none yet: the first set)."""
        limits = [name for name in ("calls", "tokens", "usd") if getattr(self.budget, name)]
        return self._short_of or f"budget.{(limits or ['calls'])[0]}"

    @property
    def spent(self) -> Spent:
        """What has been spent so far."""
        return self._spent

    @property
    def left(self) -> Budget:
        """What may still be spent, without what is reserved and set aside."""
        spent, taken = self._spent, self._reserved + self._aside
        budget = self.budget
        return Budget(
            None if budget.calls is None else max(0, budget.calls - spent.calls - taken.calls),
            None if budget.tokens is None else max(0, budget.tokens - spent.tokens - taken.tokens),
            None if budget.usd is None else max(0.0, budget.usd - spent.usd - taken.usd),
        )

    def set_aside(self, cost: Cost) -> None:
        """Keep this much for later: it replaces what was set aside before; Cost() frees it."""
        self._aside = cost

    def worst(self, request: Request, price: Price | None = None) -> Cost:
        """Return the most a request can cost: no token is shorter than a byte."""
        size = sum(_bytes(message.content) for message in request.messages)
        prompt = size + _PER_MESSAGE * len(request.messages) + _OVERHEAD
        usage, price = Usage(prompt, request.sampling.max_tokens), price or self.price
        tokens = usage.prompt_tokens + usage.completion_tokens
        return Cost(1, tokens, price.of(usage) if price else 0.0)

    def reserve(self, costs: Iterable[Cost]) -> list[Cost]:
        """Take as many of these as fit, in their order up to the first that does not; return them.

        They are settled together (`settle`), because between two rounds nobody asks what is left.
        """
        left, taken, kept = self.left, Cost(), []
        for cost in costs:
            after = taken + cost
            short = _short_of(after, left)
            if short is not None:
                self._short_of = short
                break
            taken = after
            kept.append(cost)
        self._reserved = self._reserved + taken
        return kept

    def room(self, costs: Iterable[Cost]) -> int:
        """Return how many of these fit, in their order up to the first that does not.

        Nothing is reserved; costs after the first that does not fit are not looked at.
        """
        left, taken, count = self.left, Cost(), 0
        for cost in costs:
            taken = taken + cost
            short = _short_of(taken, left)
            if short is not None:
                self._short_of = short
                break
            count += 1
        return count

    def settle(self, reserved: Sequence[Cost], bills: Iterable[Bill]) -> None:
        """Replace reservations by what the calls came to; what got no bill is given back."""
        back = sum(reserved, Cost())
        held, spent = self._reserved, self._spent
        self._reserved = Cost(
            held.calls - back.calls, held.tokens - back.tokens, held.usd - back.usd
        )
        calls = replayed = prompt = answer = broken = broken_tokens = 0
        usd = 0.0
        for bill in bills:
            lost, usage = bill.broken, bill.usage
            if usage is not None:
                calls += 1
                prompt += usage.prompt_tokens
                answer += usage.completion_tokens
                price = bill.price or self.price
                usd += price.of(usage) if price else 0.0
            elif not lost.calls:
                calls += 1  # it failed, but nothing of it broke off
            if lost.calls:
                calls += lost.calls
                broken += lost.calls
                broken_tokens += lost.tokens
                usd += lost.usd
            replayed += bill.replayed
        self._spent = Spent(
            spent.calls + calls,
            spent.replayed + replayed,
            spent.prompt_tokens + prompt,
            spent.completion_tokens + answer,
            spent.usd + usd,
            spent.broken + broken,
            spent.broken_tokens + broken_tokens,
        )


def _short_of(cost: Cost, left: Budget) -> str | None:
    """Return the setting of the limit that a cost does not fit into; None if it fits."""
    if left.calls is not None and cost.calls > left.calls:
        return "budget.calls"
    if left.tokens is not None and cost.tokens > left.tokens:
        return "budget.tokens"
    if left.usd is not None and cost.usd > left.usd + 1e-12:
        return "budget.usd"
    return None


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
