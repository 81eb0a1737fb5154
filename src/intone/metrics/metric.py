from dataclasses import dataclass
from typing import Any

Metric = Any


@dataclass
class Estimate:
    value: float
    low: float
    high: float
    n: int


class M:
    name = "mean"

    def of(self, scores, targets, answers):
        s = [x for x in scores if x is not None]
        m = sum(s) / len(s)
        return Estimate(m, max(0, m - 0.1), min(1, m + 0.1), len(s))


def metric_for(name):
    return M()
