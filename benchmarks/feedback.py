"""What complaints come to: everyday explanations before and after, and corrections of wrong labels.

    make bench-feedback                           # the default below, then its tables
    make bench-feedback FEEDBACK="--model local-small --parts corrections --seeds 0"
    python benchmarks/feedback.py --table         # the tables of what there is; calls nothing

The part `everyday` is of our own: "Explain {{ topic }} in a paragraph." with ten everyday topics,
and five complaints, each in a project of its own: the prompt answers the topics, the complaint is
added about the first of them as `intone feedback add` does, and `feedback apply` replays them. Then
the ten topics, and five more that nothing was replayed on, are answered by the prompt as it was and
as it came out. "Stop apologising" has a prompt that asks for an apology, for there is none
to cure otherwise. The aims:

- "the explanation is too detailed": a third fewer words, and fewer things told (different longer
  words; an abstract explanation has fewer) without more particulars (names, numbers, examples);
- "I don't understand the technical words": a lower reading grade and fewer long words;
- "too short, give more detail": more words; "answer in a list": more points of lists;
- "stop apologising": fewer apologies; and for all of them: the topics' terms are still taken up.

A change that the topics are too few to prove is applied as with `--accept-unproven`, and said so.

The part `corrections`: the plain prompt answers rows of `train.jsonl` of sib200_eng; a user gives
the right label for the first 20 wrong answers; `feedback apply` as above, with the train rows for
the task's score. Then the prompt before and after on 150 rows of `test.jsonl`, which nobody
corrected, with the paired verdict.

One line a result; no text of the task is in it. What is in the file is not made again, and every
answer of the model is in the work folder's ledger.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_table import shown
from kept_results import Record, found, results_file
from own_runs import Seen, Workshop, make_missing, options, settings_of, sizes_of, unknown_among
from quality_table import marks_of
from quality_tasks import JSON, NUMBERS, PLAIN, read, write_rows

from intone.evaluate.budget import Budget
from intone.metrics import grounding, shape, wording
from intone.prompt.prompt import Prompt
from intone.runs.about import Feedback
from intone.runs.feedback import add_feedback, import_feedback
from intone.runs.feedback_keep import held_back
from intone.runs.python import Task
from intone.runs.python_feedback import FeedbackResult, aapply_feedback

TOPICS = (
    "how a rainbow forms after rain",
    "why bread dough rises",
    "how vaccines protect people",
    "what inflation does to savings",
    "how a bicycle stays upright",
    "why the sea tastes salty",
    "how a microwave oven heats food",
    "what a mortgage is",
    "how noise-cancelling headphones work",
    "why leaves change colour in autumn",
    "how a refrigerator keeps food cold",
    "why people yawn",
    "how a lock on a canal lifts boats",
    "what compost does for a garden",
    "how letters find their address",
)
"""The first ten are complained about and replayed, the rest only measured."""

_PLAIN = Prompt("Explain {{ topic }} in a paragraph.")
_SORRY = Prompt("Explain {{ topic }} in a paragraph. Begin by apologising for the delay.")


@dataclass(frozen=True)
class Case:
    """A complaint and the prompt that it is about."""

    comment: str
    prompt: Prompt = _PLAIN


CASES: Mapping[str, Case] = {
    "detailed": Case("the explanation is too detailed"),
    "technical": Case("I don't understand the technical words"),
    "short": Case("too short, give more detail"),
    "list": Case("answer in a list"),
    "sorry": Case("stop apologising", _SORRY),
}
"""The everyday complaints by name."""

MEASURES: Mapping[str, Callable[[str], float]] = {
    "words": shape.words,
    "different_terms": grounding.different_terms,
    "particulars": wording.particulars,
    "reading_grade": wording.reading_grade,
    "long_words": shape.long_words,
    "points": lambda text: shape.bullets(text) + shape.numbered_steps(text),
    "apologies": wording.apologies,
}
"""What is measured of every answer, beside the topic's terms that it takes up."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is asked for and is not there yet; print the tables. Returns the exit status."""
    told = _options().parse_args(arguments)
    labelled = [name for name in PLAIN if name not in NUMBERS | JSON]
    wrong = (
        unknown_among(told.parts, ("everyday", "corrections"))
        or unknown_among(told.cases, list(CASES))
        or unknown_among(told.tasks, labelled)
    )
    if wrong:
        print(wrong)
        return 2
    if not 1 <= told.topics <= len(TOPICS):
        print(f"--topics is {told.topics}; there are {len(TOPICS)}")
        return 2
    out, keys = results_file("feedback", told), list(_keys(told))
    failed = 0
    if not told.table:
        if "corrections" in told.parts and not told.data.is_dir():
            print(f"no tasks in {told.data}: give --data FOLDER, or --parts everyday")
            return 0
        failed = make_missing(told, out, keys, make)
        print()
    print(shown(found(out, keys)) or f"no results of this size in {out}")
    return 1 if failed else 0


async def make(workshop: Workshop, key: Record) -> Record:
    """Make what a key names. Raises IntoneError."""
    return await (everyday if key["part"] == "everyday" else corrections)(workshop, key)


async def everyday(workshop: Workshop, key: Record) -> Record:
    """Complain about explanations, apply, and measure before and after. Raises IntoneError."""
    case = CASES[key["case"]]
    folder = workshop.folder("feedback", key["case"], key["topics"], key["fresh"])
    replayed, fresh = TOPICS[: key["topics"]], TOPICS[key["topics"] :][: key["fresh"]]
    write_rows(folder / "topics.jsonl", [{"topic": topic} for topic in replayed])
    case.prompt.save(folder / "explain.toml")
    settings = {"task.data": "topics.jsonl", "task.input": ("topic",)}
    before = await workshop.made("run", ["explain.toml"], folder, settings)
    add_feedback(Feedback(case.comment, row=0, run=before["run"]), folder=folder)
    task = Task(str(folder / "topics.jsonl"), input=("topic",), sealed=0.0)
    result = await _applied(workshop, folder, "explain.toml", task, key["cap"])
    aside = workshop.folder("feedback", key["case"], "measured")
    sets = {"replayed": replayed, "fresh": fresh}
    measured = {
        name: {
            "before": await _measured(workshop, aside, case.prompt, topics),
            "after": await _measured(workshop, aside, result.prompt, topics),
        }
        for name, topics in sets.items()
        if topics
    }
    return {"comment": case.comment, **_told(result), "measured": measured}


async def _measured(
    workshop: Workshop, folder: Path, prompt: Prompt, topics: Sequence[str]
) -> dict[str, list[float]]:
    """Answer topics; return each measure, a value for each of them."""
    write_rows(folder / "topics.jsonl", [{"topic": topic} for topic in topics])
    settings = {"task.data": "topics.jsonl", "task.input": ("topic",)}
    seen = Seen()
    await workshop.made("run", [prompt], folder, settings, seen)
    outcomes = sorted(seen.outcomes, key=lambda outcome: outcome.row)
    values = {
        name: [round(measure(outcome.text), 4) for outcome in outcomes]
        for name, measure in MEASURES.items()
    }
    terms = [grounding.input_terms(it.text, topics[it.row]) for it in outcomes]
    cut = [float(it.status == "truncated") for it in outcomes]
    return values | {"terms": [round(share, 4) for share in terms], "cut off": cut}


async def corrections(workshop: Workshop, key: Record) -> Record:
    """Correct wrong labels, apply, and judge on rows nobody corrected. Raises IntoneError."""
    task = workshop.task(key["task"], key["seed"])
    folder = workshop.folder("feedback", task.name, key["seed"])
    prompt = Prompt(task.template)
    prompt.save(folder / "ask.toml")
    train = settings_of(task, "train")
    answered = await workshop.made("run", ["ask.toml"], folder, train)
    targets = [row["target"] for row in read(task.train)]
    wrong = [it["row"] for it in answered["outcomes"] if it["score"] == 0.0]
    wrong = wrong[: key["corrected"]]
    import_feedback(
        [{"answer": targets[row], "run": answered["run"], "row": row + 1} for row in wrong],
        folder=folder,
    )
    about = Task(
        str(task.train.resolve()),
        target="target",
        input=("input",),
        grader=task.grader,
        labels=task.labels,
        sealed=0.0,
    )
    result = await _applied(workshop, folder, "ask.toml", about, key["cap"], key["seed"])
    kept = {"wrong": len(wrong), "train_score": answered["score"], **_told(result)}
    if not result.accepted:
        return kept
    # In a folder of its own: corrections of a project become rows of its runs.
    aside = workshop.folder("feedback", task.name, key["seed"], "tested")
    rows = {}
    for name, tested in (("before", prompt), ("after", result.prompt)):
        tried = await workshop.tested(task, tested, aside)
        rows[name] = marks_of(outcome["score"] for outcome in tried["outcomes"])
    return kept | {"rows_before": rows["before"], "rows_after": rows["after"]}


async def _applied(
    workshop: Workshop, folder: Path, prompt: str, task: Task, calls: int, seed: int = 0
) -> FeedbackResult:
    """Apply the open complaints of a project, accepting what the rows are too few to prove."""
    settings = {"model.max_tokens": workshop.max_tokens, "tune.seed": seed}
    return await aapply_feedback(
        prompt,
        None,
        task,
        model=workshop.kept,
        budget=Budget(calls=calls),
        accept=["unproven"],
        settings=settings,
        folder=folder,
    )


def _told(result: FeedbackResult) -> dict[str, Any]:
    """Return what is kept of an applying: the wishes as they ended, the edit, the checks."""
    edit = result.form["edit"]
    return {
        "applied": result.accepted,
        "unasked": result.accepted and not held_back(result.form, ()),
        "edit": edit["sentence"] if edit else None,
        "wishes": [
            {
                "wish": wish["wish"],
                "state": wish["state"],
                "reason": wish["reason"],
                "strength": _strength(wish, edit),
                "tries": len(wish["tries"]),
            }
            for wish in result.wishes
        ],
        "checks": list(result.checks),
        "task_score": result.form["task"],
        "apply_calls": result.spent["calls"],
    }


def _strength(wish: Mapping[str, Any], edit: Mapping[str, Any] | None) -> int | None:
    """Return at which strength a wish was granted; None if it was not."""
    sentences = edit["sentence"] if edit else ""
    tried = [it["strength"] for it in wish["tries"] if it["sentence"] in sentences]
    return tried[-1] if tried and wish["state"] in ("granted", "unproven") else None


def _keys(told: argparse.Namespace) -> Iterator[dict[str, Any]]:
    shared = sizes_of(told)
    if "everyday" in told.parts.split(","):
        own = {name: shared[name] for name in ("model", "cap", "max_tokens")}
        for case in told.cases.split(","):
            yield own | {
                "part": "everyday",
                "case": case,
                "topics": told.topics,
                "fresh": told.fresh,
            }
    if "corrections" in told.parts.split(","):
        for task in told.tasks.split(","):
            for seed in map(int, told.seeds.split(",")):
                yield shared | {
                    "part": "corrections",
                    "task": task,
                    "seed": seed,
                    "corrected": told.corrected,
                }


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__, "feedback", tasks="sib200_eng", rows=120, max_tokens=400)
    parser.add_argument("--parts", default="everyday,corrections", help="one of them, or both")
    parser.add_argument("--cases", default=",".join(CASES), help="the everyday complaints")
    parser.add_argument("--topics", type=int, default=10, help="topics that are replayed")
    parser.add_argument("--fresh", type=int, default=5, help="topics that are only measured")
    parser.add_argument("--corrected", type=int, default=20, help="wrong answers to correct")
    return parser


if __name__ == "__main__":
    sys.exit(main())
