"""Outcomes that there is nothing to report of. Owns when all calls failing is an error.

Stands by itself, so that who needs it loads no tests of significance.
"""

from __future__ import annotations

from collections.abc import Sequence

from intone.errors import BackendError, InputError
from intone.evaluate.outcome import Outcome


def refuse_overflow(outcomes: Sequence[Outcome]) -> None:
    """Raise InputError if the prompt fits the model's context on no row."""
    if outcomes and all(o.status == "truncated" and not o.usage.prompt_tokens for o in outcomes):
        raise InputError(outcomes[0].reason)


def refuse_silence(outcomes: Sequence[Outcome]) -> None:
    """Raise BackendError if not one call was answered: then there is nothing to report."""
    if outcomes and all(o.status == "failed" and o.answer is None for o in outcomes):
        calls = "the only call" if len(outcomes) == 1 else f"all {len(outcomes)} calls"
        raise BackendError(f"{calls} failed: {outcomes[0].reason}")
