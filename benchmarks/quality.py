"""What tuning is worth: Intone's methods and its peers on public tasks, all else being equal.

    make bench-quality                          # the default below, then its tables
    make bench-quality QUALITY="--model local --methods plain,auto,dspy-mipro --tasks sms_spam"
    make peers-venv                             # once: the libraries that peers need
    python benchmarks/quality.py --table        # the tables of what there is; calls nothing.
                                                # --tasks, --methods and --seeds: only of these;
                                                # --auto-calls N: auto with N calls, the others with
                                                # as many as --calls says

For each task and seed, 60 rows of `train.jsonl` to tune on and a cap on calls (300); then 150 rows
of `test.jsonl` that nothing else opens. Everybody gets the same model, the same rows, the plain
prompt and the names of the labels. Default: the embedded Gemma 270M on five tasks, seeds 0 and 1,
`plain`, `rephrasing`, `auto`, `mipro`, `gepa` and `capo`.

Methods:
- `plain`: the user's one-line prompt; no calls.
- `rephrasing`: the best of five phrasings of the library, all scored on all 60 rows (300 calls).
- `auto` and the other methods of `intone tune`: in this process, with label scoring as usual.
- the same with `-text` (`plain-text`, `auto-text`, …): through the server of `model_server.py`,
  which gives plain text only; so the gain of decoding and that of the prompt can be told apart.
- `dspy-bootstrap`, `dspy-mipro`, `dspy-gepa`, `promptolution-capo`: peers, each a script of
  `benchmarks/peers/` that runs in their own environment (`--peers-python` or INTONE_PEERS_PYTHON)
  and asks through the same server. The server enforces the cap. A peer answers the test rows with
  its own prompt, adapter and parser; the answers it reads are graded by Intone's graders.

With `--slots N` the embedded Qwen has a second engine for plain text (`slots.py`), which is faster:
1 for labels, 16 for long answers. Everybody asks the same two, label scoring one, text the other.

One line a result is appended to `benchmarks/results/quality-MODEL.jsonl`: scores by row, calls,
seconds, the commit; no text of the tasks. What is there already is skipped and every answer of the
model is in the work folder's ledger, so a benchmark that was ended goes on where it was.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kept_results import add_result, plain_name, read_results, results_file
from model_server import ModelServer
from own_runs import kept_model
from quality_methods import METHODS, PEERS, Bench, PeerFailed, Tried, attempt
from quality_table import marks_of, tables
from quality_tasks import PLAIN, Drawing, drawn

from intone.errors import IntoneError

_HERE = Path(__file__).resolve().parent
DEFAULT_TASKS = "sms_spam,sib200_eng,banking77_10,dynasent_r2,pros_cons"
DEFAULT_METHODS = "plain,rephrasing,auto,mipro,gepa,capo"
DEFAULT_SEEDS = "0,1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for and is not there yet; print the tables. Returns the exit status."""
    told = _options().parse_args(arguments)
    out = results_file("quality", told)
    if told.table:
        print(shown(out, told))
        return 0
    if told.slots and told.model != "local":
        print("--slots is for --model local")
        return 2
    methods = (told.methods or DEFAULT_METHODS).split(",")
    unknown = [name for name in methods if name not in METHODS]
    if unknown:
        print(f"unknown method {unknown[0]}; there are: {', '.join(METHODS)}")
        return 2
    if not told.data.is_dir():
        print(f"no tasks in {told.data}: give --data FOLDER")
        return 0
    if any(name in PEERS for name in methods) and not told.peers_python:
        print("peers need their environment: make peers-venv, then --peers-python PATH")
        return 2
    failed = asyncio.run(_run(told, told.work / plain_name(told.model), out))
    print("\n" + shown(out, told))
    return 1 if failed else 0


def shown(out: Path, told: argparse.Namespace) -> str:
    """Return the tables of the results of this size that there are, or of those that are named."""
    records = [record for record in read_results(out) if _shown_size(record, told)]
    for field, named in (("task", told.tasks), ("method", told.methods), ("seed", told.seeds)):
        if named:
            records = [record for record in records if str(record[field]) in named.split(",")]
    if not records:
        return f"no such results in {out} for {told.calls} calls and {told.test_rows} test rows"
    fewer = f" (auto: {told.auto_calls})" if told.auto_calls else ""
    what = f"{told.model}, {told.calls} calls{fewer}, {told.rows} rows, {told.test_rows} test rows"
    return f"{what}\n\n{tables(records)}"


async def _run(told: argparse.Namespace, work: Path, out: Path) -> int:
    """Make the runs that are missing; return how many failed."""
    failed = 0
    async with kept_model(told.model, work, told.slots) as kept:
        async with ModelServer(kept, max_tokens=told.max_tokens).serving() as server:
            bench = Bench(kept, server, work, told.calls, told.max_tokens, told.peers_python)
            for task, seed, method in _missing(told, out):
                failed += not await _one(bench, told, out, (task, seed, method))
    return failed


async def _one(
    bench: Bench, told: argparse.Namespace, out: Path, which: tuple[str, int, str]
) -> bool:
    name, seed, method = which
    drawing = Drawing(told.data, bench.work, told.rows, told.test_rows)
    fresh = bench.kept.fresh
    print(f"{name} seed {seed} {method}", flush=True)
    try:
        tried = await attempt(bench, drawn(name, seed, drawing), method, seed)
    except (PeerFailed, IntoneError) as error:
        print(f"    failed: {error}", flush=True)
        return False
    record = {"model": told.model, "task": name, "method": method, "seed": seed}
    record |= {"cap": told.calls, "tuning_rows": told.rows, "test_rows": told.test_rows}
    record |= {"slots": told.slots} | _plain(tried)
    add_result(out, record)
    print(
        f"    {100 * record['score']:.1f} on {record['n']} rows, {tried.calls} calls, "
        f"{tried.seconds:.0f} s ({bench.kept.fresh - fresh} answers were new)",
        flush=True,
    )
    return True


def _plain(tried: Tried) -> dict[str, Any]:
    known = [score for score in tried.scores if score is not None]
    return {
        "score": round(sum(known) / max(1, len(known)), 6),
        "n": len(known),
        "rows": marks_of(tried.scores),
        "parsed": marks_of(map(float, tried.parsed)),
        "calls": tried.calls,
        "seconds": round(tried.seconds, 1),
        "model_seconds": round(tried.model_seconds, 1),
        "belief": tried.belief,
        "taken": tried.taken,
        "told": tried.told,
    }


def _missing(told: argparse.Namespace, out: Path) -> Iterator[tuple[str, int, str]]:
    there = {
        (record["task"], record["seed"], record["method"])
        for record in read_results(out)
        if _same_size(record, told)
    }
    for task in (told.tasks or DEFAULT_TASKS).split(","):
        for seed in map(int, (told.seeds or DEFAULT_SEEDS).split(",")):
            for method in (told.methods or DEFAULT_METHODS).split(","):
                if (task, seed, method) not in there:
                    yield task, seed, method


def _same_size(record: dict[str, Any], told: argparse.Namespace, calls: int = 0) -> bool:
    sizes = record["cap"], record["tuning_rows"], record["test_rows"]
    return bool(sizes == (calls or told.calls, told.rows, told.test_rows))


def _shown_size(record: dict[str, Any], told: argparse.Namespace) -> bool:
    """Return whether a result is of the size that the tables show; `auto` may have had fewer."""
    auto = record["method"] in ("auto", "auto-text")
    return _same_size(record, told, told.auto_calls if auto else 0)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="local-small", help="local, local-small, fake:SCRIPT")
    parser.add_argument("--tasks", help=f"{DEFAULT_TASKS} unless given; of {', '.join(PLAIN)}")
    known = ", ".join(METHODS)
    parser.add_argument("--methods", help=f"{DEFAULT_METHODS} unless given; of {known}")
    parser.add_argument("--seeds", help=f"{DEFAULT_SEEDS} unless given")
    parser.add_argument("--calls", type=int, default=300, help="the cap of a run")
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--test-rows", type=int, default=150)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--slots", type=int, default=0, help="plain texts at once (local only)")
    parser.add_argument("--data", type=Path, default=_HERE.parent.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=Path("/tmp/intone-quality"))
    parser.add_argument("--out", type=Path, help="the folder of the results")
    parser.add_argument("--peers-python", default=os.environ.get("INTONE_PEERS_PYTHON"))
    parser.add_argument("--auto-calls", type=int, default=0, help="in tables: the cap of auto")
    parser.add_argument("--table", action="store_true", help="print the tables and call nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
