"""What users said, on screen. Everything they wrote is shown escaped: it must not act here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from intone.feedback.complaint import Complaint
from intone.feedback.over_time import NotCured
from intone.feedback.wish import Wish
from intone.report import numbers
from intone.report.console import Part, blank, columns, line
from intone.report.listed import when
from intone.report.words import one_line, printable

_COMMENT = 120  # characters of a comment in a table
_TEXT = 4000  # characters of a text that is shown whole
_VALUE = 40

Wishes = Mapping[int, Sequence[Wish]]
"""What complaints ask for, by their numbers."""


def complaints_table(those: Sequence[Complaint], wishes: Wishes | None = None) -> list[Part]:
    """Return the table of complaints; `wishes` says what each asks for, where that is known."""
    if not those:
        return [line('no complaints: intone feedback add --comment "…" keeps one')]
    table = columns("right", "fold", "right", "", "fold")
    heads = ("no.", "about", "rating", "state", "comment" if wishes is None else "wish, comment")
    table.add_row(*(line((head, "dim")) for head in heads))
    for complaint in those:
        said = one_line(complaint.comment, _COMMENT)
        if complaint.answer is not None:
            said = f"{said} [right: {one_line(complaint.answer, _VALUE)}]".lstrip()
        if wishes is not None:
            said = f"{wished(wishes.get(complaint.number, ()))}: {said}"
        table.add_row(
            str(complaint.number),
            one_line(about(complaint), _COMMENT),
            rating(complaint),
            state(complaint),
            line(said),
        )
    return [table]


def complaint_screen(complaint: Complaint, wishes: Sequence[Wish] | None = None) -> list[Part]:
    """Return one complaint whole: what was said, about what, and what became of it."""
    head = f"complaint {complaint.number} · {state(complaint)} · said {when(complaint.at)} UTC"
    facts = [("about", about(complaint)), ("rating", rating(complaint))]
    facts += [("who", complaint.who), ("right answer", complaint.answer or "")]
    if wishes is not None:
        facts.append(("wish", wished(wishes)))
    parts: list[Part] = [line((head, "bold"))]
    parts += [line((f"{name}: ", "dim"), one_line(fact, _TEXT)) for name, fact in facts if fact]
    texts = [("comment", complaint.comment)]
    texts += [(f"input {name}", text) for name, text in complaint.inputs.items()]
    texts.append(("output", complaint.output))
    for name, text in texts:
        if text:
            parts += [blank(), line((one_line(name, _VALUE), "dim")), *_whole(text)]
    return parts


def came_back(those: Sequence[NotCured]) -> list[Part]:
    """Return the wishes that a version was to grant and that came back, a line each."""
    return [
        line(
            ("not cured: ", "yellow"),
            f"{one_line(it.wish.sentence, _COMMENT)} – {it.version} was to do it; "
            f"{numbers.counted(it.before, 'complaint')} before, {it.after} since",
        )
        for it in those
    ]


def about(complaint: Complaint) -> str:
    """Return what a complaint is about: `triage@2, row 7 of run 5`."""
    prompt = complaint.version or complaint.name or "a prompt"
    if complaint.run is None:
        return prompt
    row = "" if complaint.row is None else f"row {complaint.row + 1} of "
    return f"{prompt}, {row}run {complaint.run}"


def rating(complaint: Complaint) -> str:
    """Return the rating in hundredths, empty if none was given."""
    return "" if complaint.rating is None else f"{complaint.rating:.2f}"


def state(complaint: Complaint) -> str:
    """Return what became of a complaint: `open`, `applied in triage@3`."""
    if complaint.state == "applied" and complaint.applied:
        return f"applied in {one_line(complaint.applied, _VALUE)}"
    return complaint.state


def wished(wishes: Sequence[Wish]) -> str:
    """Return what is asked for in a few words; that it is unclear where nothing is known."""
    return "; ".join(one_line(wish.sentence, _COMMENT) for wish in wishes) or "unclear"


def _whole(text: str) -> list[Part]:
    """Return a text's lines, set in; the end of a long one is left out and said to be."""
    cut = len(text) - _TEXT
    lines = printable(text[:_TEXT]).split("\n")
    shown: list[Part] = [line(f"  {row}".rstrip()) for row in lines]
    if cut > 0:
        shown.append(line((f"  … and {numbers.counted(cut, 'character')} more (--json)", "dim")))
    return shown
