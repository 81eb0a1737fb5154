"""Budgets in calls, tokens and money, and the purse that keeps a run inside its budget.

Owns what may be spent and what has been. A reservation is made from the worst case before a call
(every byte a token, the answer as long as allowed), so the budget is never exceeded; settling
gives back what was not used. A replayed call spends like a fresh one, so that a resumed run makes
the same decisions.
"""

from __future__ import annotations

from dataclasses import dataclass

from intone.errors import SettingError
from intone.llm.completion import Completion, Usage
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
    """Limits on a run: calls, tokens (prompt + completion) and USD. None: no limit."""

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None

    def __post_init__(self) -> None:
        for name in ("calls", "tokens", "usd"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise SettingError(f"budget.{name} is {value}; it cannot be negative")


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls cost, or may cost at the worst."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.tokens + other.tokens, self.usd + other.usd)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has spent so far. `replayed` of the `calls` were answered by the ledger."""

    calls: int = 0
    replayed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens


class Purse:
    """Keeps what is spent, reserved and set aside inside a budget."""

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

    def worst(self, request: Request) -> Cost:
        """Return the most a request can cost: no token is shorter than a byte."""
        size = sum(len(m.content.encode("utf-8", "replace")) for m in request.messages)
        prompt = size + _PER_MESSAGE * len(request.messages) + _OVERHEAD
        return self._cost(Usage(prompt, request.sampling.max_tokens))

    def reserve(self, cost: Cost) -> bool:
        """Take this much if it fits; say whether it did."""
        left = self.left
        fits = (
            (left.calls is None or cost.calls <= left.calls)
            and (left.tokens is None or cost.tokens <= left.tokens)
            and (left.usd is None or cost.usd <= left.usd + 1e-12)
        )
        if fits:
            self._reserved = self._reserved + cost
        return fits

    def settle(self, reserved: Cost, completion: Completion | None, *, replayed: bool) -> None:
        """Replace a reservation by what the call came to (None: it failed, one call, no tokens)."""
        r = self._reserved
        self._reserved = Cost(
            r.calls - reserved.calls, r.tokens - reserved.tokens, r.usd - reserved.usd
        )
        usage = completion.usage if completion else Usage()
        s = self._spent
        self._spent = Spent(
            s.calls + 1,
            s.replayed + replayed,
            s.prompt_tokens + usage.prompt_tokens,
            s.completion_tokens + usage.completion_tokens,
            s.usd + (self.price.of(usage) if self.price else 0.0),
        )

    def release(self, reserved: Cost) -> None:
        """Give a reservation back unspent."""
        r = self._reserved
        self._reserved = Cost(
            r.calls - reserved.calls, r.tokens - reserved.tokens, r.usd - reserved.usd
        )

    def _cost(self, usage: Usage) -> Cost:
        tokens = usage.prompt_tokens + usage.completion_tokens
        return Cost(1, tokens, self.price.of(usage) if self.price else 0.0)
