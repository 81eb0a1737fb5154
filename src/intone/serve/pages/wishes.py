"""What users said about a prompt, as parts of a page: wishes, conflicts, what is unclear or closed.

Owns how complaints look and how they are closed. Nothing users wrote is anything but text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from nicegui import ui

from intone.errors import IntoneError
from intone.runs.hearing import Heard, InPart, Key, Opposed, Voice, Wanted
from intone.runs.serving import Serving
from intone.serve.pages.in_place import Part
from intone.serve.pages.offering import offering
from intone.serve.pages.parts import heading, moment, prose, question, refused

_SHOWN = 3  # complaints of a wish that are seen at once


@dataclass(frozen=True)
class View:
    """What a part of the page needs: the project, the prompt that is shown, and drawing it anew."""

    serving: Serving
    name: str
    again: Callable[[], Awaitable[None]]


def heard_parts(view: View, heard: Heard) -> list[Part]:
    """Return all that was said about a prompt, in parts that change one by one."""
    name = heard.name
    return [
        Part((name, "wishes"), bool(heard.wishes), partial(_above_wishes, bool(heard.wishes))),
        *(Part((name, "wish", it.key), it, partial(_wish, view, it)) for it in heard.wishes),
        Part((name, "conflicts"), heard.conflicts, partial(_conflicts, view, heard.conflicts)),
        Part((name, "unclear"), heard.unclear, partial(_unclear, view, heard.unclear)),
        Part((name, "returned"), heard.returned, partial(_returned, heard.returned)),
        Part((name, "in part"), heard.in_part, partial(_in_part, view, heard.in_part)),
        Part((name, "declined"), heard.declined, partial(_declined, view, heard.declined)),
    ]


def _above_wishes(any_clear: bool) -> None:
    heading("What users wish for", 2)
    if not any_clear:
        ui.label("No open complaint has a wish that is clear.")


def _wish(view: View, wish: Wanted) -> None:
    with ui.card().classes("full-width"):
        heading(_capital(wish.sentence), 3)
        people = "1 person" if wish.count == 1 else f"{wish.count:,} people"
        said = f"{people}, complaint{'' if len(wish.numbers) == 1 else 's'} {_some(wish.numbers)}"
        ui.label(f"{said}; {wish.back} was to grant it" if wish.back else said)
        _voices(wish.voices)
        if len(wish.voices) < len(wish.numbers):
            ui.label(f"and {len(wish.numbers) - len(wish.voices):,} earlier ones")
        if wish.opposed:
            ui.label("Others wish for the opposite: see Conflicts.").classes("text-weight-bold")
        with ui.row():
            if not wish.opposed:
                _proposing(view, wish.key, wish.sentence)
            _declining(view, wish.numbers, wish.sentence)


def _proposing(view: View, key: Key, sentence: str, *, majority: bool = False) -> None:
    async def offer() -> None:
        await offering(view.serving, view.name, key, "majority" if majority else "leave")

    word = "Follow the majority" if majority else "Propose a change"
    button = ui.button(f"{word} …", on_click=offer)
    button.props["aria-label"] = f"{word}: {sentence} …"


def _declining(view: View, numbers: Sequence[int], what: str) -> None:
    async def decline() -> None:
        await _close(view, lambda: view.serving.hearing.decline(numbers))

    one = len(numbers) == 1
    word = f"Decline {'the complaint' if one else f'all {len(numbers):,} complaints'}"

    def ask() -> None:
        lines = ["Nothing will be done about it." if one else "Nothing will be done about them."]
        lines.append("They can be opened again below, under Declined.")
        question(f"{word}?", lines, "Decline", decline, name="Decline complaints")

    button = ui.button(f"{word} …", on_click=ask).props("flat")
    button.props["aria-label"] = f"{word}: {what} …"


def _conflicts(view: View, conflicts: Sequence[Opposed]) -> None:
    if not conflicts:
        return
    heading("Conflicts", 2)
    ui.label("These wishes cannot both be granted. Nothing is decided for you.")
    for conflict in conflicts:
        with ui.card().classes("full-width"):
            heading(_capital(conflict.sentence), 3)
            if conflict.both:
                ui.label(f"{conflict.both:,} of them wish for both.")
            _ways_out(view, conflict)


def _ways_out(view: View, conflict: Opposed) -> None:
    for way in conflict.choices:
        with ui.row().classes("items-center"):
            if way.follow is not None:
                prose(_capital(way.sentence) + ".")
                _proposing(view, way.follow, way.sentence, majority=True)
            elif way.name == "variants":
                prose(_capital(way.sentence) + ": a condition in the prompt's template.")
            else:
                prose(_capital(way.sentence) + ", or decline the complaints of one side above.")


def _unclear(view: View, voices: Sequence[Voice]) -> None:
    if not voices:
        return
    heading("Unclear", 2)
    ui.label("Nothing is guessed from these complaints.")
    _voices(voices)
    _declining(view, [voice.number for voice in voices], "unclear")


def _returned(those: Sequence[str]) -> None:
    if not those:
        return
    heading("Not cured", 2)
    ui.label("These wishes came back after a change that was to grant them.")
    for said in those:
        prose(said)


def _in_part(view: View, those: Sequence[InPart]) -> None:
    if not those:
        return
    heading("Answered in part", 2)
    ui.label("A version answers these complaints, and not all that they wish for.")
    for part in those:
        _voice(part.voice)
        with ui.row().classes("items-center"):
            prose(f"Still wished for: {part.left}")
            _reopening(view, part.voice)


def _declined(view: View, voices: Sequence[Voice]) -> None:
    if not voices:
        return
    with ui.expansion(f"Declined ({len(voices):,})").classes("full-width q-mt-md"):
        for voice in voices:
            _voice(voice)
            _reopening(view, voice)


def _reopening(view: View, voice: Voice) -> None:
    async def reopen() -> None:
        await _close(view, lambda: view.serving.hearing.reopen([voice.number]))

    button = ui.button("Open again", on_click=reopen).props("flat dense")
    button.props["aria-label"] = f"Open complaint {voice.number} again"


async def _close(view: View, act: Callable[[], None]) -> None:
    try:
        await asyncio.to_thread(act)
    except IntoneError as error:
        refused(error)
        return
    await view.again()


def _voices(voices: Sequence[Voice]) -> None:
    for voice in voices[:_SHOWN]:
        _voice(voice)
    if rest := voices[_SHOWN:]:
        with ui.expansion(f"{len(rest)} more").classes("full-width"):
            for voice in rest:
                _voice(voice)


def _voice(voice: Voice) -> None:
    with ui.element("div").classes("full-width quote"):
        if voice.words:
            prose(f"“{voice.words}”")
        if voice.answer:
            prose(f"The right answer: {voice.answer}")
        with ui.row().classes("items-center text-caption"):
            about = [f"complaint {voice.number} about {voice.about}"]
            about += [f"rating {voice.rating}"] if voice.rating else []
            about += [f"by {voice.who}"] if voice.who else []
            ui.label(", ".join(about))
            moment(voice.at)
        if voice.inputs or voice.output:
            title = f"The answer that complaint {voice.number} is about"
            with ui.expansion(title).props("dense").classes("full-width"):
                for name, text in voice.inputs:
                    prose(f"{name}: {text}")
                prose(f"Answer: {voice.output}" if voice.output else "The answer is not known.")


def _some(numbers: Sequence[int]) -> str:
    """Return the first dozen of some numbers."""
    return ", ".join(map(str, numbers[:12])) + (" …" if len(numbers) > 12 else "")


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
