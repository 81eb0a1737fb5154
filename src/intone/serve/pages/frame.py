"""What all pages share: the head with its links, and how they come to the app.

A page is a file of its own with a function `show(serving)` and its row in `PAGES`. Pages write
text with labels, never as HTML, so that whatever a user wrote is text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui

from intone.runs.serving import Serving
from intone.serve.pages import data, feedback, playground, prompts, runs
from intone.serve.pages.parts import STYLE

Show = Callable[[Serving], None]

PAGES: Mapping[str, tuple[str, Show]] = {
    "/": ("Prompts", prompts.show),
    "/playground": ("Playground", playground.show),
    "/runs": ("Runs", runs.show),
    "/feedback": ("Feedback", feedback.show),
    "/data": ("Data", data.show),
}
"""Every page by its path: its name, and what shows it."""


def mount(app: FastAPI, serving: Serving) -> None:
    """Put the pages into the app. Once in a process: NiceGUI's pages are global."""
    # Only the websocket: its handshake is what the gate checks.
    nicegui_app.config.socket_io_js_transports = ["websocket"]
    # The bar shown while something is fetched has no name for those who cannot see it.
    nicegui_app.config.quasar_config["loadingBar"]["skipHijack"] = True
    for path, (title, show) in PAGES.items():
        ui.page(path, title=f"{title} · Intone")(_page(path, show, serving))
    ui.run_with(
        app,
        title="Intone",
        dark=None,
        language="en-GB",
        tailwind=False,
        gzip_middleware_factory=None,  # the gate has to see the pages as they are
        show_welcome_message=False,
    )


def _page(path: str, show: Show, serving: Serving) -> Callable[[], None]:
    def page() -> None:
        with _frame(path):
            show(serving)

    return page


@contextmanager
def _frame(here: str) -> Iterator[None]:
    ui.add_css(STYLE)
    with ui.header().classes("bg-blue-grey-9"), ui.row().classes("items-center q-gutter-md"):
        ui.label("Intone").classes("text-h6")
        with ui.element("nav").props('aria-label="Pages"'):
            for path, (title, _) in PAGES.items():
                link = ui.link(title, path).classes("text-white q-mr-md")
                if path == here:
                    link.props('aria-current="page"')
            ui.link("API", "/api/v1/docs").classes("text-white")
    with ui.element("main").classes("q-pa-md full-width"):
        yield
