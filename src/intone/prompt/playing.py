"""How a program of several calls is written: as one play, and played again from the start.

A play is a generator: it yields requests, is sent what came of them, and returns the answer. It
keeps nothing between two calls of `next`: it is played anew each time, on the completions so far.
Owns that, and how several programs are asked side by side.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from intone.data.row import Row
from intone.llm.request import Request
from intone.prompt.program import Answer, Got, Lost, Program

_Result = TypeVar("_Result")
Asking: TypeAlias = Generator[Sequence[Request], Sequence[Got], _Result]
"""Yields requests, is sent their completions in the same order, and comes to a result."""


@dataclass(frozen=True, slots=True)
class Part:
    """A program to ask about a row, with the blank that it fills in."""

    program: Program
    row: Row
    blank: Request


def played(play: Asking[Answer | Lost], done: Sequence[Got]) -> Sequence[Request] | Answer | Lost:
    """Play on what came back so far: return the requests to make now, or what it came to."""
    start = 0
    try:
        asked = next(play)
        while start + len(asked) <= len(done):
            start, before = start + len(asked), start
            asked = play.send(done[before:start])
    except StopIteration as over:
        result: Answer | Lost = over.value
        return result
    return asked


def together(parts: Sequence[Part]) -> Asking[list[Answer | Lost]]:
    """Ask several programs at the same time; come to what each came to, in their order."""
    done: list[list[Got]] = [[] for _ in parts]
    results: dict[int, Answer | Lost] = {}
    while True:
        asked: list[tuple[int, Sequence[Request]]] = []
        for place, part in enumerate(parts):
            if place in results:
                continue
            step = part.program.next(part.row, done[place], part.blank)
            if isinstance(step, Answer | Lost):
                results[place] = step
            else:
                asked.append((place, step))
        if not asked:
            return [results[place] for place in range(len(parts))]
        got = list((yield [request for _, step in asked for request in step]))
        for place, step in asked:
            done[place] += got[: len(step)]
            del got[: len(step)]
