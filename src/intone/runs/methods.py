"""The tuning methods by name, and the race they run in.

Owns which names there are, what each is made from, and by which rules candidates are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from intone.data.row import Row
from intone.errors import InputError, SettingError
from intone.llm.answers import AnswerSpec, FreeText, Json, Labels, Number
from intone.llm.request import Sampling
from intone.prompt.chain import Chain
from intone.prompt.library.entries import Kind
from intone.prompt.library.library import Library
from intone.prompt.phrasings import phrasings, task_kind
from intone.prompt.prompt import Prompt
from intone.prompt.vote import Vote
from intone.runs.fitting import check_kind
from intone.runs.task import Ready
from intone.store.measured import refuse_known
from intone.tune.ape import Ape
from intone.tune.auto import REFLECT_FROM, Auto
from intone.tune.capo import Capo
from intone.tune.chain_steps import ChainMaterial, ChainSteps, step_pool
from intone.tune.evoprompt import EvoPrompt, EvoPromptDe
from intone.tune.gepa import Gepa
from intone.tune.grid import Grid
from intone.tune.material import Material
from intone.tune.mipro import Mipro
from intone.tune.objective import SCORE, read_objective
from intone.tune.opro import Opro
from intone.tune.race import Race
from intone.tune.races.behind import Behind
from intone.tune.races.rejects import SuccessiveRejects
from intone.tune.races.rounds import Rounds
from intone.tune.random import Random
from intone.tune.tuner import Tuner
from intone.writer.writer import Writer

TUNERS: Mapping[str, Callable[[Material], Tuner]] = {
    "auto": Auto,
    "random": Random,
    "grid": Grid,
    "ape": Ape,
    "opro": Opro,
    "evoprompt": EvoPrompt,
    "evoprompt-de": EvoPromptDe,
    "mipro": Mipro,
    "gepa": Gepa,
    "capo": Capo,
}
"""The tuners by name."""
METHODS = tuple(TUNERS)
WITHOUT_WRITER = frozenset({"random", "grid"})
"""The methods that ask no writer."""
WITH_DOCUMENTS = frozenset({"auto"})
"""The methods that try passages of the user's documents."""


def check_method(method: str, objective: str | Mapping[str, float]) -> None:
    """Raise SettingError for a method or an objective there is not."""
    if method not in METHODS:
        raise SettingError(f"unknown tune.method {method!r}; there are: {', '.join(METHODS)}")
    read_objective(objective)


_GRADERS: Mapping[type[AnswerSpec], str] = {Labels: "label", Number: "number", Json: "json"}


def make_tuner(
    ready: Ready,
    pool: Sequence[Row],
    rows: Sequence[Row],
    open_writer: Callable[[], Writer] | None = None,
) -> Tuner:
    """Make the tuner a spec asks for.

    `pool` are the rows it may show; `rows` those of the race, in the order in which they are met.
    `open_writer` is called only by methods that use a writer: it may load a model.
    """
    spec = ready.spec
    check_method(spec.tune.method, spec.tune.objective)
    if isinstance(ready.prompt, Chain):
        return ChainSteps(_chain_material(ready, ready.prompt, pool, rows))
    given = ready.sole_prompt
    kind = spec.task.kind or task_kind(ready.grader.name)
    edits = phrasings(
        given,
        kind=kind,
        labels=ready.labels,
        target=ready.data.target or "",
        library=ready.library,
    )
    writer = None
    if open_writer is not None and spec.tune.method not in WITHOUT_WRITER:
        writer = open_writer()
    material = Material(
        given,
        edits,
        raceable(ready.library, kind),
        pool,
        rows,
        spec.tune.seed,
        writer,
        ready.labels,
        read_objective(spec.tune.objective),
        passages=ready.documents.passages,
        kind=kind,
        library=ready.library,
    )
    return TUNERS[spec.tune.method](material)


def unused_writer(ready: Ready, answers: int | None) -> str | None:
    """Say why a tuning will not ask the writer that its spec names; None where it may.

    `answers` is what the plan leaves to the search. Where that is cross-validated, each of its
    searches has less, and none of them may come to ask.
    """
    method = ready.spec.tune.method
    if ready.spec.writer is None:
        return None
    if isinstance(ready.prompt, Chain):
        return "[writer] is not used: the steps of a chain are tuned without one"
    if method in WITHOUT_WRITER:
        return f"[writer] is not used: {method} asks none"
    if method == "auto" and answers is not None and answers < REFLECT_FROM:
        most = f"this one has {answers}"
        return f"[writer] is not used: auto asks it in searches of {REFLECT_FROM} answers, {most}"
    return None


def check_tunable(ready: Ready) -> None:
    """Raise InputError for a program that cannot be tuned, or not with these settings."""
    tune, name = ready.spec.tune, ready.names[0]
    if isinstance(ready.prompt, Vote):
        raise InputError(
            f"{name} is a vote; tune one of its prompts, and let the search build the vote "
            f"(--set tune.vote={max(3, len(ready.prompt.members))})"
        )
    refuse_known(ready.prompt.canonical(), name)
    if isinstance(ready.prompt, Chain):
        if tune.method != "auto":
            raise SettingError(f"tune.method is {tune.method!r}; a chain is tuned by auto only")
        if tune.vote:
            raise SettingError("tune.vote builds a vote of prompts; a chain is tuned without it")
    if tune.vote:
        if tune.vote < 3:
            raise SettingError(f"tune.vote is {tune.vote}; fewer than 3 decide nothing together")
        if read_objective(tune.objective) != SCORE:
            raise SettingError("tune.vote goes with tune.objective score only")
        check_kind(Vote([Prompt("a"), Prompt("b")]), "tune.vote", ready.grader.expects, Sampling())


def _chain_material(
    ready: Ready, chain: Chain, pool: Sequence[Row], rows: Sequence[Row]
) -> ChainMaterial:
    """Return what a chain is tuned with: material of its own for each step that is a prompt."""
    steps = {}
    seed, objective = ready.spec.tune.seed, read_objective(ready.spec.tune.objective)
    for step in chain.steps:
        if step.known or not isinstance(step.program, Prompt):
            continue
        final = step is chain.final
        spec = step.spec or (ready.grader.expects if final else FreeText())
        kind = task_kind(_GRADERS.get(type(spec), "exact"))
        labels = spec.labels if isinstance(spec, Labels) else ()
        target = (ready.data.target if final else step.target) or ""
        edits = phrasings(
            step.program, kind=kind, labels=labels, target=target, library=ready.library
        )
        shown = step_pool(chain, step.name, pool)
        steps[step.name] = Material(
            step.program,
            edits,
            raceable(ready.library, kind),
            shown,
            rows,
            seed,
            labels=labels,
            kind=kind,
            library=ready.library,
        )
    return ChainMaterial(chain, steps, rows, objective)


def raceable(library: Library, kind: Kind) -> tuple[str, ...]:
    """Return the clarifiers a search may try by itself on a kind of task, in middling strength."""
    rules = [rule for rule in library.clarifiers(kind) if rule.race]
    return tuple(rule.strengths[len(rule.strengths) // 2] for rule in rules)


def make_race(rows: Sequence[int]) -> Race:
    """Make the race of a search over these rows, in the order in which they are to be met.

    The rules are those that chose best among those that state an error rate: docs/racing.md.
    """
    return Rounds(rows, SuccessiveRejects(), Behind())
