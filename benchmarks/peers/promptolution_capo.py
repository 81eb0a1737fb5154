"""promptolution's CAPO.

The first prompts are the plain instruction with the labels and the library's answer marker, and two
rewordings by the library's own `create_prompt_variation`. Its defaults (10 prompts, blocks of 30
rows) do not get through one step with 300 calls, so there are 3 prompts, 3 crossovers a step and
blocks of 10 rows, 3 of them at most: about two steps. It takes steps until the calls are used. The
rest is as by default: up to 5 demonstrations with the model's own reasoning, made from a tenth of
the rows.

The predictor is the one that reads the answer between markers. The library's answers for rows are
asked for at temperature 0, prompts are written at 1.
"""

from __future__ import annotations

import random
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from peer import META_TOKENS, QUOTA, TASK_TOKENS, Errand, Outcome, errand, report
from promptolution.llms import APILLM
from promptolution.optimizers.capo import CAPO
from promptolution.predictors import MarkerBasedPredictor
from promptolution.tasks import ClassificationTask
from promptolution.utils.prompt import Prompt
from promptolution.utils.prompt_creation import create_prompt_variation

_PROMPTS = 3
_SHOTS = 5
_BLOCK = 10
_BLOCKS = 3
_MOST_STEPS = 100


def main() -> None:
    """Run the errand of the command line."""
    what = errand()
    random.seed(what.seed)
    np.random.seed(what.seed)  # the library draws from the global generator
    plain = _first(what)
    rows = pd.DataFrame(what.rows, columns=["x", "y"])
    task = ClassificationTask(
        rows, plain, n_subsamples=_BLOCK, eval_strategy="sequential_block", seed=what.seed
    )
    classes = [label.lower() for label in what.labels] or None
    predictor = MarkerBasedPredictor(_model(what, what.tune_url), classes=classes)
    meta = _model(what, what.tune_url, meta=True)
    optimiser: Any = None
    try:
        worded = create_prompt_variation([plain] * (_PROMPTS - 1), meta)
        optimiser = CAPO(
            predictor,
            task,
            meta,
            initial_prompts=[plain, *worded],
            crossovers_per_iter=_PROMPTS,
            upper_shots=min(_SHOTS, len(what.rows) // 10),  # it shows rows of a tenth of all
            max_n_blocks_eval=_BLOCKS,
        )
        optimiser.optimize(_MOST_STEPS)
    except RuntimeError as error:  # a step catches its own; this is before the first one
        if QUOTA not in str(error):
            raise
    found, belief, taken = _best(optimiser, task, Prompt(plain))
    tester = MarkerBasedPredictor(_model(what, what.test_url), classes=classes)
    read, _ = tester.predict([str(found)] * len(what.test), list(what.test))
    tried = len(_scored(task))
    library = f"promptolution {version('promptolution')}"
    report(what, Outcome(read, belief, taken, tried, str(found), library))


def _first(what: Errand) -> str:
    """Return the plain instruction with what the library's predictor needs to be told."""
    asked = what.instruction or "Solve this problem."
    kinds = f"one of these labels: {', '.join(what.labels)}" if what.labels else "a number"
    return f"{asked} Answer with {kinds}, between <final_answer> and </final_answer>."


def _model(what: Errand, url: str, *, meta: bool = False) -> Any:
    return APILLM(
        api_url=url,
        model_id=what.model,
        api_key="none",
        max_concurrent_calls=what.threads,  # what the server answers at once; others would time out
        max_tokens=META_TOKENS if meta else TASK_TOKENS,
        call_timeout_s=600.0,
        gather_timeout_s=36_000.0,
        max_retries=0,
        client_kwargs={"max_retries": 0},
        call_kwargs={"temperature": 1.0 if meta else 0.0},
    )


def _best(optimiser: Any, task: Any, plain: Any) -> tuple[Any, float | None, str]:
    """Return the first prompt of the last whole step; else the best one scored on a block."""
    if optimiser is not None and optimiser.scores:
        return optimiser.prompts[0], float(optimiser.scores[0]), "library"
    scored = _scored(task)
    if not scored:
        return plain, None, "plain"
    best = max(scored, key=lambda prompt: scored[prompt])
    return best, scored[best], "best so far"


def _scored(task: Any) -> dict[str, float]:
    """Return the mean score of every prompt that was scored on a whole block."""
    scores: dict[str, list[float]] = {}
    for (prompt, _, _), score in task.eval_cache.items():
        scores.setdefault(prompt, []).append(float(score))
    return {prompt: sum(s) / len(s) for prompt, s in scores.items() if len(s) >= _BLOCK}


if __name__ == "__main__":
    main()
