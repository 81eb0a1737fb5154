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


@dataclass(frozen=True, slots=True)
class WishKind:
    """One kind of wish.

    `sentence` says what is wished for, with `[[of]]` where the wish names something (`takes` says
    what: a text, a language, a tone or a format; empty: nothing). `clarifiers` are entries of the
    library that grant it, the best first; `strengths` are wordings of its own, weakest first, with
    `[[of]]`. `check` shows whether it was granted; None: a judge has to tell, or the right answer.
    `examples` are complaints that mean it.
    """

    name: str
    sentence: str
    opposite: str = ""
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
    def key(self) -> tuple[str, str]:
        """What two complaints that wish for the same have in common."""
        return self.kind, " ".join(self.of.casefold().split())


@lru_cache(maxsize=1)
def wish_kinds() -> Mapping[str, WishKind]:
    """Return the kinds that come with Intone, by name, in the order of the file."""
    text = resources.files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    return {kind.name: kind for kind in read_wishes(text)}


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
