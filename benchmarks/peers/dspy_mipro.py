"""DSPy's MIPROv2.

Its smallest ready-made setting ("light") needs twice 300 calls with 60 rows, so the number of
candidates (of instructions and of demonstration sets) is the largest whose trials fit the cap, and
the number of trials is the one DSPy recommends for it. No minibatches: DSPy does without for 50
validation rows or fewer. Its other settings are the defaults.

A proposal that cannot be read ends it with an error before anything is scored. It is then started
again with another seed, as a user would, five times at most; the calls that were made are spent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dspy.teleprompt import MIPROv2
from dspy.utils.exceptions import AdapterParseError
from dspy_program import metric, model, tune
from peer import errand

_ATTEMPTS = 5
_MOST = 12  # candidates of the "medium" setting
_TO_PROPOSE = 8  # calls it takes to make one candidate of each kind, about


def trials(candidates: int) -> int:
    """Return the number of trials that MIPROv2 recommends for a single predictor."""
    return int(max(4 * math.log2(candidates), 1.5 * candidates))


def main() -> None:
    """Run the errand of the command line."""
    what = errand()

    def compiled(student: Any, train: Sequence[Any], valid: Sequence[Any]) -> Any:
        fitting = [
            count
            for count in range(2, _MOST + 1)
            if len(valid) * (1 + trials(count)) + _TO_PROPOSE * count <= 1.02 * what.cap
        ]
        candidates = max(fitting, default=2)
        for attempt in range(_ATTEMPTS):
            optimiser = MIPROv2(
                metric=metric(what),
                prompt_model=model(what, what.tune_url, meta=True),
                auto=None,
                num_candidates=candidates,
                num_threads=what.threads,
            )
            try:
                return optimiser.compile(
                    student,
                    trainset=list(train),
                    valset=list(valid),
                    num_trials=trials(candidates),
                    minibatch=False,
                    seed=1 + what.seed + 100 * attempt,  # it takes 0 for "not given"
                )
            except AdapterParseError as error:
                print(f"attempt {attempt + 1}: {error}", flush=True)
                failure = error
        raise failure

    tune(what, compiled)


if __name__ == "__main__":
    main()
