"""A report as one HTML file. Owns the choice of a run's page and how blocks become HTML.

The file needs nothing beside itself: no script, no font, no address. Every text is escaped by the
template and cleared of characters that act without being seen (`words.on_page`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from intone.errors import InputError
from intone.report.blocks import Page
from intone.report.figure import Figure, style, svg
from intone.report.material import Material
from intone.report.pages import PAGES
from intone.report.words import on_page

_TEMPLATE = "page.html.j2"


def page_of(material: Material) -> Page:
    """Return a run's report. Raises InputError for a kind of run that has none."""
    kind = material.record.kind
    if kind not in PAGES:
        raise InputError(
            f"run {material.record.number} is a {kind}, which has no report; "
            f"these have: {', '.join(PAGES)}"
        )
    return PAGES[kind](material)


def html(page: Page) -> str:
    """Return the report as HTML, in itself complete."""
    return _template().render(page=page, colours=Markup(style()), drawn=_drawn) + "\n"


def _drawn(figure: Figure) -> Markup:
    return Markup(svg(figure))  # its texts are escaped where it is made


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
    )
    return environment.get_template(_TEMPLATE)


def _shown(value: object) -> object:
    """Return what the template puts in: texts are cleared, what is HTML already is left."""
    return on_page(value) if isinstance(value, str) and not isinstance(value, Markup) else value
