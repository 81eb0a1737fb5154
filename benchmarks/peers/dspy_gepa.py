"""DSPy's GEPA, with feedback in words: whether the answer is right, and what the right one is.

Its own limit is on scored rows: answers from its cache count, the reflecting calls do not. It is
set to three times the cap, so that it is the server's cap that ends the search; what it then has
found is the best candidate scored on all validation rows, which is what it would return. It is told
of answers that cannot be read too (by default it is not, and then has little to go by with a small
model). Its other settings are the defaults (minibatches of 3, reflection at temperature 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dspy
from dspy_program import answer, metric, model, tune
from peer import errand


def main() -> None:
    """Run the errand of the command line."""
    what = errand()
    right = metric(what)

    def with_feedback(
        gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None
    ) -> Any:
        if right(gold, pred):
            return dspy.Prediction(score=1.0, feedback=f"Right: the answer is {gold.target}.")
        said = f"The answer was {answer(what, pred)}; the right one is {gold.target}."
        return dspy.Prediction(score=0.0, feedback=said)

    def compiled(student: Any, train: Sequence[Any], valid: Sequence[Any]) -> Any:
        optimiser = dspy.GEPA(
            metric=with_feedback,
            max_metric_calls=3 * what.cap,
            add_format_failure_as_feedback=True,
            reflection_lm=model(what, what.tune_url, meta=True),
            num_threads=what.threads,
            seed=what.seed,
        )
        return optimiser.compile(student, trainset=list(train), valset=list(valid))

    tune(what, compiled)


if __name__ == "__main__":
    main()
