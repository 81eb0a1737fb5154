"""Parts of a page one below the other, of which only what has changed is drawn anew.

Owns that what stands still stays what it is: a button somebody is about to press, a box that is
ticked, the focus. What the parts are is the page's.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from nicegui import ui

# A dialog that is closing still has the focus; what it would give it back to may be gone.
_KEEP_FOCUS = """
(function keep(looks) {
  const active = document.activeElement;
  if (!active || active === document.body) {
    getHtmlElement(PLACE)?.focus({preventScroll: true});
  } else if (looks && active.closest(".q-dialog")) setTimeout(keep, 100, looks - 1);
})(50)
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page: what it is called, all that it shows, and how it is drawn.

    Two parts of one name and equal facts look and act the same.
    """

    name: Hashable
    facts: object
    draw: Callable[[], object]


class InPlace:
    """A place on a page for parts that change one by one."""

    def __init__(self) -> None:
        self._place = ui.column().classes("full-width").props("tabindex=-1")
        self._drawn: dict[Hashable, tuple[object, ui.column]] = {}

    def show(self, parts: Iterable[Part]) -> None:
        """Show these parts in this order and no others. No two may have the same name.

        Where the focus was in one that is gone, it goes to the place instead of nowhere.
        """
        wanted = {part.name: part for part in parts}
        stale = [
            name
            for name, (facts, _) in self._drawn.items()
            if name not in wanted or wanted[name].facts != facts
        ]
        for name in stale:
            self._drawn.pop(name)[1].delete()
        for at, part in enumerate(wanted.values()):
            if part.name not in self._drawn:
                with self._place, ui.column().classes("full-width") as column:
                    part.draw()
                self._drawn[part.name] = (part.facts, column)
            column = self._drawn[part.name][1]
            if self._place.default_slot.children.index(column) != at:
                column.move(target_index=at)
        if stale:
            self._keep_focus()

    def _keep_focus(self) -> None:
        # Not ui.run_javascript: what asked for the change may be among what is gone.
        self._place.client.run_javascript(_KEEP_FOCUS.replace("PLACE", str(self._place.id)))
