"""Writes docs/library.md from the library's data files: `python -m tests.docs.library_page`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from intone.prompt.library.checks import LANGUAGES, MEASURES
from intone.prompt.library.entries import KINDS, PURPOSES, Clarifier, Template
from intone.prompt.library.library import ours

PAGE = Path(__file__).resolve().parents[2] / "docs" / "library.md"


def page() -> str:
    """Return the page's text."""
    return "\n".join((*_head(), *_clarifiers(), *_templates(), *_formats(), *_measures())) + "\n"


def _head() -> Iterator[str]:
    own = ours()
    yield "# The library"
    yield ""
    yield "<!-- Made from src/intone/prompt/library by: python -m tests.docs.library_page -->"
    yield ""
    yield (
        f"{len(own.all_clarifiers)} clarifiers for {len(PURPOSES)} purposes; "
        f"{len(own.all_templates)} templates and {len(own.all_output_formats)} output formats "
        f"for {len(KINDS)} kinds of task."
    )
    yield "[prompts.md](prompts.md) says how to add your own, and what uses them."


def _clarifiers() -> Iterator[str]:
    yield ""
    yield "## Clarifiers"
    yield ""
    yield "The strengths are listed from the weakest on. A star marks those that a search tries by"
    yield "itself; the others wait for a person's wish, or are of a kind that is not searched yet."
    for purpose in PURPOSES:
        yield ""
        yield f"### {purpose.capitalize()}"
        yield ""
        yield "| name | strengths | check | kinds |"
        yield "|---|---|---|---|"
        for entry in ours().all_clarifiers:
            if entry.purpose == purpose:
                yield _clarifier_row(entry)


def _clarifier_row(entry: Clarifier) -> str:
    strengths = "<br>".join(f"{n}. {_cell(s)}" for n, s in enumerate(entry.strengths, 1))
    check = f"`{_cell(entry.check.sentence)}`" if entry.check else "none"
    searched = entry.race and {"classify", "calculate", "extract", "answer"} & set(entry.kinds)
    star = "\\*" if searched else ""
    return f"| `{entry.name}`{star} | {strengths} | {check} | {', '.join(entry.kinds)} |"


def _templates() -> Iterator[str]:
    yield ""
    yield "## Templates"
    yield ""
    yield "In the order in which they are tried. `…` stands for the row's inputs."
    for kind in KINDS:
        yield ""
        yield f"### To {kind}"
        yield ""
        yield "| name | text |"
        yield "|---|---|"
        for entry in ours().templates(kind):
            yield f"| `{entry.name}` | {_template_text(entry)} |"


def _template_text(entry: Template) -> str:
    parts = [part for part in (entry.head, entry.instruction) if part]
    return _cell("\n\n".join([*parts, f"…\n{entry.cue}" if entry.cue else "…"]))


def _formats() -> Iterator[str]:
    yield ""
    yield "## Output formats"
    yield ""
    yield "| kind | name | text |"
    yield "|---|---|---|"
    for kind in KINDS:
        for entry in ours().output_formats(kind):
            yield f"| {kind} | `{entry.name}` | {_cell(entry.text)} |"


def _measures() -> Iterator[str]:
    yield ""
    yield "## Measures"
    yield ""
    yield "Numbers that need no model. Those marked English go by word lists and count little in"
    yield "other languages. Inputs are the row's inputs and the passages shown with them."
    yield ""
    yield "| measure | what it is |"
    yield "|---|---|"
    for name, meaning in MEASURES.items():
        yield f"| `{name}` | {_cell(meaning)} |"
    yield ""
    known = ", ".join(f"{name} (`{code}`)" for code, name in LANGUAGES.items())
    yield f"Languages that can be told apart: {known}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", "<br>")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
