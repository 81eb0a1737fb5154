"""What a feedback run is asked: complaints with their wishes, and how to go about them.

Owns the value, its plain form in a run's record, and the protocols of what is handed in: the book
that complaints are kept in, their reader, and a judge of two answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from intone.data.row import Row
from intone.errors import SettingError
from intone.feedback.agenda import Read, Resolution
from intone.feedback.complaint import Complaint, State
from intone.feedback.replay import MOST
from intone.feedback.wish import Wish
from intone.verdict.noninferior import MARGIN

if TYPE_CHECKING:
    from intone.runs.kit import Kit

Pair = tuple[Row, str, str]
"""A row, the answer before and the answer after."""
Preferred = tuple[float | None, str]
"""1: the answer after grants the wish better, 0: the one before, 0.5: neither; and why."""
Judge = Callable[[Wish, Sequence[Pair]], Awaitable[Sequence[Preferred]]]
"""Says of each pair which answer grants a wish better; fewer answers: the budget ended."""
MakeJudge = Callable[["Kit"], Judge]
"""Makes a judge whose calls are paid from a run's purse."""
Understand = Callable[[Complaint], tuple[Wish, ...]]

_COMMENT = 500  # characters of a comment that a run's record repeats


class Book(Protocol):
    """Where complaints are kept."""

    def list(self, open_only: bool = ..., name: str | None = ...) -> Sequence[Complaint]:
        """Return the complaints (about one prompt), by number."""
        ...

    def mark(self, numbers: Iterable[int], state: State, applied: str = ...) -> None:
        """Change the state of complaints; `applied` is the version that answers them."""
        ...


@dataclass(frozen=True)
class Ask:
    """What to grant, and how.

    `reads` are the complaints to answer with their wishes; `past` any others about the same prompt,
    whose inputs are worth replaying. `margin` (0..1) is what the task's score may lose. `words`
    lets changes be tried that carry a user's own words, `trusted` (keys of wishes) those whose
    words read like instructions. `replays` is how many inputs a wish is tested on. Raises
    SettingError for a margin or a number that cannot be.
    """

    reads: tuple[Read, ...]
    past: tuple[Complaint, ...] = ()
    conflict: Resolution = "leave"
    margin: float = MARGIN
    words: bool = False
    trusted: Collection[tuple[str, str]] = ()
    replays: int = MOST
    judge: MakeJudge | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not 0.0 < self.margin < 1.0:
            raise SettingError(
                f"the margin is {100 * self.margin:g} points; it must be above 0 and below 100"
            )
        if self.replays < 2:
            raise SettingError(f"replays is {self.replays}; at least 2 inputs are needed")

    def form(self) -> dict[str, Any]:
        """Return it in plain values, without outputs and without the judge."""
        return {
            "reads": [[_brief(it), [asdict(wish) for wish in asked]] for it, asked in self.reads],
            "past": [_brief(complaint) for complaint in self.past],
            "conflict": self.conflict,
            "margin": self.margin,
            "words": self.words,
            "trusted": sorted(map(list, self.trusted)),
            "replays": self.replays,
        }

    @classmethod
    def from_form(cls, form: Mapping[str, Any]) -> Ask:
        """Return what a plain form says."""
        reads = [(Complaint(**it), tuple(Wish(**w) for w in asked)) for it, asked in form["reads"]]
        return cls(
            tuple(reads),
            tuple(Complaint(**it) for it in form["past"]),
            form["conflict"],
            form["margin"],
            form["words"],
            tuple((kind, of) for kind, of in form["trusted"]),
            form["replays"],
        )


def _brief(complaint: Complaint) -> dict[str, Any]:
    """Return what a run needs of a complaint; the rest is in the book."""
    kept = asdict(complaint)
    for name in ("output", "program"):
        del kept[name]
    return kept | {"comment": complaint.comment[:_COMMENT], "inputs": dict(complaint.inputs)}
