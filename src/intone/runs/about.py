"""What a user's feedback is about: a run, one of its rows, or a prompt. Owns looking that up.

A run's record has the prompt, its outcomes the answers; what a row's inputs were is read from the
data file, if it still holds the rows of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from intone.data.canonical import content_id
from intone.data.dataset import Dataset
from intone.errors import InputError
from intone.feedback.complaint import Complaint, check_complaint, read_rating
from intone.feedback.corrections import CURATOR
from intone.prompt.prompt import Prompt
from intone.runs.orders import prepare, recorded_order
from intone.runs.spec import Spec
from intone.runs.task import read_prompt
from intone.store.database import Database
from intone.store.outcomes import RunOutcomes
from intone.store.registry import Registry, Version, name_from, parse_ref
from intone.store.runs import RunRecord, Runs

_LARGEST = 2**31 - 1  # no run and no row has a larger number
_LOOKED_AT = 50  # newest runs of which one must have a prompt
_NAMED = 5  # rows that a message names


@dataclass(frozen=True)
class Feedback:
    """What a user said, and about which answer.

    `rating` is a number in 0..1 or how people write one (`2/5`, `up`, `down`); `answer` the right
    answer; `who` an opaque id. It is about `row` (from 0, as in `RunResult.outcomes`) of `run`,
    about a run's prompt in general where no row is named, or about `prompt` (a reference such as
    `triage@2`, a file, or a Prompt) with the `inputs` and the `output` given here. Where nothing
    of that is given it is about the latest run.
    """

    comment: str = ""
    rating: float | str | None = None
    answer: str | None = None
    who: str = ""
    run: int | None = None
    row: int | None = None
    prompt: str | Prompt | None = None
    inputs: Mapping[str, str] | None = None
    output: str | None = None

    @property
    def free(self) -> bool:
        """Whether it brings what was asked or answered along."""
        return self.inputs is not None or self.output is not None


@dataclass(frozen=True)
class _Answerer:
    """Who answered: a prompt's name, canonical form, and version (empty: not in the registry)."""

    name: str
    form: Mapping[str, Any]
    version: str

    @cached_property
    def id(self) -> str:
        return content_id(self.form)


class Versions:
    """The registry's versions by their content; each is looked up once."""

    def __init__(self, database: Database) -> None:
        self._registry = Registry(database)
        self._found: dict[tuple[str, str], str] = {}

    def newest(self, name: str, program_id: str) -> str:
        """Return the newest version of a name with this content; empty if there is none."""
        key = (name, program_id)
        if key not in self._found:
            version = self._registry.find(*key) if name and program_id else None
            self._found[key] = version.ref if version else ""
        return self._found[key]


class Subjects:
    """Turns feedback into complaints, with what it is about; what was read once is kept in mind.

    `notices` are what could not be found out, a line each.
    """

    def __init__(self, spec: Spec, database: Database) -> None:
        self._spec = spec
        self._database = database
        self._runs = Runs(database)
        self._registry = Registry(database)
        self._records: dict[int, RunRecord] = {}
        self._data: dict[int, Dataset | None] = {}
        self._version = Versions(database).newest
        self._found: dict[tuple[str, bool], _Answerer] = {}
        self._asked: dict[int, _Answerer] = {}
        self.notices: list[str] = []

    def complaint(self, given: Feedback, *, kept_only: bool = False) -> Complaint:
        """Return the complaint that some feedback is, not yet kept.

        `kept_only` takes `prompt` for a reference to what is kept, or the spec's own prompt, and
        never for a file or a text: for names that come from a file of feedback.
        Raises InputError for feedback that says nothing, and for a run, row or prompt there is not.
        """
        _check_kinds(given)
        rating = read_rating(given.rating) if isinstance(given.rating, str) else given.rating
        said = Complaint(
            given.comment,
            inputs=dict(given.inputs or {}),
            output=given.output or "",
            rating=rating,
            answer=given.answer,
            who=given.who,
            target=self._spec.task.target or "",
        )
        found = self._about(said, given, kept_only)
        check_complaint(found)
        return found

    def _about(self, said: Complaint, given: Feedback, kept_only: bool) -> Complaint:
        if given.run is not None:
            return self._of_run(said, self._record(given.run), given, kept_only)
        if given.prompt is not None:
            if given.row is not None:
                raise InputError("a row is one of a run: say which run it is too")
            return _by(said, self._named(given.prompt, kept_only))
        if given.free and given.row is None and self._spec.prompt is not None:
            return _by(said, self._named(self._spec.prompt, False))
        return self._of_run(said, self._latest(), given, kept_only)

    def _of_run(
        self, said: Complaint, record: RunRecord, given: Feedback, kept_only: bool
    ) -> Complaint:
        by = self._answerer(record, given.prompt, kept_only)
        target = (record.spec.get("spec") or {}).get("task", {}).get("target", "")
        said = replace(_by(said, by), run=record.number, target=target)
        outcomes = RunOutcomes(self._database, record.number)
        row = given.row
        if row is None and not given.free:
            answered = outcomes.rows(by.id, 2)
            row = answered[0] if len(answered) == 1 else None
        if row is None:
            return said
        samples = outcomes.of_row(by.id, row)
        if given.output is None:
            if not samples:
                _not_answered(record, row, by, outcomes)
            said = replace(said, output=samples[0].text or samples[0].answer or "")
        if given.inputs is None:
            said = replace(said, inputs=self._inputs(record, row))
        return replace(said, row=row)

    def _record(self, number: int) -> RunRecord:
        if number not in self._records:
            if not 0 < number <= _LARGEST:
                raise InputError(f"there is no run {number} (see: intone runs list)")
            self._records[number] = self._runs.get(number)
        record = self._records[number]
        if not record.spec.get("prompts"):
            raise InputError(f"run {number} has no prompt that feedback could be about")
        return record

    def _latest(self) -> RunRecord:
        """Return the latest run, the same one for all feedback that is kept together."""
        if 0 not in self._records:
            newest = (run for run in self._runs.newest(_LOOKED_AT) if run.spec.get("prompts"))
            latest = next(newest, None)
            if latest is None:
                raise InputError(
                    "there are no runs yet: say what it is about (a prompt, and the output it gave)"
                )
            self._records[0] = latest
        return self._records[0]

    def _answerer(
        self, record: RunRecord, wanted: str | Prompt | None, kept_only: bool
    ) -> _Answerer:
        """Return the prompt of a run that feedback is about: what it came to, or the one named."""
        if wanted is None and record.number in self._asked:
            return self._asked[record.number]
        kept, result = record.spec, record.summary or {}
        those = [
            _Answerer(name_from(name), form, self._version(name_from(name), content_id(form)))
            for name, form in zip(kept["names"], kept["prompts"], strict=True)
        ]
        if record.kind == "tune" and result.get("prompt"):
            name, form = those[0].name, result["prompt"]
            version = result.get("version") or self._version(name, content_id(form))
            those.insert(0, _Answerer(name, form, version))
        if wanted is None:
            return self._asked.setdefault(record.number, those[0])
        for one in those:
            if isinstance(wanted, str) and wanted in (one.name, one.version):
                return one
        asked = self._named(wanted, kept_only)
        for one in those:
            if one.id == asked.id:
                return replace(one, version=asked.version or one.version)
        known = ", ".join(dict.fromkeys(one.version or one.name for one in those))
        shown = wanted if isinstance(wanted, str) else "that prompt"
        raise InputError(f"run {record.number} did not ask {shown}; it asked {known}")

    def _inputs(self, record: RunRecord, row: int) -> Mapping[str, str]:
        """Return a row's inputs; none, and a notice, where they cannot be known any more."""
        if record.number not in self._data:
            self._data[record.number] = self._rows(record)
        data = self._data[record.number]
        if data is None:
            return {}
        if row >= len(data):
            last = f"the last one is {len(data)}"
            raise InputError(f"run {record.number} has no row {row + 1}; {last}")
        return data[row].inputs

    def _rows(self, record: RunRecord) -> Dataset | None:
        unknown = f"the inputs are not known: run {record.number}"
        if not record.spec.get("from_file"):
            self.notices.append(f"{unknown} was made in Python on rows of its own")
            return None
        try:
            ready = prepare(replace(recorded_order(record), kind="run"))
        except InputError as error:
            self.notices.append(f"{unknown} cannot be read again ({error})")
            return None
        if ready.data.id != record.data_id:
            self.notices.append(f"{unknown} was on data that have changed since")
            return None
        return ready.data

    def _named(self, prompt: str | Prompt, kept_only: bool) -> _Answerer:
        if isinstance(prompt, Prompt):
            return _Answerer("prompt", prompt.canonical(), self._version("prompt", prompt.id))
        key = (prompt, kept_only)
        if key not in self._found:
            self._found[key] = self._find(prompt, kept_only)
        return self._found[key]

    def _find(self, word: str, kept_only: bool) -> _Answerer:
        """Return the prompt that a word means: a file or a text, a version that is kept."""
        own = self._spec.prompt
        if not kept_only and word != own and len(word) < 1024 and "\n" not in word:
            if (self._spec.folder / word).is_file():
                return self._read(word)
        version = self._kept(word)
        if version is not None:
            return _Answerer(version.name, version.program, version.ref)
        if own is not None and word in (own, name_from(Path(own).stem)):
            return self._read(own)
        if kept_only:
            self._registry.resolve(word)  # says what there is
        return self._read(word)

    def _kept(self, word: str) -> Version | None:
        try:
            name, which = parse_ref(word)
        except InputError:
            return None
        if which is None and all(latest.name != name for latest in self._registry.names()):
            return None
        return self._registry.get(name, which)

    def _read(self, word: str) -> _Answerer:
        prompt, name = read_prompt(word, self._spec.folder)
        name = name_from(name)
        return _Answerer(name, prompt.canonical(), self._version(name, prompt.id))


def _by(said: Complaint, by: _Answerer) -> Complaint:
    return replace(said, name=by.name, program_id=by.id, program=by.form, version=by.version)


def _not_answered(record: RunRecord, row: int, by: _Answerer, outcomes: RunOutcomes) -> NoReturn:
    rows = outcomes.rows(by.id, _NAMED + 1)
    those = ", ".join(str(answered + 1) for answered in rows[:_NAMED])
    more = " and more" if len(rows) > _NAMED else ""
    known = f"it has of rows {those}{more}" if rows else "it has none at all"
    raise InputError(
        f"run {record.number} has no answer of {by.version or by.name} to row {row + 1}; {known} "
        "(or give the output yourself)"
    )


def _check_kinds(given: Feedback) -> None:
    """Raise InputError for a value of the wrong kind, as a Python program may give."""
    for name in ("comment", "who", "answer", "output"):
        value = getattr(given, name)
        if not isinstance(value, str) and (value is not None or name in ("comment", "who")):
            raise InputError(f"{name} is {value!r}; give a text")
    if given.who == CURATOR:
        raise InputError(f"who is {CURATOR!r}, which is kept for labels fixed on the Data page")
    for name in ("run", "row"):
        value = getattr(given, name)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if value is not None and not (whole and 0 <= value <= _LARGEST):
            raise InputError(f"{name} is {value!r}; give its number")
    if given.rating is not None and not isinstance(given.rating, int | float | str):
        raise InputError(f"rating is {given.rating!r}; give a number from 0 to 1")
    if not isinstance(given.prompt, str | Prompt | None):
        raise InputError(f"prompt is {given.prompt!r}; give a Prompt, a reference or a file")
    inputs = given.inputs
    if not isinstance(inputs, Mapping | None) or not all(
        isinstance(part, str) for pair in (inputs or {}).items() for part in pair
    ):
        raise InputError(f"inputs is {inputs!r}; give a dict of texts")
