"""Vote: several programs, or several draws of one, and the answer most of them give.

Owns who is asked when, what a member that fails does to the row, and the value itself. How votes
are counted is `counting`; how a member's answer is read is `reading`.

Several draws of one prompt are self-consistency (Wang et al., "Self-Consistency Improves Chain of
Thought Reasoning in Language Models", ICLR 2023, section 2: the most frequent final answer of
sampled reasoning paths); the weighted and the averaged vote are the usual ones of ensembles.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.errors import PromptError
from intone.llm.answers import AnswerSpec, FreeText, Json
from intone.llm.request import Request, Sampling
from intone.prompt import kinds
from intone.prompt.counting import Ballot, fewest, shares, winner
from intone.prompt.parts import check_answers, fewest_calls
from intone.prompt.playing import Asking, Part, played, together
from intone.prompt.program import Answer, Got, Lost, Program
from intone.prompt.reading import comparable, graver, read_answer

By = Literal["majority", "probability"]
MOST_BALLOTS = 100


@dataclass(frozen=True)
class Vote:
    """A vote of programs. Immutable; its id is the hash of its canonical form.

    Each of the `members` is asked `samples` times, so one member and five samples are
    self-consistency. What counts is the answer as it is read (a label, a number, JSON), so free
    text cannot be voted on. By `majority` every ballot is for one answer; by `probability` it is
    split as the backend's label probabilities are, where there are any. `weights` are those of the
    members (default: all the same). Of answers with as many votes the one of the earliest ballot
    wins: ballots are in the order of the members, second samples after all first ones.
    `temperature` is that of the members' calls, in place of the run's.

    Asking stops as soon as the open ballots cannot change the outcome. A member whose answer cannot
    be read, was refused or was cut off abstains. A call that failed for good leaves its ballot
    open: the rest may decide all the same, else the row is lost.

    Raises PromptError for fewer than two ballots or more than a hundred, a member twice, or a
    number that does not fit.
    """

    members: Sequence[Program]
    weights: Sequence[float] = ()
    by: By = "majority"
    samples: int = 1
    temperature: float | None = None

    def __post_init__(self) -> None:
        members = kinds.listed(self.members, "members")
        for member in members:
            if not callable(getattr(member, "next", None)):
                raise PromptError(f"members must be prompts, votes or chains, not {member!r}")
        object.__setattr__(self, "members", members)
        weights = kinds.listed(self.weights, "weights")
        object.__setattr__(self, "weights", tuple(_weight(value) for value in weights))
        if self.weights and len(self.weights) != len(self.members):
            raise PromptError(
                f"there are {len(self.weights)} weights for {len(self.members)} members; "
                "give each its own, or none"
            )
        if self.by not in get_args(By):
            raise PromptError(f"by is {self.by!r}; it can be: {', '.join(get_args(By))}")
        if isinstance(self.samples, bool) or not isinstance(self.samples, int) or self.samples < 1:
            raise PromptError(f"samples is {self.samples!r}; give a whole number from 1 on")
        object.__setattr__(self, "temperature", _temperature(self.temperature))
        if not 2 <= self.ballots <= MOST_BALLOTS:
            raise PromptError(
                f"a vote of {self.ballots}: members times samples must be 2 to {MOST_BALLOTS}"
            )
        ids = [member.id for member in self.members]
        if len(set(ids)) < len(ids):
            raise PromptError("two members of the vote are the same; use weights, or samples")

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def ballots(self) -> int:
        """How many answers are counted at most."""
        return len(self.members) * self.samples

    @cached_property
    def id(self) -> str:
        """The hash of the canonical form, 16 hex digits."""
        return content_id(self.canonical())

    @property
    def max_calls(self) -> int:
        """The calls of all members; many rows take fewer."""
        return self.samples * sum(member.max_calls for member in self.members)

    @cached_property
    def fewest_calls(self) -> int:
        """The calls of the members that are asked first, if they agree."""
        count = fewest(self._shares, [None] * self.ballots, range(self.ballots))
        calls = [fewest_calls(member) for member in self.members] * self.samples
        return sum(calls[:count])

    @property
    def _shares(self) -> list[Fraction]:
        """The weight of each ballot."""
        return [Fraction(weight) for weight in self.weights or [1.0] * len(self.members)] * (
            self.samples
        )

    @cached_property
    def variables(self) -> frozenset[str]:
        """The inputs that any member names."""
        return frozenset().union(*(member.variables for member in self.members))

    def shows(self, row: Row) -> bool:
        """Say whether any member shows the row."""
        return any(member.shows(row) for member in self.members)

    def parts(self) -> Mapping[str, Program]:
        """Return the members by what a message calls them."""
        return {f"member {place}": member for place, member in enumerate(self.members, start=1)}

    def with_parts(self, parts: Sequence[Program]) -> Vote:
        """Return the vote with other members in the places of these."""
        return replace(self, members=tuple(parts))

    def check(self, spec: AnswerSpec, sampling: Sampling) -> None:
        """Raise PromptError if there is nothing to vote on, or all draws would be the same."""
        if isinstance(spec, FreeText):
            raise PromptError(
                "a vote needs answers that can be the same, and free text is not; use a grader "
                "that reads a label, a number or JSON (task.grader), or give the step an answer"
            )
        heat = sampling.temperature if self.temperature is None else self.temperature
        if self.samples > 1 and heat == 0:
            raise PromptError(
                f"{self.samples} samples at temperature 0 are one answer; set the vote's "
                "temperature (0.7, say), or model.temperature"
            )
        for place, member in self.parts().items():
            try:
                check_answers(member, spec, replace(sampling, temperature=heat))
            except PromptError as error:
                raise PromptError(f"{place}: {error}") from None

    def next(
        self, row: Row, done: Sequence[Got], blank: Request
    ) -> Sequence[Request] | Answer | Lost:
        """Ask as many members as could decide it at best, then as many more as it takes."""
        return played(self._play(row, blank), done)

    def _play(self, row: Row, blank: Request) -> Asking[Answer | Lost]:
        if isinstance(blank.answer, FreeText):
            self.check(blank.answer, blank.sampling)
        parts = [
            Part(member, row, asked) for asked in self._blanks(blank) for member in self.members
        ]
        weights = self._shares
        cast: list[Ballot | None] = [None] * len(parts)
        texts: dict[str, str] = {}
        results: list[Answer | Lost] = []
        won = None
        while won is None and len(results) < len(parts):
            start = len(results)
            count = fewest(weights, cast, range(start, len(parts)))
            if not count:
                break  # too many are lost: whatever the others say, it stays open
            results += yield from together(parts[start : start + count])
            for place in range(start, len(results)):
                cast[place] = self._ballot(results[place], blank.answer, texts)
            won = winner(weights, cast)
        if won is None:
            return _without_winner(results)
        choices = shares(weights, cast) if self.by == "probability" else {}
        return Answer(texts[won], choices=choices)

    def _blanks(self, blank: Request) -> list[Request]:
        """Return a blank for each sample; no two draws of a row have one number."""
        sampling = blank.sampling
        if self.temperature is not None:
            sampling = replace(sampling, temperature=self.temperature)
        first = blank.sample * self.samples
        return [
            replace(blank, sampling=sampling, sample=first + number)
            for number in range(self.samples)
        ]

    def _ballot(
        self, result: Answer | Lost, spec: AnswerSpec, texts: dict[str, str]
    ) -> Ballot | None:
        """Return a member's ballot, and keep the text that each answer was first given in."""
        if isinstance(result, Lost):
            return None
        read = read_answer(result, spec)
        if read is None:
            return {}
        total = sum(map(Fraction, result.choices.values()), Fraction())
        if self.by == "probability" and total > 0:
            for label in result.choices:
                texts.setdefault(label, label)
            return {label: Fraction(value) / total for label, value in result.choices.items()}
        answer = comparable(read) if isinstance(spec, Json) else read
        texts.setdefault(answer, read)
        return {answer: Fraction(1)}

    def canonical(self) -> dict[str, object]:
        """Return what is not as usual, in plain values."""
        form: dict[str, object] = {}
        if self.by != "majority":
            form["by"] = self.by
        if self.samples != 1:
            form["samples"] = self.samples
        if self.temperature is not None:
            form["temperature"] = self.temperature
        if self.weights:
            form["weights"] = list(self.weights)
        return form | {"members": [member.canonical() for member in self.members]}

    @classmethod
    def from_canonical(cls, form: Mapping[str, Any]) -> Vote:
        """Make a vote from its canonical form (or a file's content). Raises PromptError."""
        from intone.prompt.forms import read_vote

        return read_vote(form)

    @classmethod
    def load(cls, path: str | Path) -> Vote:
        """Read a vote from a TOML file. Raises PromptError naming the file."""
        from intone.prompt.files import load_as

        return load_as(path, cls)

    def save(self, path: str | Path) -> None:
        """Write the vote to a TOML file, whole or not at all."""
        from intone.prompt.files import save

        save(self, path)


def _without_winner(results: Sequence[Answer | Lost]) -> Answer | Lost:
    """Return what a vote without a winner came to: the lost call, else the first answer there is.

    All have abstained then; it ends as the worst of them did.
    """
    first: Answer | None = None
    for result in results:
        if isinstance(result, Lost):
            return result
        worst = result.finish if first is None else graver(first.finish, result.finish)
        first = replace(first or result, finish=worst)
    if first is None:  # a vote has two ballots at least
        raise AssertionError("a vote that nobody was asked in")
    return replace(first, choices={})


def _weight(value: object) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(float(value)) or float(value) <= 0:  # type: ignore[arg-type]
        raise PromptError(f"a weight is {value!r}; give a number above 0")
    return float(value)  # type: ignore[arg-type]


def _temperature(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 2:
        raise PromptError(f"temperature is {value!r}; give a number from 0 to 2")
    return float(value)
