"""Feedback: kept, brought in from files, listed, declined. The one way in for all who take it.

Owns what is done in one transaction, and what a Python program calls; what feedback is about is
`about.py`'s to find out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from intone.data.formats import open_source
from intone.data.records import Records
from intone.data.source import Source
from intone.errors import InputError
from intone.feedback.complaint import Complaint
from intone.runs.about import Feedback, Subjects, Versions
from intone.runs.feedback_files import FeedbackFile
from intone.runs.project import Project
from intone.runs.spec import Spec, read_spec
from intone.store.complaints import Complaints
from intone.store.database import Database


@dataclass(frozen=True)
class Added:
    """The complaints that are kept now, by number, and what could not be found out about them."""

    numbers: tuple[int, ...]
    notices: tuple[str, ...] = ()


def add(given: Feedback, spec: Spec) -> tuple[Complaint, tuple[str, ...]]:
    """Keep what a user said, with what it is about; return it, and what could not be found out.

    Raises InputError for feedback that says nothing and for a run, row or prompt there is not.
    """
    with Project(spec.folder).open() as database:
        subjects = Subjects(spec, database)
        kept = Complaints(database).add(subjects.complaint(given))
        return kept, tuple(subjects.notices)


def bring_in(source: Source, name: str, spec: Spec, default: Feedback | None = None) -> Added:
    """Keep all feedback of a table, or none of it; records are read as they are kept.

    `default` says what records are about that do not say so themselves, and who said it.
    Raises InputError naming the line of the first record that is wrong.
    """
    default = default or Feedback()
    file = FeedbackFile(source, name, default)
    with Project(spec.folder).open() as database:
        subjects = Subjects(spec, database)

        def those() -> Iterator[Complaint]:
            for place, given in file:
                own = given.prompt is not None and given.prompt is not default.prompt
                try:
                    yield subjects.complaint(given, kept_only=own)
                except InputError as error:
                    raise InputError(f"{place}: {error}") from error

        numbers = Complaints(database).add_many(those())
    if not numbers:
        raise InputError(f"{name} has columns but no rows; nothing was brought in")
    ignored = file.ignored
    unread = [f"not read: {', '.join(ignored[:10])} (no columns of feedback)"] if ignored else []
    return Added(tuple(numbers), (*subjects.notices, *unread))


def listed(
    project: Project, *, open_only: bool = False, name: str | None = None
) -> tuple[Complaint, ...]:
    """Return the complaints of a project by number, with the versions they are about.

    A prompt may have got into the registry after something was said about it.
    """
    if not project.exists:
        return ()
    with project.open() as database:
        versions = Versions(database)
        return tuple(
            it if it.version else replace(it, version=versions.newest(it.name, it.program_id))
            for it in Complaints(database).list(open_only, name)
        )


def shown(project: Project, number: int) -> Complaint:
    """Return one complaint. Raises InputError if there is none with this number."""
    with _there(project) as database:
        it = Complaints(database).get(number)
        version = it.version or Versions(database).newest(it.name, it.program_id)
        return replace(it, version=version)


def decline(project: Project, numbers: Sequence[int], *, undo: bool = False) -> None:
    """Decline open complaints, all or none; `undo` opens declined ones again.

    Raises InputError for a number there is none of, and a complaint that a version answers.
    """
    with _there(project) as database:
        kept = Complaints(database)
        for complaint in kept.list(numbers=numbers):
            if complaint.state == "applied" and complaint.applied:  # a fixed label has no version
                raise InputError(
                    f"complaint {complaint.number} is answered by {complaint.applied} already; "
                    "only open ones can be declined"
                )
        kept.mark(numbers, "open" if undo else "declined")


def _there(project: Project) -> Database:
    if not project.exists:
        raise InputError(f"there is no feedback in {project.folder.resolve()} yet")
    return project.open()


def add_feedback(feedback: str | Feedback, *, folder: str | Path = ".") -> Complaint:
    """Keep what a user said about an answer; return it as it is kept.

    `feedback` is a comment about the latest run, or a Feedback that says more. Its inputs stay
    empty where they are not known any more. `folder` is the project's.
    Raises InputError for feedback that says nothing and for a run, row or prompt there is not.
    """
    given = Feedback(feedback) if isinstance(feedback, str) else feedback
    if not isinstance(given, Feedback):
        raise InputError(f"feedback is {feedback!r}; give a comment or an intone.Feedback")
    return add(given, read_spec(None, {}, Path(folder)))[0]


def import_feedback(
    data: str | Path | Iterable[Mapping[str, object]], *, folder: str | Path = "."
) -> tuple[int, ...]:
    """Keep the feedback of a file (CSV, JSONL, JSON, Parquet) or of mappings: all, or none.

    The columns are those of `intone feedback add --from`; rows count from 1 there. Returns the
    numbers of the complaints. Raises InputError naming the record that is wrong.
    """
    if isinstance(data, str | Path):
        source, name = open_source(Path(data)), str(data)
    else:
        source, name = Records(data), "the feedback"
    return bring_in(source, name, read_spec(None, {}, Path(folder))).numbers


def list_feedback(
    *, open_only: bool = False, name: str | None = None, folder: str | Path = "."
) -> tuple[Complaint, ...]:
    """Return what users said, by number: all of it, the open complaints, those about a prompt."""
    return listed(Project(Path(folder)), open_only=open_only, name=name)
