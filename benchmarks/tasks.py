"""Plain prompt, best rephrasing and `auto` on public tasks with the embedded model.

For every task and seed: 60 rows of `train.jsonl` to tune on (`sealed = 0`) and 300 calls; then the
user's plain prompt, the best rephrasing and the winner on 150 rows of `test.jsonl`, which only this
script opens. Paired verdicts come from `intone.verdict`. Calls are kept in the work folder, so a
run that was ended goes on where it was.

    python benchmarks/tasks.py [--data ../shared/data] [--work FOLDER] [--tasks a,b] [--seeds 0,1]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from intone.data.dataset import load
from intone.data.split import order
from intone.prompt.prompt import Prompt
from intone.runs.orders import Order, execute
from intone.runs.spec import read_spec

PLAIN = {
    "sms_spam": "Is this text message spam or ham? {{ input }}",
    "sib200_eng": "What is the topic of this sentence: entertainment, geography, health, politics, "
    "science/technology, sports or travel? {{ input }}",
    "banking77_10": "What is the intent of this banking customer? {{ input }}",
    "dynasent_r2": "Is the sentiment of this sentence positive, negative or neutral? {{ input }}",
    "svamp": "{{ input }}",
}
DEFAULT_TASKS = "sms_spam,sib200_eng,banking77_10,dynasent_r2"


def main() -> None:
    """Run what is asked for and print a table."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=here.parent.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=Path("/tmp/intone-tasks"))
    parser.add_argument("--tasks", default=DEFAULT_TASKS)
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--test-rows", type=int, default=150)
    parser.add_argument("--model", default="local")
    parser.add_argument("--max-tokens", type=int, default=256)
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"no tasks in {options.data}: give --data FOLDER")
        sys.exit(0)
    results = []
    for task in options.tasks.split(","):
        for seed in map(int, options.seeds.split(",")):
            results.append(asyncio.run(one(task, seed, options)))
            print(line(results[-1]), flush=True)
    print("\n" + table(results))


async def one(task: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Tune on one task with one seed and test what came of it."""
    folder = options.work / task
    folder.mkdir(parents=True, exist_ok=True)
    train = folder / f"train-{options.rows}-{seed}.jsonl"
    test = folder / f"test-{options.test_rows}.jsonl"
    sample(options.data / task / "train.jsonl", train, options.rows, seed, balanced=True)
    sample(options.data / task / "test.jsonl", test, options.test_rows, 0, balanced=False)
    began = time.monotonic()
    settings = {
        "model.name": options.model,
        "model.max_tokens": options.max_tokens,
        "task.target": "target",
        "task.input": ("input",),
    }
    tuning = {
        "task.data": train.name,
        "task.sealed": 0.0,
        "budget.calls": options.calls,
        "tune.seed": seed,
    }
    spec = read_spec(None, settings | tuning, folder, alone=True)
    tuned = await execute(Order("tune", spec, (PLAIN[task],)))
    print(f"  {task} seed {seed}: {tuned['winner']['sentence']}", flush=True)
    for heat in tuned["heats"]:
        for entry in heat["candidates"]:
            score = "" if entry["score"] is None else f"{entry['score']:.2f}"
            print(
                f"    heat {heat['number']} {entry['rows']:3} {score:>4} {entry['sentence'][:100]}"
            )
    prompts = [Prompt(PLAIN[task])]
    for name in ("best_rephrasing", "winner"):
        prompt = Prompt.from_canonical((tuned[name] or tuned["winner"])["prompt"])
        prompts.append(prompt)
    distinct = list({prompt.id: prompt for prompt in prompts}.values())
    testing = {"task.data": test.name, "task.sealed": 0.0, "budget.calls": 10**6}
    spec = read_spec(None, settings | testing, folder, alone=True)
    scores: dict[str, Any] = {}
    verdicts: dict[str, Any] = {}
    if len(distinct) > 1:
        compared = await execute(Order("compare", spec, tuple(distinct), "all"))
        scores = {arm["prompt_id"]: arm["score"] for arm in compared["prompts"]}
        for prompt, verdict in zip(distinct[1:], compared["verdicts"], strict=True):
            verdicts[prompt.id] = verdict
        statuses = compared["statuses"]
    else:
        alone = await execute(Order("run", spec, tuple(distinct), "all"))
        scores = {distinct[0].id: alone["score"]}
        statuses = alone["statuses"]
    result = {
        "task": task,
        "seed": seed,
        "plain": scores[prompts[0].id],
        "rephrased": scores[prompts[1].id],
        "auto": scores[prompts[2].id],
        "verdict": verdicts.get(prompts[2].id),
        "calls": tuned["spent"]["calls"],
        "replayed": tuned["spent"]["replayed"],
        "tuning_seconds": tuned["spent"]["seconds"],
        "seconds": round(time.monotonic() - began),
        "statuses": statuses,
        "winner": tuned["winner"]["sentence"],
    }
    with (options.work / "results.jsonl").open("a") as file:
        file.write(json.dumps(result) + "\n")
    return result


def sample(source: Path, target: Path, rows: int, seed: int, *, balanced: bool) -> None:
    """Write a deterministic sample of a task's rows, with the input and target columns only."""
    if target.exists():
        return
    data = load(source, inputs=["input"], target="target")
    chosen = order(range(len(data)), data, seed, "benchmark", balanced=balanced, limit=rows)
    lines = [
        json.dumps({"input": data[i].inputs["input"], "target": data[i].target}) for i in chosen
    ]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def line(result: dict[str, Any]) -> str:
    """Return one result as a row of the table."""
    verdict = result["verdict"]
    word = "the plain prompt was kept"
    if verdict:
        low, high = 100 * verdict["low"], 100 * verdict["high"]
        word = f"{verdict['word']} {100 * verdict['difference']:+.1f} [{low:.1f}, {high:.1f}]"
    cells = [
        result["task"],
        str(result["seed"]),
        *(f"{result[name]:.3f}" for name in ("plain", "rephrased", "auto")),
        word,
        str(result["calls"]),
        f"{result['tuning_seconds']:.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def table(results: list[dict[str, Any]]) -> str:
    """Return all results as a Markdown table."""
    head = "| task | seed | plain | best rephrasing | auto | auto against plain | calls | seconds |"
    rule = "|---|---|---|---|---|---|---|---|"
    mean = {
        name: sum(r[name] for r in results) / len(results)
        for name in ("plain", "rephrased", "auto")
    }
    last = f"| mean | | {mean['plain']:.3f} | {mean['rephrased']:.3f} | {mean['auto']:.3f} | | | |"
    return "\n".join([head, rule, *map(line, results), last])


if __name__ == "__main__":
    main()
