"""Whether several calls an answer pay: votes and chains against the best single prompt.

    make bench-combine                            # the default below, then its tables
    make bench-combine COMBINE="--model local-small --parts vote --tasks sms_spam"
    python benchmarks/combine.py --table          # the tables of what there is; calls nothing

For each task and seed, 60 rows of `train.jsonl` to tune on and the same cap of 300 calls for every
method; then 150 rows of `test.jsonl` that nothing else opens, the same for all, so that differences
are paired by row. The part `vote`, on four tasks:

- `single`: what `tune` finds, asked once.
- `single-x5`: the same prompt drawn five times at temperature 0.7, of which the majority counts
  (self-consistency, Wang et al., ICLR 2023): the rival at an equal number of calls an answer.
- `vote`: what `tune` finds with `tune.vote = 5`: of its calls 70 % search, the rest find out how
  candidates vote. Where the search found no vote worth its calls, this is a single prompt, and the
  table says so.

Both ways of voting stop when the rest cannot change the outcome, so the calls an answer took are
counted, not assumed. The part `chain`, on snips_slots (find, extract, check the JSON) and svamp
(understand, solve, check):

- `single`: as above.
- `chain-plain`: the chain as it is written below, in plain words; no calls.
- `chain`: what `tune` makes of it.

A result holds scores by row and no text of the tasks. What is in the file is not made again, and
every answer of the model is in the work folder's ledger.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from kept_results import Record, found, markdown, results_file
from own_runs import Tuned, Workshop, make_missing, options, sizes_of, unknown_among
from quality_table import difference, marks_of, over_tasks, scores_of
from quality_tasks import JSON, PLAIN, Task

from intone.prompt.chain import Chain
from intone.prompt.prompt import Prompt
from intone.prompt.step import Step
from intone.prompt.vote import Vote

_VOTES = 5
_TEMPERATURE = 0.7
METHODS = {
    "vote": ("single", "single-x5", "vote"),
    "chain": ("single", "chain-plain", "chain"),
}
"""The methods of each part; the first is what the others are compared with."""
_DEFAULT_TASKS = {
    "vote": "sms_spam,sib200_eng,banking77_10,svamp",
    "chain": "snips_slots,svamp",
}
_COMPARED = {
    "vote": (("single", "single-x5"), ("single", "vote"), ("single-x5", "vote")),
    "chain": (("single", "chain-plain"), ("single", "chain"), ("chain-plain", "chain")),
}


def chain_of(task: Task) -> Chain:
    """Return the chain of a task, in words that a user would write down at once."""
    if task.name in JSON:
        return Chain(
            [
                Step(
                    "found",
                    Prompt(
                        "Which words of this restaurant booking name a detail: the place, the "
                        "food, the number of people, the time? List them, nothing else. {{ input }}"
                    ),
                ),
                Step(
                    "extracted",
                    Prompt(f"{task.template}\n\nWords that name details: {{{{ found }}}}"),
                    answer="json",
                ),
                Step(
                    "checked",
                    Prompt(
                        f"{task.template}\n\nA first answer: {{{{ extracted }}}}\n\nCheck it: "
                        "every value must stand in the booking word for word, and nothing named "
                        "in it may be missing. Answer with the corrected JSON."
                    ),
                ),
            ]
        )
    return Chain(
        [
            Step(
                "understood",
                Prompt(
                    "Say in two short sentences what is known in this problem and what is asked "
                    "for. Do not solve it. {{ input }}"
                ),
            ),
            Step(
                "solved",
                Prompt(
                    "{{ input }}\n\nIn other words: {{ understood }}\n\nSolve it in a few short "
                    "steps."
                ),
            ),
            Step(
                "checked",
                Prompt(
                    "{{ input }}\n\nA solution: {{ solved }}\n\nCheck it and answer with the right "
                    "number."
                ),
            ),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is asked for and is not there yet; print the tables. Returns the exit status."""
    told = _options().parse_args(arguments)
    wrong = unknown_among(told.parts, list(METHODS)) or unknown_among(
        told.tasks or "sms_spam", list(PLAIN)
    )
    if wrong:
        print(wrong)
        return 2
    out, keys = results_file("combine", told), list(_keys(told))
    failed = 0
    if not told.table:
        if not told.data.is_dir():
            print(f"no tasks in {told.data}: give --data FOLDER")
            return 0
        failed = make_missing(told, out, keys, make)
        print()
    print(shown(found(out, keys)) or f"no results of this size in {out}")
    return 1 if failed else 0


async def make(workshop: Workshop, key: Record) -> Record:
    """Tune as the method does and answer the test rows. Raises IntoneError."""
    task = workshop.task(key["task"], key["seed"])
    folder = workshop.folder("combine", key["part"], task.name, key["method"], key["seed"])
    settings = {"budget.calls": key["cap"], "tune.seed": key["seed"]}
    given: Prompt | Chain = Prompt(task.template)
    if key["method"].startswith("chain"):
        given = chain_of(task)
    if key["method"] == "vote":
        settings["tune.vote"] = _VOTES
    tuned = None
    if key["method"] != "chain-plain":
        tuned = await workshop.tuned(task, given, folder, settings)
    program = given if tuned is None else tuned.program
    if key["method"] == "single-x5":
        program = Vote([program], samples=_VOTES, temperature=_TEMPERATURE)
    result = await workshop.tested(task, program, folder)
    return {
        "score": result["score"],
        "n": result["n"],
        "rows": marks_of(outcome["score"] for outcome in result["outcomes"]),
        "calls_a_row": result["calls_a_row"],
        "statuses": result["statuses"],
        **_told(tuned, program),
    }


def _told(tuned: Tuned | None, program: object) -> dict[str, Any]:
    kept = {"tuned_calls": 0, "kind": "chain"} if tuned is None else tuned.told
    members = len(program.members) * program.samples if isinstance(program, Vote) else 0
    return kept | {"members": members}


def shown(records: Sequence[Record]) -> str:
    """Return the tables of each part, nothing without results."""
    parts = []
    for part in METHODS:
        of_part = [record for record in records if record["part"] == part]
        if of_part:
            tables = filter(None, (_scores(of_part), _differences(of_part, part)))
            parts.append("\n\n".join([f"The part `{part}`:", *tables]))
    return "\n\n".join(parts)


def _scores(records: Sequence[Record]) -> str:
    """Return each run's score, the calls an answer took, and what was tuned."""
    lines = [["task", "seed", "method", "score", "rows", "calls an answer", "tuned in", "is"]]
    for record in records:
        members = record["members"]
        lines.append(
            [
                record["task"],
                str(record["seed"]),
                record["method"],
                f"{100 * (record['score'] or 0.0):.1f}",
                str(record["n"]),
                f"{record['calls_a_row'] or 1.0:.1f}",
                f"{record['tuned_calls']} calls",
                f"a vote of {members}" if members else f"a {record['kind']}",
            ]
        )
    return markdown(lines)


def _differences(records: Sequence[Record], part: str) -> str:
    """Return the paired differences with 95 % intervals and what they say, seeds averaged."""
    tasks = list(dict.fromkeys(record["task"] for record in records))
    lines = [["points", *tasks, "mean over tasks"]]
    for before, after in _COMPARED[part]:
        pairs, cells = [], []
        for task in tasks:
            one, other = (
                {
                    record["seed"]: scores_of(record)
                    for record in records
                    if record["task"] == task and record["method"] == method
                }
                for method in (before, after)
            )
            seeds = sorted(one.keys() & other.keys())
            cells.append("")
            if seeds:
                pairs.append(([one[seed] for seed in seeds], [other[seed] for seed in seeds]))
                told = difference(*pairs[-1])
                cells[-1] = f"{told.word} {told}"
        if pairs:
            over = str(over_tasks(pairs)) if len(pairs) > 1 else ""
            lines.append([f"{after} minus {before}", *cells, over])
    return markdown(lines) if len(lines) > 1 else ""


def _keys(told: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for part in told.parts.split(","):
        for task in (told.tasks or _DEFAULT_TASKS[part]).split(","):
            if part == "chain" and task not in _DEFAULT_TASKS["chain"].split(","):
                continue  # there is no chain for it
            for seed in map(int, told.seeds.split(",")):
                for method in METHODS[part]:
                    yield sizes_of(told) | {
                        "part": part,
                        "task": task,
                        "seed": seed,
                        "method": method,
                    }


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__, "combine", seeds="0")
    parser.add_argument("--parts", default="vote,chain", help="vote, chain or both")
    return parser


if __name__ == "__main__":
    sys.exit(main())
