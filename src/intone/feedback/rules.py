"""Wishes read by rules: cues, their negation, and what a wish names in the user's own words.

Owns which matches count and how far what is named reaches. The cues are `languages/*.toml`, their
notation is `cues.py`'s. Text that no cue fits gives nothing: `similarity.py` may know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from intone.feedback.cues import Cue, Language, Use, language_names, languages
from intone.feedback.sentences import Sentence
from intone.feedback.wish import Wish, wish_kinds

LONGEST_NAMED = 120
"""Characters that a wish may name; more is no name."""

_LONGEST_WORDS = 200
_REACH = 4  # words before a cue in which a negation counts
_BREAKS = frozenset(", : ( ) & / + { } < > |".split())
_JOINS = frozenset(("and", "or", ","))
_TEMPLATE = re.compile(r"\{[{%#]|[%#}]\}|<\|")
_READ = frozenset(("nothing", "tail", "plain", "naming"))
_LANGUAGE, _SAME_LANGUAGE = "language", "same-language"

_Span = tuple[int, int]  # the first token, and the one after the last


@dataclass(frozen=True, slots=True)
class Match:
    """A cue found in a sentence: the tokens it takes up, and those of what it names."""

    cue: Cue
    language: Language
    start: int
    stop: int
    of: _Span | None = None
    other: _Span | None = None
    spoken: str = ""

    @property
    def anchor(self) -> range:
        """The tokens of the cue itself, without what it names at its end or beginning."""
        if self.of is None or self.other is not None:
            return range(self.start, self.stop)
        if self.of[0] == self.start:
            return range(self.of[1], self.stop)
        return range(self.start, self.of[0] if self.of[1] == self.stop else self.stop)


@dataclass(frozen=True)
class Reading:
    """What the rules make of a comment: its wishes, and the sentences they know nothing about."""

    wishes: tuple[Wish, ...]
    unread: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class _Ends:
    """Where what is named may end: tokens that begin a tail, and those that begin a cue."""

    tails: Sequence[int]
    cues: Sequence[int]


def read_by_rules(sentences: Sequence[Sentence]) -> Reading:
    """Return the wishes in the sentences, each once, in their order.

    A sentence that gives orders to the model itself ("ignore all instructions …") is not read, and
    none of the comment's words are then taken over: only wishes that name nothing are read.
    """
    ordered = [gives_orders(sentence) for sentence in sentences]
    found: dict[tuple[str, str], Wish] = {}
    unread: list[Sentence] = []
    for sentence, orders in zip(sentences, ordered, strict=True):
        if orders:
            continue
        wishes, told = _wishes(sentence)
        for wish in wishes:
            if not (any(ordered) and wish.of):
                found.setdefault(wish.key, wish)
        if not told:
            unread.append(sentence)
    kinds = {kind for kind, _ in found}
    wishes = [it for it in found.values() if it.kind != _SAME_LANGUAGE or _LANGUAGE not in kinds]
    return Reading(tuple(wishes), tuple(unread))


def gives_orders(sentence: Sentence) -> bool:
    """Say whether a sentence speaks to the model and not of its answer."""
    return any(_says(sentence, language, "orders") for language in languages())


def nameable(text: str) -> bool:
    """Say whether words may be taken over as what a wish names: short, and no template's syntax."""
    return 0 < len(text) <= LONGEST_NAMED and not _TEMPLATE.search(text)


def _wishes(sentence: Sentence) -> tuple[list[Wish], bool]:
    """Return a sentence's wishes, and whether the rules can tell what it says."""
    if any(
        _says(sentence, language, "praise") and not _says(sentence, language, "contrast")
        for language in languages()
    ):
        return [], True
    found = [it for language in languages() for it in _matches(sentence, language)]
    kept = _resolved(it for it in found if it.cue.use != "tail")
    taken = {at: match for match in kept for at in match.anchor}
    ends = _Ends(
        sorted(it.start for it in found if it.cue.use == "tail"),
        sorted(match.anchor.start for match in kept),
    )
    wishes = [
        wish
        for match in kept
        if match.cue.use != "nothing" and not _denied(match, sentence, taken)
        for wish in _asked(match, sentence, ends)
    ]
    return wishes, bool(kept)


def _says(sentence: Sentence, language: Language, use: Use) -> bool:
    return any(
        cue.use == use
        and not (cue.needs and sentence.terms.isdisjoint(cue.needs))
        and cue.pattern.search(sentence.line)
        for cue in language.cues
    )


def _matches(sentence: Sentence, language: Language) -> Iterator[Match]:
    for cue in language.cues:
        if cue.use in _READ and not (cue.needs and sentence.terms.isdisjoint(cue.needs)):
            for found in cue.pattern.finditer(sentence.line):
                yield _match(cue, language, found, sentence)


def _match(cue: Cue, language: Language, found: re.Match[str], sentence: Sentence) -> Match:
    def span(group: str | int) -> _Span:
        return sentence.index(found.start(group)), sentence.index(found.end(group))

    groups = found.groupdict()
    of, other = (span(name) if groups.get(name) else None for name in ("of", "other"))
    spoken = language_names().get((groups.get("language") or "").strip(), "")
    return Match(cue, language, *span(0), of, other, spoken)


def _resolved(matches: Iterable[Match]) -> list[Match]:
    """Return the matches that stand beside one another, the longest first.

    What names something comes last, and must not begin with what is known already.
    """
    kept: list[Match] = []
    taken: set[int] = set()
    ranked = sorted(
        matches,
        key=lambda it: (it.cue.use == "naming", -len(it.anchor), it.cue.use != "nothing", it.start),
    )
    for match in ranked:
        begins = match.of[0] if match.of is not None else match.start
        if taken.isdisjoint(match.anchor) and begins not in taken:
            kept.append(match)
            taken.update(match.anchor)
    return sorted(kept, key=lambda it: it.start)


def _denied(match: Match, sentence: Sentence, taken: Mapping[int, Match]) -> bool:
    """Say whether a negation before a match turns it into no wish.

    `taken` are the tokens of matches: a negation that belongs to another one does not count.
    """
    if match.cue.negates:
        return False
    before = match.anchor.start
    start = max(0, before - _REACH - 1)
    terms = [token.term for token in sentence.tokens[start:before]]
    language = match.language
    for at in range(len(terms) - 1, max(-1, len(terms) - 1 - _REACH), -1):
        if taken.get(start + at, match) is not match or terms[at] in _BREAKS:
            return False
        if terms[at] in language.negations:
            forbids = {terms[at], "_".join(terms[max(0, at - 1) : at + 1])} & language.forbids
            return not (forbids and wish_kinds()[match.cue.kind].absence)
    return False


def _asked(match: Match, sentence: Sentence, ends: _Ends) -> Iterator[Wish]:
    """Give the wishes of a match; a naming one without a name that can be used gives none."""
    kind = match.cue.kind
    words = sentence.said
    words = words if len(words) <= _LONGEST_WORDS else words[: _LONGEST_WORDS - 1] + "…"
    if match.cue.use != "naming":
        yield Wish(kind, "", words, match.cue.sure)
        return
    pairs = [(kind, match.of), (wish_kinds()[kind].opposite, match.other)]
    for asked, span in pairs:
        of = match.spoken or (_named(span, sentence, ends, match.language) if span else "")
        if asked and nameable(of):
            yield Wish(asked, of, words, match.cue.sure)


def _named(span: _Span, sentence: Sentence, ends: _Ends, language: Language) -> str:
    """Return the words of a span up to the first of the ends, without loose ends.

    "" where it runs into another cue: what is named is not whole then.
    """
    start, stop = span
    stop = min([stop, *(at for at in ends.tails if at > start)])
    cut = min((at for at in ends.cues if at > start), default=stop)
    if cut < stop:
        if sentence.tokens[cut - 1].term in language.binds:
            return ""
        stop = cut
    terms = {at: sentence.tokens[at].term for at in range(start, stop)}
    stop = next((at for at, term in terms.items() if term in language.ends), stop)
    while stop > start and terms[stop - 1] in language.loose:
        stop -= 1
    while start < stop and terms[start] in _JOINS:
        start += 1
    if all(terms[at] in language.loose for at in range(start, stop)):
        return ""
    return sentence.words(start, stop)
