"""From a wish to changes of the prompt, weakest first, and the check that shows whether one worked.

Owns which clarifiers a wish adds, strengthens or drops. Pure: what a writer proposes comes from
elsewhere, and whether a change works is found out by `replay`. Right answers that users gave are
`right_answers`'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from intone.errors import PromptError
from intone.feedback.asked_for import asked_for
from intone.feedback.own_words import doubt, harmless, refusal
from intone.feedback.wish import Wish, WishKind, wish_kinds
from intone.prompt.edits import Edit, add_clarifier, apply_all, drop_clarifier, replace_clarifier
from intone.prompt.edits.strength import steps_between
from intone.prompt.library.checks import LANGUAGES, Check
from intone.prompt.library.entries import Clarifier
from intone.prompt.library.library import Library, ours
from intone.prompt.prompt import Prompt

_SLOT = "[[of]]"
_ONE_AT_A_TIME = ("language", "tone", "format")
"""What a `takes` names of which an answer can have only one: the new wording replaces the old."""
_OWN_NAMES = {
    "deutsch": "de", "français": "fr", "francais": "fr", "español": "es", "espanol": "es",
    "italiano": "it", "português": "pt", "portugues": "pt", "nederlands": "nl", "svenska": "sv",
    "polski": "pl", "русский": "ru", "українська": "uk", "中文": "zh", "日本語": "ja",
    "한국어": "ko", "العربية": "ar", "עברית": "he", "ελληνικά": "el", "हिन्दी": "hi", "ไทย": "th",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """Edits to be applied together. `strength` counts from 1, the weakest."""

    edits: tuple[Edit, ...]
    strength: int
    sentence: str


@dataclass(frozen=True)
class Compiled:
    """What a wish comes to for one prompt: changes, weakest first, and their check.

    Without a `check` a judge has to tell. `words` are a user's own words that the changes carry
    into the prompt, `doubt` why these read like instructions to the model. `refused` says why
    there is no change to try.
    """

    wish: Wish
    changes: tuple[Change, ...] = ()
    check: Check | None = None
    words: str = ""
    doubt: str = ""
    refused: str = ""


def compile_wish(wish: Wish, prompt: Prompt, library: Library | None = None) -> Compiled:
    """Return the changes of a prompt that may grant a wish, and the check.

    The wordings are those of the wish's first clarifier that can still be said, or said more
    strongly; a clarifier of an opposite wish is dropped first, and so are sentences of the role and
    the template that ask for what is unwanted. No change loses an input. A wish
    of an unknown kind, without what it has to name, or with nothing left to say, is refused.
    """
    kind = wish_kinds().get(wish.kind)
    if kind is None:
        return Compiled(wish, refused=f"there is no wish named {wish.kind!r}")
    words, code = _named(kind, wish.of)
    if kind.takes and (reason := refusal(words)):
        return Compiled(wish, refused=reason)
    clarifiers = {entry.name: entry for entry in (library or ours()).all_clarifiers}
    known = [clarifiers[name] for name in kind.clarifiers if name in clarifiers]
    scales = [entry.strengths for entry in known]
    if kind.strengths:
        scales.append(tuple(text.replace(_SLOT, words) for text in kind.strengths))
    strangers = bool(kind.takes) and not code
    made = Compiled(
        wish,
        check=_check(kind, words, code) or next((e.check for e in known if e.check), None),
        words=words if strangers else "",
        doubt=doubt(wish.of) if strangers else "",
    )
    own = tuple(text for scale in scales for text in scale)
    contrary = (*asked_for(prompt, made.check), *_contrary(kind, words, prompt, clarifiers, own))
    for scale in scales:
        if changes := tuple(_changes(prompt, scale, contrary)):
            return replace(made, changes=changes)
    return replace(made, refused="the prompt says it already, as strongly as it can be said")


def language_code(name: str) -> str:
    """Return the code of a language by its English name, its own name or its code, else ""."""
    plain = " ".join(name.casefold().split())
    by_name = {english.casefold(): code for code, english in LANGUAGES.items()}
    if plain in LANGUAGES:
        return plain
    return by_name.get(plain) or _OWN_NAMES.get(plain, "")


def _named(kind: WishKind, of: str) -> tuple[str, str]:
    """Return what a wish names, fit for a prompt, and its code if it is a known language."""
    code = language_code(of) if kind.takes == "language" else ""
    return (LANGUAGES[code] if code else harmless(of)), code


def _check(kind: WishKind, words: str, code: str) -> Check | None:
    if kind.takes == "language":
        return Check("language", "present", code) if code else None
    if kind.check is None or not kind.check.of:
        return kind.check
    return replace(kind.check, of=kind.check.of.replace(_SLOT, words))


def _changes(prompt: Prompt, scale: Sequence[str], contrary: Sequence[Edit]) -> Iterator[Change]:
    """Yield the changes that say a directive ever more strongly than the prompt does."""
    there = [place for place, text in enumerate(prompt.clarifiers) if text in scale]
    at = scale.index(prompt.clarifiers[there[0]]) if there else -1
    for strength, text in enumerate(scale[at + 1 :], start=1):
        if there:
            old = scale[at]
            said: list[Edit] = steps_between(old, text) or [replace_clarifier(old, text)]
        else:
            said = [add_clarifier(text)]
        edits = (*contrary, *said)
        try:
            apply_all(prompt, edits)
        except PromptError:  # a wording that two entries share, say: it does not fit here
            continue
        sentence = f"strengthen “{scale[at]}” to “{text}”" if there else f"add “{text}”"
        yield Change(edits, strength, ", ".join([*(e.sentence for e in contrary), sentence]))


def _contrary(
    kind: WishKind,
    words: str,
    prompt: Prompt,
    clarifiers: Mapping[str, Clarifier],
    own: Sequence[str],
) -> tuple[Edit, ...]:
    """Return the edits that drop what asks for the opposite."""
    unwanted: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for other in wish_kinds().values():
        if other.name == kind.opposite or (other.opposite == kind.name and other != kind):
            for name in other.clarifiers:
                unwanted.update(clarifiers[name].strengths if name in clarifiers else ())
            unwanted.update(text.replace(_SLOT, words) for text in other.strengths)
    if kind.takes in _ONE_AT_A_TIME:
        patterns = [_pattern(text) for text in kind.strengths]
    return tuple(
        drop_clarifier(text)
        for text in prompt.clarifiers
        if text not in own and (text in unwanted or any(p.fullmatch(text) for p in patterns))
    )


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, text.split(_SLOT))))
