"""What a complaint asks for: by rules and likeness, and by a writer where these read nothing.

Owns which way is believed. The rules are `rules.py`'s, likeness is `similarity.py`'s, what a writer
is asked and may answer is `writer/wishes.py`'s. What nothing can be read out of stays unclear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    """Return what a complaint asks for by the rules, or by a writer where they read nothing."""
    (found,) = await understand_all(reader, [complaint])
    return found


async def understand_all(
    reader: WishReader, complaints: Sequence[Complaint]
) -> tuple[Understood, ...]:
    """Return what each complaint asks for, in their order.

    The writer is asked, about all at once, where the rules read nothing: on complaints of our own
    they are right more often than the small embedded model (benchmarks/RESULTS.md). A complaint
    whose answer has no wish that holds, or that the budget has no room for, stays unclear. Raises
    BackendError where the writer's model cannot be used at all.
    """
    found = [Understood(understand(complaint)) for complaint in complaints]
    said = [replace(complaint, answer=None) for complaint in complaints]
    unclear = [place for place, it in enumerate(said) if it.comment and not understand(it)]
    asked = await _asked(reader, [complaints[place] for place in unclear]) if unclear else ()
    for place, one in zip(unclear, asked, strict=True):
        found[place] = one
    return tuple(found)


async def _asked(reader: WishReader, complaints: Sequence[Complaint]) -> tuple[Understood, ...]:
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
    """Return the writer's wishes that may be taken over; none leave the complaint unclear."""
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
