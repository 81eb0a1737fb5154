"""What kind of answer a project's prompts are to give when nobody grades it. Owns that only."""

from __future__ import annotations

from intone.llm.answers import AnswerSpec, FreeText, Labels
from intone.metrics.grading import grader_for
from intone.runs.spec import Spec
from intone.runs.task import grader_of, read_rows


def answer_kind(spec: Spec) -> AnswerSpec:
    """Return the kind of answer that a spec's task wants, for questions that are not graded.

    The data is read only where the labels, or whether answers are numbers, are found in it; a spec
    that says nothing of right answers wants any text. Raises InputError.
    """
    task = spec.task
    if task.grader not in (None, "label"):
        return grader_for(task.grader or "", (), task.options, folder=spec.folder).expects
    if task.labels:
        return Labels(task.labels)
    if task.target is None or task.data is None:
        return FreeText()
    return grader_of(spec, read_rows(spec, ()))[0].expects
