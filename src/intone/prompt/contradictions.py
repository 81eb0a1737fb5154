"""Contradictions: two directives of one prompt that cannot both be followed.

Owns what counts as one: opposite checks of the library's clarifiers, and a few rules for English
sentences (languages, formats, length, explaining, guessing). Pure, and careful rather than
complete: what is found is a notice, never an error, and there may be more than is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from intone.prompt.chain import Chain
from intone.prompt.library.checks import LANGUAGES, Check
from intone.prompt.library.library import ours
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt
from intone.prompt.vote import Vote

_MARKS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_DENIED = re.compile(
    r"\b(?:not|never|no|without|avoid|nor|n't|don['’]t)\b[^,;:]{0,20}$", re.IGNORECASE
)
_SAY = r"\b(?:write|answer|reply|respond|speak|translate|output|summari[sz]e)\b[^.!?]{0,40}?"
_GIVE = r"\b(?:answer|reply|respond|return|write|give|output|put|use|format)\b[^.!?,]{0,30}?"
_TURN = r"\b(?:list|extract|describe|show|present|summari[sz]e)\b[^.!?]{0,40}?\b(?:as|in|into)\b"
_BARE = r"^\W*(?:(?:as|in|into|valid)\b[^.!?,]{0,12}?)?"
_GIVEN = r"(?<!\bthe )(?<!\bthis )(?<!\bthese )"  # "the JSON" is one that is there already
_ASKS = re.compile(
    r"\W*(?:please |always |only |do not |don['’]t |never )*"
    r"(?:answer|reply|respond|return|write|give|output|put|use|keep|be|speak|explain|think)\b",
    re.IGNORECASE,
)
_MOST_SHOWN = 60


class Wish(NamedTuple):
    """What a directive asks for: a value of something that can have one value only."""

    about: str
    value: str


_FORMATS = {
    "JSON": r"json\b",
    "YAML": r"yaml\b",
    "XML": r"xml\b",
    "CSV": r"csv\b",
    "a table": r"(?:markdown )?table\b(?! (?:for|at|booking|reservation))",
    "bullet points": r"bullet(?:ed)?(?: points?| list)?s?\b",
    "numbered steps": r"numbered (?:steps?|list)s?\b",
    "paragraphs": r"(?:plain )?paragraphs\b",
}
_RULES = [
    (Wish("length", "brief"), r"\bbe (?:very )?(?:brief|concise|short|terse)\b"),
    (
        Wish("length", "brief"),
        r"\b(?:briefly|concisely|in (?:one|a few|as few|at most \w+) words?)\b",
    ),
    (
        Wish("length", "brief"),
        r"\b(?:keep|make) (?:it|your answers?|the answers?) (?:very )?short\b",
    ),
    (Wish("length", "brief"), r"\b(?:one|a single) (?:word|sentence) (?:only|is enough)\b"),
    (Wish("length", "brief"), r"\bin (?:one|a single) (?:short )?sentence\b"),
    (
        Wish("length", "detailed"),
        r"\bbe (?:very )?(?:detailed|thorough|exhaustive|comprehensive)\b",
    ),
    (Wish("length", "detailed"), r"\bin (?:great |full |more |much )?detail\b|\bat length\b"),
    (Wish("length", "detailed"), r"\bas much detail\b"),
    (Wish("length", "detailed"), r"\bat least (?:two|three|four|five|\d+) (?:paragraphs|pages)\b"),
    (
        Wish("length", "detailed"),
        r"\b(?:detailed|thorough|comprehensive) (?:answer|explanation|reply)",
    ),
    (Wish("explaining", "the answer alone"), r"\b(?:answer|label|name|number) (?:alone|only)\b"),
    (
        Wish("explaining", "the answer alone"),
        r"\bonly (?:with )?the (?:answer|label|name|number)\b",
    ),
    (
        Wish("explaining", "the answer alone"),
        r"\bjust the (?:answer|label|name|number|category|team)\b",
    ),
    (
        Wish("explaining", "the answer alone"),
        r"\b(?:answer|label|name|number|category|team)\b[^.!?]{0,20}\bnothing else\b",
    ),
    (Wish("explaining", "the answer alone"), r"\b(?:not|n't|never|without) (?:any )?expla"),
    (
        Wish("explaining", "the answer alone"),
        r"\bnothing but the (?:answer|label|name|number)\b",
    ),
    (
        Wish("explaining", "the answer alone"),
        r"\b(?:answer|reply|respond)\b[^.!?,;]{0,20}"
        r"\bin (?:at most )?(?:one|two|three|four|five|a single) words?\b",
    ),
    (Wish("explaining", "with its reasons"), r"\bstep[- ]by[- ]step\b"),
    (
        Wish("explaining", "with its reasons"),
        r"\bshow (?:your|the|each|all) (?:work(?:ing)?|calculations?|steps?|reasoning)\b",
    ),
    (
        Wish("explaining", "with its reasons"),
        r"\bwrite (?:down )?(?:the|your|each)\b[^.!?]{0,40}\b(?:calculations?|equation|steps?)\b",
    ),
    (Wish("explaining", "with its reasons"), r"\b(?:explain|justify) (?:your|the|each) \w+"),
    (Wish("explaining", "with its reasons"), r"\bgive (?:a|your|the) reasons?\b"),
    (Wish("what is not known", "answer anyway"), r"\balways (?:give an )?answer\b"),
    (Wish("what is not known", "answer anyway"), r"\bgive your best (?:guess|answer)\b"),
    (Wish("what is not known", "say so"), r"\bsay (?:so|that it does not|that you do not know)\b"),
    (
        Wish("what is not known", "say so"),
        r"\bif you (?:are not sure|are unsure|do not know)\b.*\bsay\b",
    ),
    *(
        (Wish("language", name), rf"{ways}{name}\b")
        for name in LANGUAGES.values()
        for ways in (rf"{_SAY}\b(?:in|into) ", r"\bexplain(?: everything| it| this)? in ")
    ),
    *(
        (Wish("language", name), rf"\buse (?:only |plain )?{name}(?= only|\W*$)")
        for name in LANGUAGES.values()
    ),
    *(
        (Wish("format", name), rf"(?:{_GIVE}|{_TURN}[^.!?,]{{0,20}}?|{_BARE}){_GIVEN}\b{words}")
        for name, words in _FORMATS.items()
    ),
]
ANSWER_ALONE = Wish("explaining", "the answer alone")
"""What a directive wishes that leaves no room for reasons."""
_AFTER_REASONS = re.compile(r"\W*(?:and )?(?:then|after that|at the end)\b", re.IGNORECASE)
_PATTERNS = [(wish, re.compile(words, re.IGNORECASE)) for wish, words in _RULES]
_MEASURED = {
    "valid_json": Wish("format", "JSON"),
    "bullets": Wish("format", "bullet points"),
    "numbered_steps": Wish("format", "numbered steps"),
    "table_rows": Wish("format", "a table"),
    "marks": Wish("format", "paragraphs"),
}
_TAKEN_BY_NAME = {
    "no-explanation": Wish("explaining", "the answer alone"),
    "steps": Wish("explaining", "with its reasons"),
    "reasons": Wish("explaining", "with its reasons"),
    "answer-anyway": Wish("what is not known", "answer anyway"),
    "say-if-missing": Wish("what is not known", "say so"),
}


@dataclass(frozen=True)
class Said:
    """A directive and the section it stands in."""

    section: str
    text: str


@dataclass(frozen=True)
class Contradiction:
    """Two directives that cannot both be followed.

    `about` is what they disagree on, `where` the step or member of a program ("" for a prompt by
    itself).
    """

    about: str
    one: Said
    other: Said
    where: str = ""

    @property
    def sentence(self) -> str:
        """The contradiction in one line."""
        where = f"{self.where}: " if self.where else ""
        return (
            f"{where}{_quoted(self.one)} and {_quoted(self.other)} contradict each other "
            f"({self.about}); keep one of them"
        )


def contradictions(program: Program) -> tuple[Contradiction, ...]:
    """Return the contradictions inside each prompt of a program, as it is asked.

    What a chain shares is part of each of its prompts. Different steps, and different members of a
    vote, may ask for different things.
    """
    found: dict[str, Contradiction] = {}
    for where, prompt in _asked(program, ""):
        for one in _within(prompt, where):
            found.setdefault(one.sentence, one)
    return tuple(found.values())


def fit_together(prompt: Prompt, edited: Prompt) -> bool:
    """Return whether an edited prompt contradicts itself in nothing that it did not before."""
    before = {found.about for found in _within(prompt, "")}
    return all(found.about in before for found in _within(edited, ""))


def asking(prompt: Prompt, wish: Wish) -> tuple[Said, ...]:
    """Return the directives of a prompt that ask for something."""
    return tuple(said for said in _sentences(prompt) if wish in _wishes(said.text))


def _asked(program: Program, where: str) -> Iterator[tuple[str, Prompt]]:
    inside: list[tuple[str, Program]] = []
    if isinstance(program, Prompt):
        yield where, program
    elif isinstance(program, Chain):
        asked = (step for step in program.steps if not step.known)
        inside = [(f"step {step.name!r}", program.program(step)) for step in asked]
    elif isinstance(program, Vote):
        inside = list(program.parts().items())
    for place, part in inside:
        yield from _asked(part, f"{where}, {place}" if where else place)


def _within(prompt: Prompt, where: str) -> Iterator[Contradiction]:
    """Give a contradiction for each thing that two sentences want in two ways."""
    first: dict[str, tuple[str, Said]] = {}
    told: set[str] = set()
    for said in _sentences(prompt):
        for about, value in sorted(_wishes(said.text)):
            known = first.setdefault(about, (value, said))
            if known[0] != value and known[1] != said and about not in told:
                told.add(about)
                yield Contradiction(about, known[1], said, where)


def _sentences(prompt: Prompt) -> Iterator[Said]:
    """Give the directives of a prompt; of context, which mostly tells things, those that ask."""
    for text in prompt.context:
        yield from (said for said in _split("context", text) if _ASKS.match(said.text))
    yield from _split("role", prompt.role)
    yield from _split("template", _MARKS.sub("…", prompt.template))
    for text in prompt.clarifiers:
        if text.strip().casefold() in _library():  # what its sentences ask for together is known
            yield Said("clarifiers", text.strip())
        else:
            yield from _split("clarifiers", text)
    yield from _split("output_format", prompt.output_format)


def _split(section: str, text: str) -> Iterator[Said]:
    for sentence in _SENTENCE.findall(text):
        if sentence.strip():
            yield Said(section, sentence.strip())


@lru_cache(maxsize=4096)
def _wishes(text: str) -> frozenset[Wish]:
    """Return what a sentence asks for; nothing where it asks for several values of one thing."""
    known = _library().get(text.strip().casefold())
    found = set(known) if known is not None else set()
    for wish, words in _PATTERNS:
        place = words.search(text)
        denied = place is not None and _DENIED.search(text[: place.start()]) is not None
        if place is not None and (not denied or wish == ANSWER_ALONE):  # which may be a denial
            found.add(wish)
    if _AFTER_REASONS.match(text):  # the answer alone, but only once the reasons are there
        found.discard(ANSWER_ALONE)
    several = {w.about for w in found if sum(other.about == w.about for other in found) > 1}
    return frozenset(wish for wish in found if wish.about not in several)


@lru_cache(maxsize=1)
def _library() -> dict[str, frozenset[Wish]]:
    """Return what each wording of the library's clarifiers asks for."""
    found = {}
    for entry in ours().all_clarifiers:
        wishes = {_TAKEN_BY_NAME[entry.name]} if entry.name in _TAKEN_BY_NAME else set()
        if entry.check is not None and entry.name not in _TAKEN_BY_NAME:
            wishes.add(_checked(entry.check))
        for text in entry.strengths:
            found[text.strip().casefold()] = frozenset(wishes)
    return found


def _checked(check: Check) -> Wish:
    """Return what a check looks for: opposite checks of one measure are two values of it."""
    up = check.better in ("more", "present", "at least")
    if check.measure == "words":
        return Wish("length", "detailed" if up else "brief")
    if check.measure in _MEASURED:
        return _MEASURED[check.measure]
    if check.measure == "language":
        return Wish("language", LANGUAGES[check.of])
    of = f" “{check.of}”" if check.of else ""
    return Wish(f"{check.measure.replace('_', ' ')}{of}", "more" if up else "fewer")


def _quoted(said: Said) -> str:
    flat = " ".join(said.text.split())
    text = flat if len(flat) <= _MOST_SHOWN else flat[: _MOST_SHOWN - 1] + "…"
    return f"“{text}” ({said.section})"
