"""What a proposal must not quote: tuning rows, the rows it was shown, the example of its request.

Owns which words are free to use; what makes a copy is `copies`', what names a row is `names`', what
says the answer is `statements`'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from intone.data.row import Row
from intone.prompt.prompt import Prompt
from intone.writer.copies import Copies, Copy, words
from intone.writer.names import Names
from intone.writer.statements import states_answer

Fault: TypeAlias = Copy | Literal["repeats the example", "names a row", "states an answer"]
"""Why a text's words are not the writer's to use."""


@dataclass(frozen=True)
class Example:
    """A worked example inside a request.

    `marks` are words of it that have no business in an answer, unless the task has them too.
    """

    case: str
    answer: Mapping[str, str]
    marks: frozenset[str]

    @cached_property
    def copies(self) -> Copies:
        """What finds passages of the example."""
        return Copies([Row(-1, "", {"case": self.case, **self.answer})])


@dataclass(frozen=True)
class Quoting:
    """Judges the texts proposed for one prompt.

    `shown` are the rows their request showed, `labels` the answers there are.
    """

    prompt: Prompt
    copies: Sequence[Copies]
    names: Names
    shown: Sequence[Row] = ()
    labels: Sequence[str] = ()

    def fault(self, text: str, example: Example | None) -> Fault | None:
        """Return what a text quotes or answers, None if it is the writer's own and no answer."""
        if example is not None:
            marked = example.marks.intersection(words(text)) - self._own_words
            if marked or example.copies.within(text, self._said):
                return "repeats the example"
        found = (copies.within(text, self._said) for copies in self.copies)
        copied = next((copy for copy in found if copy is not None), None)
        if copied is None and self.names.within(text, self._said):
            return "names a row"
        if copied is None and states_answer(text, self.labels):
            return "states an answer"
        return copied

    @cached_property
    def _said(self) -> str:
        """What the prompt says itself. Its demonstrations are rows."""
        prompt = self.prompt
        said = (prompt.role, prompt.template, *prompt.clarifiers, prompt.output_format)
        return " \n".join((*said, *prompt.context))

    @cached_property
    def _own_words(self) -> set[str]:
        rows = (text for row in self.shown for text in (*row.inputs.values(), row.target or ""))
        return {word for text in (self._said, *rows) for word in words(text)}
