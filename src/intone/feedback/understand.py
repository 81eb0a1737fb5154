"""What a complaint asks for: by rules and likeness, or by a writer with these to fall back on.

Owns which way is believed. The rules are `rules.py`'s, likeness is `similarity.py`'s, what a writer
is asked and may answer is `writer/wishes.py`'s. What nothing can be read out of stays unclear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from intone.errors import BudgetEnded
from intone.feedback.complaint import Complaint
from intone.feedback.cues import language_names
from intone.feedback.rules import gives_orders, nameable, read_by_rules
from intone.feedback.sentences import plain, sentences_of
from intone.feedback.similarity import THRESHOLD, our_examples
from intone.feedback.wish import WRONG_ANSWER, Wish, wish_kinds
from intone.writer.wishes import Dropped, Heard, Offered, Said, WishReader

_SAID = 200  # characters of the user's words that are kept with a wish
_SURE = 0.9  # of a writer's reading: it gives no figure of its own


@dataclass(frozen=True, slots=True)
class Understood:
    """What a complaint asks for (() if unclear), who read it, and what of a writer was dropped."""

    wishes: tuple[Wish, ...]
    by: Literal["rules", "writer"] = "rules"
    dropped: Mapping[Dropped, int] = field(default_factory=dict)


def understand(complaint: Complaint) -> tuple[Wish, ...]:
    """Return what a complaint asks for, without a model; () if that is unclear.

    Reads the first few thousand characters of the comment, in time in proportion to them, and takes
    any text. A right answer that came with it is a wish for the right answer, whatever is said.
    """
    sentences = sentences_of(complaint.comment)
    reading = read_by_rules(sentences)
    wishes = reading.wishes
    if not wishes and len(reading.unread) == len(sentences):
        wishes = alike([sentence.said for sentence in sentences])
    return _with_answer(complaint, wishes)


async def understand_with(reader: WishReader, complaint: Complaint) -> Understood:
    """Return what a complaint asks for by a writer, or by the rules where it finds nothing."""
    (found,) = await understand_all(reader, [complaint])
    return found


async def understand_all(
    reader: WishReader, complaints: Sequence[Complaint]
) -> tuple[Understood, ...]:
    """Return what each complaint asks for, in their order; the writer is asked about all at once.

    A complaint whose answer has no wish that holds, or that the budget has no room for, is read by
    the rules. Raises BackendError where the writer's model cannot be used at all.
    """
    offered = [
        Offered(kind.name, kind.sentence.replace("[[of]]", "…"), kind.takes)
        for kind in wish_kinds().values()
    ]
    comments = [plain(complaint.comment) for complaint in complaints]
    try:
        replies = await reader.read_wishes(comments, offered)
    except BudgetEnded:
        replies = tuple(Heard(dropped={"no budget": 1}) for _ in complaints)
    return tuple(map(_believed, complaints, replies))


def _believed(complaint: Complaint, reply: Heard) -> Understood:
    """Return the writer's wishes that may be taken over, else the rules'."""
    ordered = any(map(gives_orders, sentences_of(complaint.comment)))
    dropped = Counter(reply.dropped)
    found: dict[tuple[str, str], Wish] = {}
    for said in reply.wishes:
        wish = _taken(said, complaint)
        if wish is None or (ordered and wish.of):
            dropped["unusable"] += 1
        else:
            found.setdefault(wish.key, wish)
    if found:
        wishes = _with_answer(complaint, tuple(found.values()))
        return Understood(wishes, "writer", dict(dropped))
    return Understood(understand(complaint), "rules", dict(dropped))


def _taken(said: Said, complaint: Complaint) -> Wish | None:
    """Return a writer's wish, None if what it names cannot be used."""
    of = said.of
    if wish_kinds()[said.kind].takes == "language":
        of = next(filter(None, map(language_names().get, of.casefold().split())), "")
    if said.of and not nameable(of):
        return None
    return Wish(said.kind, of, _said(said.words or complaint.comment), _SURE)


def _with_answer(complaint: Complaint, wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """Return the wishes, with that for the right answer if one was given."""
    if complaint.answer is None or any(wish.kind == WRONG_ANSWER for wish in wishes):
        return wishes
    return (*wishes, Wish(WRONG_ANSWER, "", _said(complaint.comment)))


def _said(text: str) -> str:
    return " ".join(plain(text).split())[:_SAID]


def alike(texts: list[str], threshold: float = THRESHOLD) -> tuple[Wish, ...]:
    """Return the wishes whose examples the texts are like, at least by `threshold` (a cosine)."""
    found: dict[str, Wish] = {}
    for text in texts:
        nearest = our_examples().nearest(text)
        if nearest.kind and nearest.cosine >= threshold:
            sure = round(nearest.cosine, 3)
            found.setdefault(nearest.kind, Wish(nearest.kind, "", text[:_SAID], sure))
    return tuple(found.values())
