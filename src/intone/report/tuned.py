"""The screen a tuning ends with. Owns its layout; the verdict's words are `verdicts`'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intone.report import numbers
from intone.report.console import Part, blank, columns, line
from intone.report.plans import notices, plan_lines
from intone.report.verdicts import (
    cut_short,
    difference,
    no_vote,
    openings,
    remarks,
    shipping,
    verdict_line,
)
from intone.report.words import added, phrased


def tune_screen(
    result: Mapping[str, Any], *, saved: str | None = None, head: bool = True
) -> list[Part]:
    """Return the last screen of a tuning, from its result in plain values.

    `saved` is the file the program was written to; `head` False leaves out the lines of the plan,
    for a screen that shows them already.
    """
    parts: list[Part] = []
    if head:
        parts += [*plan_lines(result["plan"]), *notices(result.get("notices")), blank()]
    parts += [_scores(result), *_basis(result), blank()]
    verdict = result["verdict"]
    if verdict is not None and result["winner"]["edits"]:
        parts += [verdict_line(verdict), *remarks(verdict), *_over_rephrased(result)]
        parts += _over_single(result)
        parts += _price(result)
        parts += cut_short(result)
    unbuilt = no_vote(result)
    if unbuilt:
        parts.append(line((unbuilt, "dim")))
    sentence = shipping(result)
    if sentence:
        parts.append(line((sentence, "bold")))
    if verdict is not None and not result["winner"]["edits"]:
        parts += openings(verdict)  # nothing was judged, but the rows were opened
    if not result["finished"]:
        parts.append(
            line(("the budget ended before the search did; this is the best so far", "yellow"))
        )
    return [*parts, *_front(result), *_unread(result), *_ledger(result), _kept(result, saved)]


def _scores(result: Mapping[str, Any]) -> Part:
    table = columns("", "right", "fold")
    table.add_row("plain prompt", numbers.score(result["baseline"]["score"]), "")
    rephrased, winner = result["best_rephrasing"], result["winner"]
    base: list[Any] = []
    if rephrased is not None:
        base = rephrased["edits"]
        score = numbers.score(result["rephrased"]["score"])
        table.add_row("best rephrasing", score, phrased(base) + _on_fewer(result))
    if not winner["edits"]:
        what = "as given"
    elif rephrased is not None and winner["prompt_id"] == rephrased["prompt_id"]:
        what = "the rephrasing itself"
    else:
        what = added(winner["edits"], base)
    table.add_row("tuned", numbers.score(result["tuned"]["score"]), what)
    return table


def _front(result: Mapping[str, Any]) -> list[Part]:
    """Return the front of score against tokens, where the objective weighs both."""
    points = result.get("front")
    if not points:
        return []
    table = columns("right", "right", "", "fold")
    for point in points:
        mark = "<- recommended" if point["recommended"] else ""
        tokens = f"{numbers.count(round(point['tokens']))} tokens a call"
        table.add_row(tokens, numbers.score(point["score"]), mark, point["sentence"])
    head = line(("score against tokens, on the tuning rows that also chose these:", "dim"))
    return [blank(), head, table]


def _on_fewer(result: Mapping[str, Any]) -> str:
    """Return on how many rows the best rephrasing's score is, if not on those of the verdict."""
    n = result["rephrased"]["n"]
    if result["verdict"] is None or n == result["tuned"]["n"]:
        return ""
    return f" (on {numbers.counted(n, 'row')})"


def _basis(result: Mapping[str, Any]) -> list[Part]:
    """Return what the scores were taken on, where it is not the sealed rows."""
    if result["plan"]["cross_validated"] and result["verdict"] is not None:
        text = "scores are of what searches without those rows chose; named is the choice on all"
        return [line((text, "dim")), *_search_sizes(result)]
    if result["verdict"] is not None:
        return []
    rows = numbers.counted(result["tuned"]["n"], "tuning row")
    text = f"on {rows} at most, which also chose the prompt: expect less on new rows"
    return [line((text, "dim"))]


def _search_sizes(result: Mapping[str, Any]) -> list[Part]:
    """Return how large the searches of a cross-validation were; older runs do not tell."""
    sizes = result.get("searches")
    if not sizes:
        return []
    least, most = min(sizes), max(sizes)
    span = str(most) if least == most else f"{least} to {most}"
    text = f"those searches took {span} calls each, some of them answered before by another"
    return [line((text, "dim"))]


def _over_rephrased(result: Mapping[str, Any]) -> list[Part]:
    over, rephrased = result["over_rephrased"], result["best_rephrasing"]
    if over is None or rephrased is None:
        return []
    winner = result["winner"]["prompt_id"]
    if winner == rephrased["prompt_id"] or not result["winner"]["edits"]:
        return []
    text = f"over the best rephrasing: {difference(over)}"
    return [line((text, "dim"))]


def _over_single(result: Mapping[str, Any]) -> list[Part]:
    """Return what a vote gains over the best single prompt of the search."""
    over = result.get("over_single")
    if over is None:
        return []
    said = f"over the best single prompt: {over['word']}, {difference(over)}"
    return [line((said, "dim"))]


def _price(result: Mapping[str, Any]) -> list[Part]:
    """Return what consistency was paid with, where the objective weighs it."""
    paid = result.get("robust")
    if paid is None or paid["score"] is None:
        return []
    given, tuned, apart = paid["given"], paid["tuned"], paid["disagreement"]
    versions = numbers.count(paid["versions"])
    before, after = (numbers.points(it["disagreement"], sign=False) for it in (given, tuned))
    score = f"{numbers.score(given['score'])} -> {numbers.score(tuned['score'])}"
    return [
        line(f"  all of this counts consistency, over {versions} harmless versions of each prompt"),
        line(f"  mean score {score}: {difference(paid['score'])}"),
        line(f"  answers that differ {before} % -> {after} %: {difference(apart)}"),
    ]


def _unread(result: Mapping[str, Any]) -> list[Part]:
    """Return how many answers of the whole run scored 0 for their form, if any did."""
    counts = result["statuses"]
    found = [
        f"{numbers.count(counts[name])} {name}"
        for name in ("unparseable", "refused", "truncated")
        if counts.get(name)
    ]
    if not found:
        return []
    answers = numbers.counted(sum(counts.values()), "answer")
    return [line((f"of {answers} {', '.join(found)}: these score 0", "dim"))]


def _ledger(result: Mapping[str, Any]) -> list[Part]:
    failed = result["unanswered"]
    rest = "nothing left unanswered"
    if failed:
        rows = numbers.counted(failed, "answer")
        rest = f"{rows} failed: intone runs resume {result['run']} --retry-failed"
    return [line(f"spent {numbers.spent(result['spent'])} · {rest}")]


def _kept(result: Mapping[str, Any], saved: str | None) -> Part:
    version = result["version"]
    show = f"intone runs show {result['run']}"
    if saved and version:
        return line(f"saved {saved} ({version}) · {show}")
    if saved:
        return line(f"saved {saved} (your prompt as it was) · {show}")
    if version:
        return line(f"kept as {version}: intone prompts show {version} · {show}")
    return line(f"nothing new was kept · {show}")
