"""Wishes: what complaints can ask for. Owns the kinds there are and their shape.

The kinds are a data file, `wishes.toml`: what each asks for in a sentence, its opposite, the
directives that may grant it and the check that shows whether they did. The set is open: a project
adds its own. Which kind a complaint is, is `understand`'s to say.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from intone.prompt.library.checks import Check

WRONG_ANSWER = "wrong-answer"
"""The wish whose cure is the right answer, not a directive."""

_FILE = "wishes.toml"

_ARTICLES = frozenset(
    "the a an any all every some this that these those your our my their its "
    "der die das den dem des ein eine einen le la les l' un une des el los las il lo gli "
    "os um uma het een".split()
)
_LITERAL = ("always-say", "never-say")  # what these name is meant word for word


@dataclass(frozen=True, slots=True)
class WishKind:
    """One kind of wish.

    `sentence` says what is wished for, with `[[of]]` where the wish names something (`takes` says
    what: a text, a language, a tone or a format; empty: nothing). `opposite` asks for the contrary;
    `against` are further kinds that cannot be granted with it. `absence` says that something is not
    to be there, so that "don't …" asks for it as well. `clarifiers` are entries of the
    library that grant it, the best first; `strengths` are wordings of its own, weakest first, with
    `[[of]]`. `check` shows whether it was granted; None: a judge has to tell, or the right answer.
    `examples` are complaints that mean it.
    """

    name: str
    sentence: str
    opposite: str = ""
    against: tuple[str, ...] = ()
    absence: bool = False
    takes: str = ""
    clarifiers: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()
    check: Check | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a complaint asks for: a kind, what it names (`of`), and the user's words it stands in.

    `confidence` is in 0..1: how sure the reading is.
    """

    kind: str
    of: str = ""
    words: str = ""
    confidence: float = 1.0

    @property
    def sentence(self) -> str:
        """The wish for people: `make the answer shorter`."""
        return wish_kinds()[self.kind].sentence.replace("[[of]]", self.of)

    @property
    def named(self) -> str:
        """What the wish names as an answer would have it: “the price” is named “price”.

        Articles and the like before it are left out, unless the words are meant as they stand.
        """
        return " ".join(self.of.split()) if self.kind in _LITERAL else without_article(self.of)

    @property
    def key(self) -> tuple[str, str]:
        """What two complaints that wish for the same have in common."""
        return self.kind, self.named.casefold()


def without_article(text: str) -> str:
    """Return a text without articles, “your” and the like before it, on one line."""
    words = text.split()
    while len(words) > 1 and words[0].casefold() in _ARTICLES:
        del words[0]
    return " ".join(words)


@lru_cache(maxsize=1)
def wish_kinds() -> Mapping[str, WishKind]:
    """Return the kinds that come with Intone, by name, in the order of the file."""
    text = resources.files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    return {kind.name: kind for kind in read_wishes(text)}


@lru_cache(maxsize=1)
def without_wish() -> tuple[str, ...]:
    """Return examples of complaints that ask for nothing."""
    text = resources.files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["without_wish"])


def read_wishes(text: str) -> tuple[WishKind, ...]:
    """Read kinds of wishes from TOML text; the file is ours, so anything unknown in it raises."""
    return tuple(_kind(entry) for entry in tomllib.loads(text)["wish"])


def _kind(entry: Mapping[str, object]) -> WishKind:
    fields = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    check = fields.pop("check", None)
    of_check = Check(**check) if isinstance(check, dict) else None
    return WishKind(**fields, check=of_check)  # type: ignore[arg-type]  # an unknown field raises
