"""How far a verdict can be trusted: python benchmarks/verdict_calibration.py (about a minute).

0/1 scores are computed, not simulated: the test depends only on how many rows improved and how many
worsened, so every such pair is judged once and weighed with its exact probability. Graded scores
and macro-F1 are simulated with a fixed seed. Every figure comes from the package's own functions;
only Tango's interval and exact McNemar's test, which it is held against, are written out here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, gammaln, stdtrit, xlogy

from intone.verdict.binary import score_test
from intone.verdict.detectable import CHURN, SPREAD, power, smallest_detectable
from intone.verdict.graded import t_test
from intone.verdict.macro_f1 import macro_f1_difference, macro_f1_gain
from intone.verdict.verdict import SHIP_AT

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SIZES = (20, 50, 100, 500)
DIFFERENCES = (0.0, 0.05, 0.1, 0.2, 0.3)
DISCORDANCES = (0.05, 0.1, 0.2, 0.3, 0.5)
NEGLIGIBLE = 1e-10
CRITICAL = 1.959963984540054
EDGE = 1e-9


@dataclass(frozen=True)
class Truth:
    """What is true of the rows: the difference, and the share of rows whose scores differ."""

    difference: float
    discordance: float

    def probability(self, n: int, improved: Floats, worsened: Floats) -> Floats:
        up = (self.discordance + self.difference) / 2
        down = max(0.0, (self.discordance - self.difference) / 2)
        same = n - improved - worsened
        log = gammaln(n + 1) - gammaln(improved + 1) - gammaln(worsened + 1) - gammaln(same + 1)
        log = log + xlogy(improved, up) + xlogy(worsened, down)
        return np.asarray(np.exp(log + xlogy(same, max(0.0, 1 - self.discordance))))


@dataclass(frozen=True)
class Verdicts:
    """Every pair of counts that is at all likely under one of the truths, judged."""

    n: int
    improved: Floats
    worsened: Floats
    low: Floats
    high: Floats
    one_sided: Floats
    tango: Floats  # the widths of Tango's interval
    mcnemar: Bools  # whether exact McNemar says better

    def weigh(self, truth: Truth) -> Floats:
        return truth.probability(self.n, self.improved, self.worsened)

    def coverage(self, truth: Truth) -> float:
        held = (self.low <= truth.difference + EDGE) & (self.high >= truth.difference - EDGE)
        return float(self.weigh(truth)[held].sum())

    def width(self, truth: Truth) -> float:
        weights = self.weigh(truth)
        return float(weights @ (self.high - self.low) / (weights @ self.tango))

    def better(self, truth: Truth) -> float:
        return float(self.weigh(truth)[self.low > 0].sum())

    def exact(self, truth: Truth) -> float:
        return float(self.weigh(truth)[self.mcnemar].sum())

    def shipped(self, truth: Truth) -> float:
        ships = (self.improved > self.worsened) & (self.one_sided <= SHIP_AT)
        return float(self.weigh(truth)[ships].sum())


def judge_all(n: int, truths: list[Truth]) -> Verdicts:
    """Judge every pair of counts that has a chance under one of the truths."""
    counts = np.arange(n + 1, dtype=float)
    improved, worsened = (grid.ravel() for grid in np.meshgrid(counts, counts, indexing="ij"))
    possible = improved + worsened <= n
    improved, worsened = improved[possible], worsened[possible]
    likely = np.zeros(len(improved), dtype=bool)
    for truth in truths:
        likely |= truth.probability(n, improved, worsened) > NEGLIGIBLE
    improved, worsened = improved[likely], worsened[likely]
    found = [score_test(int(b), int(c), n) for b, c in zip(improved, worsened, strict=True)]
    discordant = improved + worsened
    exact = 2 * bdtr(np.minimum(improved, worsened), discordant.astype(int), 0.5)
    return Verdicts(
        n=n,
        improved=improved,
        worsened=worsened,
        low=np.array([one.low for one in found]),
        high=np.array([one.high for one in found]),
        one_sided=np.array([one.p_one_sided for one in found]),
        tango=tango_width(n, improved, worsened),
        mcnemar=(exact < 0.05) & (improved > worsened),
    )


def tango_width(n: int, improved: Floats, worsened: Floats) -> Floats:
    """Return the width of Tango's 95 % score interval, by bisection from the estimate outwards."""

    def inside(difference: Floats) -> Bools:
        b = -improved - worsened + (2 * n - improved + worsened) * difference
        c = -worsened * difference * (1 - difference)
        q = (np.sqrt(np.maximum(b * b - 8 * n * c, 0)) - b) / (4 * n)
        variance = np.maximum(n * (2 * q + difference * (1 - difference)), 0)
        gap = np.abs(improved - worsened - n * difference)
        return np.asarray(gap <= CRITICAL * np.sqrt(variance))

    ends = []
    for end in (-1.0, 1.0):
        near, far = (improved - worsened) / n, np.full(len(improved), end)
        for _ in range(40):
            middle = (near + far) / 2
            held = inside(middle)
            near, far = np.where(held, middle, near), np.where(held, far, middle)
        ends.append(near)
    return np.asarray(ends[1] - ends[0])


def binary() -> list[tuple[str, bool, str]]:
    """Print the tables for 0/1 scores; return each aim, whether it is met, and the figure."""
    truths = [Truth(d, share) for d in DIFFERENCES for share in DISCORDANCES if share >= d]
    ships = [Truth(d, share) for d in (-0.05, 0.0, 0.05) for share in (0.1, 0.2, 0.3)]
    tables: dict[int, Verdicts] = {}
    announced: dict[int, tuple[float, Truth]] = {}
    for n in SIZES:
        gain = smallest_detectable(n)
        assert gain is not None
        announced[n] = gain, Truth(gain, min(1.0, gain + CHURN))
        tables[n] = judge_all(n, [*truths, *ships, announced[n][1]])
    print("0/1 scores (exact). better: chance of the word; McNemar: the exact test's")
    print("   n  true  differ  coverage  width/Tango  better  McNemar")
    rows = [(n, truth) for n in SIZES for truth in truths]
    for n, truth in rows:
        table = tables[n]
        print(
            f"{n:4}  {truth.difference:4.2f}  {truth.discordance:6.2f}  "
            f"{table.coverage(truth):8.3f}  {table.width(truth):11.3f}  "
            f"{table.better(truth):6.3f}  {table.exact(truth):7.3f}"
        )
    print("\n   chance of shipping at a true gain of      smallest        power")
    print("   n  differ   -5 points  0     +5 points     detectable      there")
    for n in SIZES:
        gain, there = announced[n]
        for share in (0.1, 0.2, 0.3):
            chances = [tables[n].shipped(Truth(d, share)) for d in (-0.05, 0.0, 0.05)]
            tail = f"{100 * gain:13.1f} points  {tables[n].better(there):.3f}"
            print(
                f"{n:4}  {share:6.2f}   {chances[0]:.3f}     {chances[1]:.3f}  {chances[2]:.3f}"
                + (tail if share == 0.1 else "")
            )
    # the word and shipping where nothing differs: at every size, and up to 90 % discordant rows
    cases = [(n, share) for n in (*range(4, 101), 500) for share in np.linspace(0.02, 0.9, 45)]
    worst, size, where = max((power(n, 0.0, share), n, share) for n, share in cases)
    shipped = max(power(n, 0.0, share, level=2 * SHIP_AT) for n, share in cases)
    covered = {n: min(tables[n].coverage(t) for k, t in rows if k == n) for n in SIZES}
    width = max(tables[n].width(truth) for n, truth in rows)
    gains = [tables[n].better(t) - tables[n].exact(t) for n, t in rows if t.difference > 0]
    detect = [tables[n].better(announced[n][1]) for n in SIZES]
    larger = min(covered[n] for n in SIZES if n > 20)
    return [
        ("coverage at n = 20 at least 93 %", covered[20] >= 0.93, f"{covered[20]:.4f}"),
        ("coverage from n = 50 at least 94 %", larger >= 0.94, f"{larger:.4f}"),
        ("mean width at most 1.1 x Tango's", width <= 1.1, f"{width:.3f}"),
        (
            "power at most 5 points below McNemar's",
            min(gains) >= -0.05,
            f"{min(gains):+.3f} to {max(gains):+.3f}",
        ),
        (
            "false better at most 2.5 % (every n from 4 to 100, and 500)",
            worst <= 0.025,
            f"{worst:.4f} (n = {size}, {where:.2f} of the rows differ)",
        ),
        ("shipping at no gain at most 20 % (the same n)", shipped <= SHIP_AT, f"{shipped:.3f}"),
        (
            "power 0.8 at the smallest detectable difference",
            max(abs(chance - 0.8) for chance in detect) < 0.02,
            f"{min(detect):.3f} to {max(detect):.3f}",
        ),
    ]


Draw = Callable[[np.random.Generator, int], Floats]


def _samples(rng: np.random.Generator, n: int) -> Floats:
    # three samples a row, averaged; rows are of any difficulty
    ease = rng.beta(1.2, 0.8, n)
    return np.asarray((rng.binomial(3, ease) - rng.binomial(3, ease)) / 3)


def _some_rows(up: float, down: float) -> Draw:
    def sample(rng: np.random.Generator, n: int) -> Floats:
        sign = rng.choice([1.0, -1.0, 0.0], n, p=[up, down, 1 - up - down])
        return np.asarray(sign * rng.beta(2, 2, n))

    return sample


def _rare_disaster(rng: np.random.Generator, n: int) -> Floats:
    # nine rows gain a little, the tenth loses 0.9: no difference on average
    return np.where(rng.random(n) < 0.1, -0.9, rng.uniform(0, 0.2, n))


GRADED: tuple[tuple[str, float, Draw], ...] = (
    ("all rows, a little", 0.0, lambda rng, n: rng.normal(0, 0.2, n).clip(-1, 1)),
    ("all rows, gain", 0.1, lambda rng, n: rng.normal(0.1, 0.2, n).clip(-1, 1)),
    ("three samples a row", 0.0, _samples),
    ("some rows, both ways", 0.0, _some_rows(0.15, 0.15)),
    ("some rows, gain", 0.1, _some_rows(0.3, 0.1)),
    ("some rows, one way", 0.1, _some_rows(0.2, 0.0)),
    ("rare disaster", 0.0, _rare_disaster),
)


def graded(repetitions: int) -> list[tuple[str, bool, str]]:
    """Print and return the same for graded scores."""
    print(f"\ngraded scores ({repetitions} simulated sets of rows each)")
    print("   n  rows                   true  coverage  width/t-interval  better")
    worst = {"coverage": 1.0, "false": 0.0, "disaster": 0.0}
    for n in SIZES:
        for place, (name, true, draw) in enumerate(GRADED):
            rng = np.random.default_rng([n, place])
            found, plain = [], []
            quantile = float(stdtrit(n - 1, 0.975))
            for _ in range(repetitions):
                rows = draw(rng, n)
                found.append(t_test(rows.tolist()))
                plain.append(2 * quantile * float(rows.std(ddof=1)) / np.sqrt(n))
            coverage = float(np.mean([one.low <= true <= one.high for one in found]))
            width = float(np.mean([one.high - one.low for one in found]) / np.mean(plain))
            better = float(np.mean([one.word == "better" for one in found]))
            print(f"{n:4}  {name:21}  {true:4.2f}  {coverage:8.3f}  {width:16.3f}  {better:6.3f}")
            if name == "rare disaster":
                worst["disaster"] = max(worst["disaster"], better)
            else:
                # one way from few rows: held to what is asked at n = 20
                worst["coverage"] = min(worst["coverage"], coverage)
                worst["false"] = max(worst["false"], better if true == 0 else 0.0)
    gain = smallest_detectable(100, "graded")
    assert gain is not None
    rng = np.random.default_rng(7)
    says = [t_test(rng.normal(gain, SPREAD, 100).tolist()).word for _ in range(repetitions)]
    there = says.count("better") / repetitions
    noise = 2 * np.sqrt(0.025 * 0.975 / repetitions)
    return [
        ("graded coverage at least 93 %", worst["coverage"] >= 0.93, f"{worst['coverage']:.3f}"),
        ("graded false better at most 2.5 %", worst["false"] <= 0.025 + noise, _of(worst["false"])),
        (
            "the same with a rare disaster",
            worst["disaster"] <= 0.025 + noise,
            _of(worst["disaster"]),
        ),
        ("graded power 0.8 where announced", abs(there - 0.8) < 0.03, f"{there:.3f}"),
    ]


def _of(share: float) -> str:
    return f"{share:.4f}"


Answers = tuple[list[str], list[str | None], list[str | None]]


def _answers(rng: np.random.Generator, n: int, right: float) -> Answers:
    """Return targets and two prompts' answers: the first knows 60 %, the second `right`."""
    targets = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
    told: list[list[str | None]] = []
    for share in (0.6, right):
        guess = rng.integers(5, size=n)  # the fifth is an answer that could not be read
        answers = np.where(rng.random(n) < share, targets, guess)
        told.append([None if one == 4 else str(one) for one in answers.tolist()])
    return [str(one) for one in targets.tolist()], told[0], told[1]


def macro_f1(repetitions: int) -> list[tuple[str, bool, str]]:
    """Print and return the same for macro-F1: where nothing differs, and where something does."""
    print(f"\nmacro-F1, four classes of 40, 30, 20 and 10 % ({repetitions} simulated sets each)")
    print("   n  false better or worse  coverage and better at a true gain")
    false = 0.0
    for n in (20, 50, 100):
        rng = np.random.default_rng([n, 11])
        true = macro_f1_gain(*_answers(rng, 100_000, 0.8))
        words, gains = [], []
        for _ in range(repetitions):
            words.append(macro_f1_difference(*_answers(rng, n, 0.6)).word)
            gains.append(macro_f1_difference(*_answers(rng, n, 0.8)))
        rate = 1 - words.count("undecided") / repetitions
        covered = np.mean([one.low <= true <= one.high for one in gains])
        better = np.mean([one.word == "better" for one in gains])
        print(f"{n:4}  {rate:21.4f}  {covered:8.3f}     {better:.3f}   ({100 * true:.1f} points)")
        false = max(false, rate)
    noise = 2 * np.sqrt(0.05 * 0.95 / repetitions)
    return [("macro-F1 false better or worse at most 5 %", false <= 0.05 + noise, _of(false))]


def main() -> None:
    started = time.perf_counter()
    aims = [*binary(), *graded(5000), *macro_f1(2000)]
    print("\naim (for simulated rates: within two standard errors of it)")
    for aim, met, figure in aims:
        print(f"  {'met   ' if met else 'MISSED'}  {aim}: {figure}")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
