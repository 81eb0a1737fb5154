"""What a change must not lose: the answer itself, and what it is about.

Every complaint can be cured by saying nothing. Where no right answers are at hand to score against,
these guards stand in for them; where they are, the guards hold all the same. Owns what counts as
lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intone.data.row import Row
from intone.data.words import terms_of, words_of
from intone.evaluate.outcome import Outcome
from intone.metrics.grounding import input_terms
from intone.metrics.wording import refusals

ALLOWED = 0.1
"""Share of the answers that may be lost: one in ten, for models now and then fail by chance."""

_LONG = 10  # words: from here on an answer has something to lose
_LEAST_SHARE = 0.05  # of its words that an answer keeps at least
_LEAST_WORDS = 3


@dataclass(frozen=True)
class Loss:
    """Answers that were there before a change and are not after it; `what` says how."""

    what: str
    rows: tuple[int, ...]
    n: int

    @property
    def allowed(self) -> bool:
        """Whether so few were lost that it may be chance."""
        return len(self.rows) <= ALLOWED * self.n

    @property
    def sentence(self) -> str:
        """The loss in words: `5 of 20 answers are gone (…)`."""
        return f"{len(self.rows)} of {self.n} answers {self.what}"


def losses(
    pairs: Sequence[tuple[Row, Outcome, Outcome]], *, topic: bool = True
) -> tuple[Loss, ...]:
    """Return what was lost in (row, before, after), nothing where little enough was.

    An answer is gone if it is refused, empty, or has under 3 words or a twentieth of what it had,
    or says its inputs again with under 3 other words, and was none of these before. It has left its
    topic if it took up a longer word of its inputs before and takes up none any more; `topic` False
    leaves that aside, as for an answer that is to come in another language than its inputs.
    """
    gone = [row.index for row, old, new in pairs if _gone(row, old, new)]
    stayed = [pair for pair in pairs if topic and not _gone(*pair)]
    away = [row.index for row, old, new in stayed if _away(row, old, new)]
    found = (
        Loss(
            "are gone: empty, refused, next to nothing, or the input again", tuple(gone), len(pairs)
        ),
        Loss("have left the topic: no word of the inputs is taken up", tuple(away), len(pairs)),
    )
    return tuple(loss for loss in found if not loss.allowed)


def _gone(row: Row, old: Outcome, new: Outcome) -> bool:
    if not _said(old):
        return False
    if not _said(new):
        return True
    had, has = len(words_of(old.text)), len(words_of(new.text))
    if had < _LONG:
        return False
    if has < max(_LEAST_WORDS, _LEAST_SHARE * had):
        return True
    return _echo(row, new.text) and not _echo(row, old.text)


def _echo(row: Row, text: str) -> bool:
    """Say whether a text has all words of the inputs and hardly another."""
    given, said = set(terms_of("\n".join(row.inputs.values()))), set(terms_of(text))
    return bool(given) and given <= said and len(said - given) < _LEAST_WORDS


def _said(outcome: Outcome) -> bool:
    declined = outcome.status == "refused" or refusals(outcome.text) > 0
    return bool(outcome.text.strip()) and not declined


def _away(row: Row, old: Outcome, new: Outcome) -> bool:
    source = "\n".join(row.inputs.values())
    if len(words_of(old.text)) < _LONG:  # a label, a number: it takes up words by chance
        return False
    return input_terms(old.text, source) > 0 and input_terms(new.text, source) == 0
