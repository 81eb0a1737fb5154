"""Whole searches on recorded outcomes, without a model: what `auto`'s constants are worth.

    python benchmarks/recorded_search.py [--tasks sib200_eng,banking77_10] [--worlds 200]
        [--calls 300] [--rows 60] [--probabilities] [--methods random] [--with _FINALISTS=6 …]

As made_up_search.py, whose options these are, but the answers are a model's: those that
record_outcomes.py wrote down, on rows of `train.jsonl` (no other is read). Every world draws the
tuning rows anew from the recorded ones, all of which are the truth. A prompt that was not recorded
has the answers of the recorded one that it is most like, but on one row in eight those of another
row: its own luck, at the same score. So a world knows what layouts, wordings, the place of the
question and examples are worth together on a task: how many, and fixed or the nearest of few or of
many rows. It knows nothing of what else prompts say: the writer's sentences are worth nothing in
it. With `--probabilities` a corrected prompt reads its labels from the recorded probabilities.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np
from made_up_search import compare, options
from numpy.typing import NDArray
from outcome_worlds import Recorded, read
from quality_tasks import PLAIN
from record_outcomes import Recording, chosen, ordered

from intone.data.canonical import draw
from intone.data.dataset import Dataset
from intone.data.split import order
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.prompt.library.library import ours
from intone.prompt.offsets import corrected, likeliest
from intone.prompt.phrasings import asks_last, own_words, phrasings, task_kind
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt
from intone.runs.methods import raceable
from intone.runs.orders import prepare
from intone.tune.demonstrations import pool_size
from intone.tune.material import Material
from intone.writer.writer import Writer

_OWN_LUCK = 0.125  # of the rows, on which a prompt that was not recorded answers as on another
_MANY = 8  # examples
_STOCK = 34  # more examples to choose from are nearer to the 48 recorded than to the 20


@dataclass(frozen=True)
class Replay:
    """A task's recorded prompts by their ids, and the rows (places in the data) of its tables."""

    recorded: Recorded
    prompts: dict[str, tuple[Prompt, int]]
    data: Dataset
    rows: tuple[int, ...]
    labels: tuple[str, ...]
    grader: str

    @property
    def given(self) -> Prompt:
        """The user's prompt, which is recorded first."""
        return next(iter(self.prompts.values()))[0]

    def answers(self, prompt: Prompt) -> tuple[int, NDArray[np.int_]]:
        """Return whose line of the tables answers a prompt, and for each row the place in it."""
        prompt = prompt.with_(offsets={})  # the model is asked the same without
        places = np.arange(len(self.rows))
        if prompt.id in self.prompts:
            return self.prompts[prompt.id][1], places
        like = max(self.prompts.values(), key=lambda kept: _alike(prompt, kept[0]))
        rng = np.random.default_rng(draw(0, prompt.id, "luck").randrange(2**32))
        lucky = rng.random(len(places)) < _OWN_LUCK
        places[lucky] = rng.integers(len(places), size=lucky.sum())
        return like[1], places


def _alike(one: Prompt, other: Prompt) -> tuple[bool | float, ...]:
    """Return what two prompts have in common, what counts most first; chance decides last."""
    shown, chat = (_shown(one), _shown(other)), "chat"
    return (
        bool(shown[0]) == bool(shown[1]),
        (one.layout == chat) == (other.layout == chat),
        bool(one.nearest) == bool(other.nearest),
        _chosen_from_many(one) == _chosen_from_many(other),
        asks_last(one) == asks_last(other),
        own_words(one) == own_words(other),
        (shown[0] >= _MANY) == (shown[1] >= _MANY),
        one.layout == other.layout,
        bool(one.output_format) == bool(other.output_format),
        draw(0, one.id, other.id).random(),
    )


def _shown(prompt: Prompt) -> int:
    """Return how many examples a prompt shows each row."""
    return prompt.nearest.get("demonstrations", len(prompt.demonstrations))


def _chosen_from_many(prompt: Prompt) -> bool:
    return bool(prompt.nearest) and len(prompt.demonstrations) > _STOCK


def replay(path: Path, template: str, data: Path) -> Replay:
    """Read a task's outcomes; `template` is the user's prompt, `data` the task's train.jsonl.

    Raises ValueError if other prompts were recorded than record_outcomes.py would choose now.
    """
    recorded = read(path)
    count, rows = recorded.scores.shape
    with tempfile.TemporaryDirectory() as work:
        what = Recording(recorded.task, template, data, Path(work), recorded.model, rows, count)
        ready = prepare(ordered(what))
        candidates, places = chosen(ready, what)
    if tuple(candidate.sentence for candidate in candidates) != recorded.candidates:
        raise ValueError(f"{path}: recorded of other prompts than would be chosen now")
    prompts = {}
    for line, candidate in enumerate(candidates):
        assert isinstance(candidate.program, Prompt)
        prompts[candidate.id] = (candidate.program, line)
    labels = tuple(ready.labels)
    return Replay(recorded, prompts, ready.data, tuple(places), labels, ready.grader.name)


class RecordedWorld:
    """A task of which a search meets some of the recorded rows, drawn from a seed."""

    def __init__(self, kept: Replay, seed: int, *, probabilities: bool = False) -> None:
        self._kept, self._seed = kept, seed
        self._probabilities = probabilities and kept.recorded.choices is not None
        self._answers = cache(kept.answers)
        self._places = {row: place for place, row in enumerate(kept.rows)}

    def material(self, rows: int, writer: Writer) -> Material:
        """Return what a search has to work with; what it shows is not among the recorded rows."""
        kept, data = self._kept, self._kept.data
        shown, most = pool_size(rows), pool_size(len(data))
        pool = order(range(len(data)), data, 0, "shown", balanced=True, limit=most)
        drawn = draw(self._seed, "rows").sample(kept.rows, min(rows - shown, len(kept.rows)))
        kind, target = task_kind(kept.grader), data.target or ""
        return Material(
            kept.given,
            phrasings(kept.given, kind=kind, labels=kept.labels, target=target),
            raceable(ours(), kind),
            [data[i] for i in draw(self._seed, "shown").sample(pool, min(shown, len(pool)))],
            [data[i] for i in drawn],
            self._seed,
            writer,
            kept.labels,
            kind=kind,
        )

    def outcome(self, program: Program, row: int) -> Outcome:
        """Return what a prompt comes to on a row."""
        assert isinstance(program, Prompt)
        line, places = self._answers(program)
        told = self._told(program, line, places[self._places[row]])
        tokens = len(program.text(self._kept.data[row])) // 4
        return replace(told, row=row, usage=Usage(prompt_tokens=tokens))

    def score(self, program: Program) -> float:
        """Return a prompt's mean over all recorded rows."""
        assert isinstance(program, Prompt)
        line, places = self._answers(program)
        scores = [self._told(program, line, place).score for place in places]
        return fmean(score for score in scores if score is not None)

    def _told(self, program: Prompt, line: int, place: int) -> Outcome:
        """Return what was answered in a place of the tables, the labels corrected by the prompt."""
        kept = self._kept
        right = kept.recorded.scores[line, place]
        if np.isnan(right):
            return Outcome(program.id, 0, 0, "failed", None, "")
        told = Outcome(program.id, 0, 0, "answered", float(right), "")
        if not self._probabilities:
            return told
        assert kept.recorded.choices is not None
        shares = np.exp(kept.recorded.choices[line, place]).tolist()
        choices = corrected(dict(zip(kept.labels, shares, strict=True)), program.offsets)
        target = kept.data[kept.rows[place]].target or ""
        score = float(likeliest(choices) == target) if program.offsets else told.score
        return replace(told, score=score, choices=choices, likelihood=choices.get(target, 0.0))


def main() -> None:
    """Search the recorded tasks, one after the other."""
    here = Path(__file__).resolve().parent
    parser = options()
    parser.add_argument("--tasks", default="sib200_eng,banking77_10")
    parser.add_argument("--model", default="local-small")
    parser.add_argument("--data", type=Path, default=here.parent.parent / "shared" / "data")
    parser.add_argument("--outcomes", type=Path, default=here / "outcomes")
    told = parser.parse_args()
    if not told.data.is_dir():
        print(f"no tasks in {told.data}: give --data FOLDER")
        return
    for task in told.tasks.split(","):
        print(task)
        outcomes = told.outcomes / f"{task}-{told.model}.json"
        kept = replay(outcomes, PLAIN[task], told.data / task / "train.jsonl")
        worlds = [
            RecordedWorld(kept, seed, probabilities=told.probabilities)
            for seed in range(told.worlds)
        ]
        compare(worlds, told)


if __name__ == "__main__":
    main()
