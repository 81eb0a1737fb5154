"""What the three DSPy peers share: model, signature, metric, and what to do when the calls end.

The program is what a DSPy user would write: `Predict` over a signature with the plain instruction
and the labels as a `Literal` for classification, `ChainOfThought` with a number as output for word
problems. Everything else is DSPy's default: the chat adapter, and the JSON adapter where that one's
answer cannot be read; its cache in memory (an answer from it costs no call); no cache on disk, so
that every run pays for itself. One thread, because the server answers one request at a time.

The rows are cut in halves (each as balanced as the whole): one to make demonstrations and
instructions from, one to score programs on. DSPy's advice is to score on rows that are not shown.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import dspy
from dspy.utils.callback import BaseCallback
from dspy.utils.exceptions import AdapterParseError, ContextWindowExceededError, DSPyError
from dspy.utils.parallelizer import ParallelExecutor
from peer import META_TOKENS, QUOTA, TASK_TOKENS, Errand, Outcome, Spent, report, same_number

Program = Any
_NEVER_TOO_MANY = 10**6  # a weak model's answers that cannot be read are wrong, not a reason to end
Compile = Callable[[Program, Sequence[Any], Sequence[Any]], Program]


@dataclass
class Watch(BaseCallback):  # type: ignore[misc]
    """Stops the run when the calls are used, and remembers what was scored on all `size` rows."""

    size: int
    scored: list[tuple[float, Program]] = field(default_factory=list)
    under_way: dict[str, tuple[Program, int]] = field(default_factory=dict)
    testing: bool = False

    def on_lm_end(self, call_id: str, outputs: Any, exception: BaseException | None = None) -> None:
        """Raise Spent if the server gives no more answers."""
        if not self.testing and exception is not None and QUOTA in str(exception):
            raise Spent

    def on_evaluate_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """Take note of which program is scored, and on how many rows."""
        rows = inputs.get("devset") or instance.devset
        self.under_way[call_id] = (inputs["program"], len(rows))

    def on_evaluate_end(
        self, call_id: str, outputs: Any, exception: BaseException | None = None
    ) -> None:
        """Keep the program with its score, if it went through all validation rows."""
        program, rows = self.under_way.pop(call_id)
        if exception is None and outputs is not None and rows == self.size:
            kept = program.deepcopy()
            vars(kept).pop("forward", None)  # of a program whose trace is captured: not its own
            self.scored.append((float(outputs.score) / 100.0, kept))


def model(what: Errand, url: str, *, meta: bool = False) -> Any:
    """Return the model behind a URL: at temperature 0 for rows, at 1 (DSPy's) to write prompts."""
    return dspy.LM(
        f"openai/{what.model}",
        api_base=url,
        api_key="none",
        temperature=1.0 if meta else 0.0,
        max_tokens=META_TOKENS if meta else TASK_TOKENS,
        num_retries=0,
        timeout=900.0,
    )


def program(what: Errand) -> Program:
    """Return the program before any tuning."""
    if what.labels:
        label: Any = Literal[what.labels]
        return dspy.Predict(_signature(what, "text", "label", label))
    return dspy.ChainOfThought(_signature(what, "question", "answer", float))


def metric(what: Errand) -> Callable[..., bool]:
    """Return the metric: whether the answer is the target."""

    def right(example: Any, prediction: Any, trace: Any = None) -> bool:
        given = answer(what, prediction)
        if given is None:
            return False
        wanted = str(example.target)
        return given == wanted if what.labels else same_number(given, wanted)

    return right


def answer(what: Errand, prediction: Any) -> str | None:
    """Return what a prediction says, as text; None if it says nothing."""
    value = prediction.get("label" if what.labels else "answer")
    return None if value is None else str(value)


def examples(what: Errand) -> list[Any]:
    """Return the tuning rows as DSPy's examples."""
    given, wanted = ("text", "label") if what.labels else ("question", "answer")
    return [
        dspy.Example(**{given: text, wanted: target, "target": target}).with_inputs(given)
        for text, target in what.rows
    ]


def tune(what: Errand, compile_program: Compile) -> None:
    """Tune with a peer's `compile(program, train, valid)`, answer the test rows, and report."""
    rows = examples(what)
    half = len(rows) // 2
    train, valid = rows[:half], rows[half:]
    watch = Watch(len(valid))
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    dspy.configure(
        lm=model(what, what.tune_url),
        callbacks=[watch],
        num_threads=what.threads,
        max_errors=_NEVER_TOO_MANY,
    )
    student = program(what)
    try:
        found, taken = compile_program(student, train, valid), "library"
    except (Spent, DSPyError) as end:
        if isinstance(end, DSPyError):  # what the model wrote where a prompt was to be written
            traceback.print_exc()
        best = max(watch.scored, key=lambda pair: pair[0], default=None)
        found, taken = (student, "plain") if best is None else (best[1], "best so far")
        taken += "" if isinstance(end, Spent) else ", the library failed"
    watch.testing = True
    belief = max((score for score, _ in watch.scored), default=None)
    tried = len(watch.scored)
    with dspy.context(lm=model(what, what.test_url)):
        answers = _all_answered(what, found)
    shown = [
        f"{name}: {predictor.signature.instructions}\n{predictor.demos}"
        for name, predictor in found.named_predictors()
    ]
    report(
        what, Outcome(answers, belief, taken, tried, "\n".join(shown), f"dspy {dspy.__version__}")
    )


def _all_answered(what: Errand, found: Program) -> list[str | None]:
    threads = ParallelExecutor(num_threads=what.threads, timeout=0)
    answers: list[str | None] = threads.execute(
        lambda text: _answered(what, found, text), list(what.test)
    )
    for failure in threads.exceptions_map.values():
        raise failure
    return answers


def _answered(what: Errand, found: Program, text: str) -> str | None:
    try:
        return answer(what, found(**{"text" if what.labels else "question": text}))
    except (AdapterParseError, ContextWindowExceededError):
        return None  # its answer cannot be read, or there is none


def _signature(what: Errand, given: str, wanted: str, kind: Any) -> Any:
    fields = {given: (str, dspy.InputField()), wanted: (kind, dspy.OutputField())}
    return dspy.Signature(fields, what.instruction or None)
