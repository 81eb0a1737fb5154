"""The public tasks of the benchmarks: their plain prompts and their samples.

A plain prompt is what a user would write in one line. Owns which rows are tuned on and which are
tested on; nobody else opens `test.jsonl`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from intone.data.dataset import load
from intone.data.split import order
from intone.errors import DataError

PLAIN = {
    "sms_spam": "Is this text message spam or ham? {{ input }}",
    "sib200_eng": "What is the topic of this sentence: entertainment, geography, health, politics, "
    "science/technology, sports or travel? {{ input }}",
    "banking77_10": "What is the intent of this banking customer? {{ input }}",
    "dynasent_r2": "Is the sentiment of this sentence positive, negative or neutral? {{ input }}",
    "pros_cons": "Is this from the pros or the cons of a product review? {{ input }}",
    "snips_intent": "What does this request to a voice assistant ask for? {{ input }}",
    "svamp": "{{ input }}",
    "gsm8k": "{{ input }}",
    "snips_slots": "Which details does this restaurant booking name? Answer as JSON with these "
    "fields, leaving out what is not named: restaurant_name, restaurant_type, cuisine, "
    "served_dish, facility, party_size_number, party_size_description, timeRange, city, state, "
    "country, poi, spatial_relation, sort. {{ input }}",
}
NUMBERS = frozenset({"svamp", "gsm8k"})
"""The tasks whose answer is a number; the others have labels, but for `JSON`."""
JSON = frozenset({"snips_slots"})
"""The tasks whose answer is JSON, graded by its fields."""


@dataclass(frozen=True)
class Task:
    """A task with its rows drawn: `train` and `test` are files with the columns input and target.

    `questions` has the inputs of `test` only. `labels` are all there are, none where
    the answer is a number or JSON.
    """

    name: str
    template: str
    labels: tuple[str, ...]
    train: Path
    test: Path
    questions: Path

    @property
    def instruction(self) -> str:
        """The plain prompt's own words, for libraries that put the input where they like."""
        return self.template.replace("{{ input }}", "").strip()

    @property
    def grader(self) -> str:
        """The name of Intone's grader that judges the answers."""
        if self.name in JSON:
            return "json"
        return "label" if self.labels else "number"


@dataclass(frozen=True)
class Drawing:
    """From where rows are drawn, to where, and how many.

    The test rows are those that follow the first `test_from` of the task's order, so that what
    was changed in view of some can be tested on others.
    """

    data: Path
    work: Path
    rows: int = 60
    test_rows: int = 150
    test_from: int = 0


def drawn(name: str, seed: int, how: Drawing, template: str | None = None) -> Task:
    """Draw a task's rows: balanced ones to tune on, by the seed, and always the same test rows."""
    source = how.data / name
    folder = how.work / "rows"
    folder.mkdir(parents=True, exist_ok=True)
    train = folder / f"{name}-train-{how.rows}-{seed}.jsonl"
    tested = f"{how.test_from}-{how.test_rows}.jsonl"
    test, questions = (folder / f"{name}-{what}-{tested}" for what in ("test", "questions"))
    sample(source / "train.jsonl", train, how.rows, seed, balanced=True)
    sample(source / "test.jsonl", test, how.test_rows, 0, balanced=False, first=how.test_from)
    write_rows(questions, [{"input": row["input"]} for row in read(test)])
    labels: tuple[str, ...] = ()
    if name not in NUMBERS | JSON:
        labels = tuple(sorted({row["target"] for row in read(source / "train.jsonl")}))
    return Task(name, template or PLAIN[name], labels, train, test, questions)


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sample(
    source: Path, target: Path, rows: int, seed: int, *, balanced: bool, first: int = 0
) -> None:
    """Write a deterministic sample of a task's rows, with the input and target columns only.

    The rows are those that follow the `first` ones of the order. Raises DataError if there are
    none.
    """
    if target.exists():
        return
    data = load(source, inputs=["input"], target="target")
    ordered = order(range(len(data)), data, seed, "benchmark", balanced=balanced)
    chosen = ordered[first : first + rows]
    if not chosen:
        raise DataError(f"{source} has {len(data)} rows, none after the first {first}")
    write_rows(
        target, [{"input": data[i].inputs["input"], "target": data[i].target} for i in chosen]
    )


def write_rows(path: Path, rows: Sequence[Mapping[str, str | None]]) -> None:
    """Write the rows of a JSONL file."""
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
