"""Cues: the turns of phrase by which the rules know a wish. Owns their notation and their files.

A cue is words with a space between them, matched against the terms of a sentence:

    too|overly        one of these words
    apolog*           a word that begins so
    please?           may be missing
    @not              one of the words of the file's set `not`
    ..                up to three words
    <quality>         one of a quality's words (only in `degrees`)
    <of>              what the wish names: a quotation, or up to ten words
    <other>           what its opposite names, likewise: say <of> instead_of <other>
    <language>        the name of a language; @language: one that is not what is wished for
    <form>            one of the file's set `form`, kept as what the wish names; <mood> likewise

One file a language, in `languages/`. What is made of the matches is `rules.py`'s.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

Use = Literal["nothing", "tail", "plain", "naming", "orders", "praise", "contrast"]
"""What a match says: no wish here, an end of what is named, a wish, a wish and what it names, that
the comment gives orders to the model itself, that it is praise, that it is more than praise."""

_FOLDER = "languages"
_NAMES = "names.toml"
_USES: tuple[Use, ...] = ("nothing", "tail", "orders", "praise", "contrast")
_SURE = {"too": 0.95, "lacks": 0.9, "not": 0.85, "is": 0.8, "not_too": 1.0}
_WORD = r'[^ ,:()&/+{}<>|"]+ '
_OF = rf'(?P<of>" |(?:{_WORD}){{1,10}})'
_OF_BEFORE = rf'(?P<of>" |(?:{_WORD}){{1,6}}?)'


@dataclass(frozen=True, slots=True)
class Cue:
    """A turn of phrase: what a match of it in a sentence's line says.

    `kind` is the wish, "" where it says none. `negates` says that the cue has its negation in it,
    so that none before it counts. `sure` is how much the reading can be trusted, in 0..1. `needs`
    are terms without one of which the pattern cannot match; empty: not known.
    """

    use: Use
    kind: str
    regex: str
    needs: frozenset[str]
    negates: bool = False
    sure: float = 0.9

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern of the cue, for a sentence's line; compiled when it is first needed."""
        return _pattern(self.regex)


@dataclass(frozen=True)
class Language:
    """The cues of one language.

    `negations` negate what follows them, `forbids` are those that also ask for it not to be. `ends`
    end what a wish names, which does not consist of `loose` words or end with one; `binds` cannot
    be its end: the words after them belong to it.
    """

    code: str
    cues: tuple[Cue, ...]
    negations: frozenset[str]
    forbids: frozenset[str]
    ends: frozenset[str]
    loose: frozenset[str]
    binds: frozenset[str]


@lru_cache(maxsize=1)
def languages() -> tuple[Language, ...]:
    """Return the languages there are cues for, English first."""
    files = resources.files(__package__).joinpath(_FOLDER).iterdir()
    texts = {
        file.name.removesuffix(".toml"): file.read_text(encoding="utf-8")
        for file in files
        if file.name.endswith(".toml") and file.name != _NAMES
    }
    codes = sorted(texts, key=lambda code: (code != "en", code))
    return tuple(read_language(code, texts[code]) for code in codes)


@lru_cache(maxsize=1)
def language_names() -> Mapping[str, str]:
    """Return the English names of languages by the names they go by, in small letters."""
    file = resources.files(__package__).joinpath(_FOLDER, _NAMES)
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: english for english, names in table.items() for name in names.split()}


def read_language(code: str, text: str) -> Language:
    """Return the cues of a file's text; the files are ours, so anything unknown in them raises."""
    form: dict[str, Any] = tomllib.loads(text)
    sets = {name: words.split() for name, words in form.pop("sets").items()}
    sets["language"] = [*language_names()]
    degrees = form.pop("degrees")
    qualities = form.pop("quality", [])
    says: Mapping[str, Sequence[str]] = form.pop("says", {})
    cues = [
        *_of_qualities(qualities, degrees, sets),
        *_of_kinds("plain", form.pop("cues"), sets),
        *_of_kinds("naming", form.pop("naming", {}), sets),
        *(cue for use in _USES for cue in _of_kinds(use, {"": says.get(use, ())}, sets)),
    ]
    if form:
        raise ValueError(f"{code}.toml has unknown parts: {', '.join(form)}")
    words = (frozenset(sets[name]) for name in ("not", "forbids", "ends", "loose", "binds"))
    return Language(code, tuple(cues), *words)


def _of_kinds(
    use: Use, table: Mapping[str, Sequence[str]], sets: Mapping[str, list[str]]
) -> Iterator[Cue]:
    for kind, notations in table.items():
        for notation in notations:
            yield cue(use, kind, notation, sets)


def _of_qualities(
    qualities: Sequence[Mapping[str, Any]],
    degrees: Mapping[str, Sequence[str]],
    sets: Mapping[str, list[str]],
) -> Iterator[Cue]:
    """Return the cues of each quality in each degree: `too`, `lacks`, `not_too`, `not` and `is`.

    A quality has `words`, the wish of there being too much of it (`too`) and too little (`lacks`).
    One that is `bad` is too much as soon as it is named. "Not" and "not very" of one that is `good`
    are too little, of any other no wish; "not too" is none.
    """
    for quality in qualities:
        words: list[str] = quality["words"]
        too, lacks = quality.get("too", ""), quality.get("lacks", "")
        wanted = {
            "too": too,
            "lacks": lacks,
            "not_too": "",
            "not": lacks if quality.get("good") else "",
            "is": too if quality.get("bad") else "",
        }
        for degree, kind in wanted.items():
            if not kind and not degree.startswith("not"):
                continue
            for notation in degrees.get(degree, ()):
                use: Use = "plain" if kind else "nothing"
                found = cue(use, kind, notation, {**sets, "quality": words})
                yield replace(found, sure=_SURE[degree])


def cue(use: Use, kind: str, notation: str, sets: Mapping[str, Sequence[str]]) -> Cue:
    """Return the cue of a notation. Every repetition in its pattern is bounded."""
    parts = notation.split()
    pattern = ""
    needs: frozenset[str] = frozenset()
    for part in parts:
        found, words = _element(part, sets, last=part is parts[-1])
        pattern += found
        if words and (not needs or len(words) < len(needs)):
            needs = words
    return Cue(use, kind, f"(?<= ){pattern}", needs, _negated(notation, sets))


@cache
def _pattern(regex: str) -> re.Pattern[str]:
    return re.compile(regex)


def _element(
    part: str, sets: Mapping[str, Sequence[str]], *, last: bool
) -> tuple[str, frozenset[str]]:
    """Return the pattern of a part of a cue, and the terms of which it needs one (() if none)."""
    if part == "..":
        return rf"(?:{_WORD}){{0,3}}?", frozenset()
    if part == "<of>":
        return _OF if last else _OF_BEFORE, frozenset()
    if part == "<other>":
        return _OF.replace("<of>", "<other>"), frozenset()
    named = re.fullmatch(r"<(\w+)>\??", part)
    bare = part.removesuffix("?")
    choices = [f"@{named.group(1)}"] if named else bare.split("|")
    words = [word for one in choices for word in (sets[one[1:]] if one[0] == "@" else [one])]
    pattern = _alternatives(words)
    if named and named.group(1) != "quality":
        group = "language" if named.group(1) == "language" else "of"
        pattern = f"(?P<{group}>{pattern})"
    if part != bare:
        return f"{pattern}?", frozenset()
    stems = any(word.endswith("*") for word in words)
    needs = frozenset(word.replace("_", " ").split()[0] for word in words)
    return pattern, frozenset() if stems else needs


def _alternatives(words: Sequence[str]) -> str:
    def one(word: str) -> str:
        stem = word.removesuffix("*")
        return re.escape(stem.replace("_", " ")) + ("[^ ]{0,30}" if stem != word else "")

    return "(?:(?:" + "|".join(one(word) for word in words) + ") )"


def _negated(notation: str, sets: Mapping[str, Sequence[str]]) -> bool:
    """Say whether a cue begins with its own negation."""
    for part in notation.split()[:3]:
        for word in part.removesuffix("?").split("|"):
            if word == "@not" or word in sets["not"] or word in ("stop", "@stop", "no", "@no"):
                return True
    return False
