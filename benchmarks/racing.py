"""The rules of a race against each other, without a model: python benchmarks/racing.py.

Every rule races the same worlds: recorded outcomes (`--outcomes FOLDER`, files as written by
record_outcomes.py) or, without a folder, made-up ones (outcome_worlds.py). Printed for each rule:

- calls: used of those the heats were worth, on average;
- regret: points by which the chosen candidate's true score is below the best one's, with the
  standard error over the repetitions; against halving, paired by world;
- within 1, 2, 5: how often the chosen one is within so many points of the best;
- equal: the calls with which full evaluation, all candidates on the same number of rows, has the
  same regret (all rows, if it never has), and the share of them that the rule saves;
- best: how often the drop rule dropped a candidate that no other in its heat beats (for `behind`
  at most alpha, whatever the world);
- leader: how often it dropped one that is at least as good as the candidate chosen in the end.

The candidate is chosen as `auto` does it, by strength over all outcomes. Seeds are fixed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from outcome_worlds import MadeUp, World, read
from scipy.optimize import isotonic_regression

from intone.tune.candidate import Candidate, Trial
from intone.tune.races.behind import Behind
from intone.tune.races.contenders import Contenders
from intone.tune.races.halving import Halving
from intone.tune.races.rejects import SuccessiveRejects
from intone.tune.races.rounds import Rounds
from intone.tune.races.rules import DropRule, Field, ShareRule
from intone.tune.races.uniform import Uniform

Floats = NDArray[np.float64]

ALPHA = 0.1
RULES: dict[str, tuple[ShareRule, DropRule | None]] = {
    "uniform": (Uniform(), None),
    "halving": (Halving(), None),
    "halving by 3": (Halving(parts=3), None),
    "successive rejects": (SuccessiveRejects(), None),
    "behind": (Uniform(), Behind(ALPHA)),
    "halving + behind": (Halving(), Behind(ALPHA)),
    "rejects + behind": (SuccessiveRejects(), Behind(ALPHA)),
    "halving + all rows": (Halving(), Behind(ALPHA, fresh=False)),
    "behind on all rows": (Uniform(), Behind(ALPHA, fresh=False)),
    "contenders": (Uniform(), Contenders()),
    "halving + contenders": (Halving(), Contenders()),
    "rejects + contenders": (SuccessiveRejects(), Contenders()),
}


FOR_TWO_HEATS = ("halving + all rows", "behind on all rows")  # elsewhere all rows are fresh
NOTHING = "nothing to find"


class Source(Protocol):
    """Where worlds come from."""

    def world(self, rng: np.random.Generator, candidates: int, rows: int) -> World:
        """Return a world of this size."""
        ...


@dataclass(frozen=True)
class Setting:
    """How large a search is: `calls` a candidate on average, in one heat or two.

    With two heats, half of the candidates are in the first and the two strongest of them meet the
    rest in the second, on half of the calls each.
    """

    name: str
    candidates: int
    rows: int
    calls: int
    heats: int = 1
    source: Source | None = None


MADE_UP = (
    Setting("few calls", 14, 40, 10),
    Setting("8 candidates", 8, 60, 20),
    Setting("16 candidates", 16, 120, 20),
    Setting("24 candidates", 24, 200, 30),
    Setting("two heats", 16, 120, 30, heats=2),
    Setting("many calls", 8, 200, 100),
    Setting("nothing to find", 12, 120, 60, source=MadeUp((0.0,), 0.0)),
    Setting("nothing to find, two heats", 12, 120, 60, heats=2, source=MadeUp((0.0,), 0.0)),
)


@dataclass(frozen=True)
class Entrant:
    """Stands for a program: the race looks at nothing else."""

    id: str
    max_calls: int = 1


@dataclass
class Watched:
    """A drop rule that keeps whom it dropped in this heat."""

    rule: DropRule
    found: list[int] = field(default_factory=list)

    def behind(self, field: Field) -> Sequence[str]:
        late = self.rule.behind(field)
        self.found += map(int, late)
        return late


@dataclass(frozen=True)
class Run:
    """What a rule came to in one world; `lost_best` is a share of the heats."""

    calls: int
    regret: float
    lost_best: float
    lost_leader: float


def raced(world: World, setting: Setting, shares: ShareRule, drops: DropRule | None) -> Run:
    """Race one world by one rule."""
    true, count = world.true, len(world.true)
    watched = None if drops is None else Watched(drops)
    race = Rounds(range(setting.rows), shares, watched)
    merits = np.full(world.scores.shape, np.nan)
    calls, lost, fallen = 0, 0.0, set[int]()
    for heat in range(setting.heats):
        entered = _entered(heat, count, setting, merits)
        programs: list[Any] = [Entrant(str(i)) for i in entered]
        race.enter(
            [Trial(Candidate(program)) for program in programs],
            (setting.calls * count - calls) // (setting.heats - heat),
        )
        while pairs := race.next():
            places = [int(p.id) for p, _ in pairs], [row for _, row in pairs]
            merits[places] = world.merits[places]
            race.record([world.outcomes[i][row] for i, row in zip(*places, strict=True)])
            calls += len(pairs)
        if watched is not None:
            best = [i for i in entered if true[i] >= max(true[entered])]
            lost += sum(i in watched.found for i in best) / len(best) / setting.heats
            fallen |= set(watched.found)
            watched.found.clear()
    chosen = strongest(merits, count)[0]
    regret = 100 * float(true.max() - true[chosen])
    return Run(calls, regret, lost, float(any(true[i] >= true[chosen] for i in fallen)))


def _entered(heat: int, count: int, setting: Setting, merits: Floats) -> list[int]:
    if setting.heats == 1:
        return list(range(count))
    if heat == 0:
        return list(range(count // 2))
    return [*strongest(merits, count // 2)[:2], *range(count // 2, count)]


def strongest(merits: Floats, count: int) -> list[int]:
    """Return the first `count` candidates, best first, as Scores.strengths ranks them."""
    known = ~np.isnan(merits)
    met: NDArray[np.bool_] = np.asarray(known.any(axis=1))
    values = np.where(known, merits, 0.0)
    values = np.where(known, values - values.sum() / max(1, known.sum()), 0.0)
    ease = np.zeros(merits.shape[1])
    strength: Floats = np.zeros(merits.shape[0])
    for _ in range(12):
        strength = np.where(known, values - ease, 0.0).sum(axis=1) / (known.sum(axis=1) + 4.0)
        left = np.where(known, values - strength[:, None], 0.0)
        ease = left.sum(axis=0) / (known.sum(axis=0) + 1.0)
    return sorted(range(count), key=lambda i: -round(float(strength[i]), 9) if met[i] else 2.0)


def full_evaluation(worlds: Sequence[World]) -> Floats:
    """Return the mean regret of evaluating everybody on the first n rows, for every n from 1."""
    regrets = []
    for world in worlds:
        known = np.cumsum(~np.isnan(world.merits), axis=1)
        means = np.nancumsum(world.merits, axis=1) / np.maximum(1, known)
        regrets.append(world.true.max() - world.true[means.argmax(axis=0)])
    return np.asarray(100 * np.mean(regrets, axis=0))


def equal_rows(curve: Floats, regret: float) -> float | None:
    """Return after how many rows full evaluation is as good as this; None: never.

    The curve is first made to fall everywhere (isotonic regression), as the true one does.
    """
    falling = isotonic_regression(curve, increasing=False).x
    reached = np.flatnonzero(falling <= regret)
    if not len(reached):
        return None
    first = int(reached[0])
    if first == 0:
        return 1.0
    above, below = falling[first - 1], falling[first]
    return first + float((above - regret) / (above - below))


@dataclass(frozen=True)
class Measured:
    """What a rule came to: its runs, and the calls of full evaluation that are as good.

    `equal` is in calls a world; where full evaluation is never as good it is the calls of all rows.
    None where there is nothing to find.
    """

    runs: list[Run]
    equal: float | None = None

    @property
    def calls(self) -> float:
        """Mean calls a world."""
        return float(np.mean([run.calls for run in self.runs]))


def measured(
    setting: Setting, source: Source, repetitions: int, seed: int, names: Iterable[str]
) -> dict[str, Measured]:
    """Race one setting by every rule, print its table, and return what the rules came to."""
    rng = np.random.default_rng(seed)
    worlds = [source.world(rng, setting.candidates, setting.rows) for _ in range(repetitions)]
    count = len(worlds[0].true)
    curve = full_evaluation(worlds)
    found = {}
    for name in names:
        if setting.heats == 1 and name in FOR_TWO_HEATS:
            continue
        runs = [raced(world, setting, *RULES[name]) for world in worlds]
        rows = equal_rows(curve, float(np.mean([run.regret for run in runs]))) or setting.rows
        found[name] = Measured(runs, None if setting.name.startswith(NOTHING) else rows * count)
    heats = "one heat" if setting.heats == 1 else f"{setting.heats} heats"
    print(
        f"\n{setting.name}: {count} candidates, {setting.rows} rows, "
        f"{setting.calls * count} calls, {heats}; {repetitions} worlds"
    )
    print_table(found)
    return found


def together(settings: Sequence[dict[str, Measured]], name: str) -> Measured:
    """Return what a rule came to over several settings; `equal` is their mean."""
    found = [setting[name] for setting in settings]
    equal = [one.equal for one in found if one.equal is not None]
    return Measured([run for one in found for run in one.runs], float(np.mean(equal)))


HEAD = (
    "  rule                   calls  regret (se)   against halving  within 1    2    5   equal  "
    "saved   best  leader"
)


def print_table(rules: dict[str, Measured]) -> None:
    """Print one line a rule."""
    print(HEAD)
    halved = [run.regret for run in rules["halving"].runs]
    for name, found in rules.items():
        regrets = np.array([run.regret for run in found.runs])
        gap = regrets - halved
        within = [f"{(regrets <= points + 1e-9).mean():5.2f}" for points in (1, 2, 5)]
        line = f"  {name:21} {found.calls:6.0f}  {regrets.mean():6.2f} ({_error(regrets):.2f})"
        line += f"   {gap.mean():+6.2f} ({_error(gap):.2f})      {''.join(within)}"
        if found.equal is None:
            line += " " * 15
        else:
            line += f" {found.equal:7.0f} {1 - found.calls / found.equal:6.0%}"
        if drops_of(name):
            line += f"  {_share(found.runs, 'lost_best')}  {_share(found.runs, 'lost_leader')}"
        print(line.rstrip(), flush=True)


def _error(values: Floats) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def drops_of(name: str) -> bool:
    """Say whether a rule has a drop rule."""
    return RULES[name][1] is not None


def _share(found: Sequence[Run], what: str) -> str:
    return f"{np.mean([getattr(run, what) for run in found]):.3f}"


def _settings(folder: Path | None) -> list[tuple[Setting, Source]]:
    if folder is None:
        return [(setting, setting.source or MadeUp()) for setting in MADE_UP]
    found: list[tuple[Setting, Source]] = []
    for path in sorted(folder.glob("*.json")):
        task = read(path)
        count = len(task.candidates)
        found.append((Setting(f"{task.task} ({task.model})", min(14, count), 40, 10), task))
        found.append((Setting(f"{task.task}, more", min(14, count), 100, 25), task))
    if not found:
        raise SystemExit(f"no recorded outcomes (*.json) in {folder}")
    return found


def main() -> None:
    """Race what is asked for and print tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--outcomes", type=Path, help="folder of recorded outcomes")
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rules", default=",".join(RULES))
    told = parser.parse_args()
    names = list(dict.fromkeys(["halving", *told.rules.split(",")]))
    began = time.perf_counter()
    every = []
    for place, (setting, source) in enumerate(_settings(told.outcomes)):
        found = measured(setting, source, told.repetitions, told.seed + 1000 * place, names)
        if not setting.name.startswith(NOTHING):
            every.append(found)
    print("\nall settings in which there is something to find")
    print_table({name: together(every, name) for name in names if name not in FOR_TWO_HEATS})
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
