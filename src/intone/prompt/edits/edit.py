"""The Edit, and the edits that replace a whole section.

Owns what every edit promises (one section, a sentence, an inverse, a plain form) and the guard that
no edit loses an input. Edits of single items are in `items`; who proposes edits is the tuners'.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import ClassVar, Literal, TypeAlias, cast, get_args

from intone.errors import PromptError
from intone.prompt.offsets import checked_offsets
from intone.prompt.prompt import Demonstration, Layout, Prompt

Section = Literal[
    "role",
    "template",
    "context",
    "passages",
    "clarifiers",
    "output_format",
    "codes",
    "demonstrations",
    "nearest",
    "offsets",
    "layout",
]
SECTIONS: tuple[Section, ...] = get_args(Section)
Value: TypeAlias = (
    str
    | tuple[str, ...]
    | tuple[Demonstration, ...]
    | tuple[tuple[str, str], ...]
    | tuple[tuple[str, float], ...]
)
"""What a section holds, so that it can be hashed: tables (`codes`) are pairs of key and value."""
_TABLES: tuple[Section, ...] = ("codes", "offsets")


@dataclass(frozen=True)
class Edit(ABC):
    """A named change of one section of a prompt. Immutable; applies to any prompt that it fits.

    `sentence` tells a person what it does. `may_lose` are the inputs that it may take away: those
    which the edit it undoes brought in. Losing any other input is an error.
    """

    section: Section
    sentence: str
    may_lose: frozenset[str] = field(default=frozenset(), kw_only=True)

    NAMES: ClassVar[Mapping[Section, str]] = {}
    """The name this kind of edit has on each section it can change."""

    @property
    def name(self) -> str:
        """The kind of edit, such as add_clarifier."""
        return self.NAMES[self.section]

    def apply(self, prompt: Prompt) -> Prompt:
        """Return the edited prompt.

        Raises PromptError if the edit does not fit the prompt (it says what is missing), if an
        input would be lost, if demonstrations would lack an input that the prompt then names, or if
        what comes out is no prompt (an empty template).
        """
        edited = self._edited(prompt)
        lost = sorted(prompt.variables - edited.variables - self.may_lose)
        if lost:
            raise PromptError(f"the edit {self.sentence!r} loses the input {{{{ {lost[0]} }}}}")
        lacking = sorted(_lacking(edited) - _lacking(prompt))
        if lacking:
            raise self._misfit(f"a demonstration has no input {{{{ {lacking[0]} }}}}")
        return edited

    def inverse(self, prompt: Prompt) -> Edit:
        """Return the edit that leads from the edited prompt back to exactly this one.

        Raises PromptError where `apply` does.
        """
        brought = self.apply(prompt).variables - prompt.variables
        return replace(self._undoing(prompt), may_lose=brought)

    def form(self) -> dict[str, object]:
        """Return the edit in plain values; `edit_from` reads it back."""
        form: dict[str, object] = {
            "name": self.name,
            "section": self.section,
            "sentence": self.sentence,
        }
        for own in own_fields(type(self)):
            value = getattr(self, own)
            if value is not None:
                form[own] = self._plain(value)
        if self.may_lose:
            form["may_lose"] = sorted(self.may_lose)
        return form

    @abstractmethod
    def _edited(self, prompt: Prompt) -> Prompt:
        """Return the edited prompt, whatever inputs it loses."""

    def _undoing(self, prompt: Prompt) -> Edit:
        """Return what undoes the edit; without anything better, the whole section as it was."""
        return set_section(self.section, section_value(prompt, self.section))

    def _plain(self, value: object) -> object:
        """Return the value of a field in plain values."""
        if isinstance(value, Demonstration):
            return {"inputs": dict(value.inputs), "output": value.output}
        return [self._plain(item) for item in value] if isinstance(value, tuple) else value

    def _misfit(self, why: str) -> PromptError:
        """Return the error for a prompt that the edit does not fit."""
        return PromptError(f"the edit {self.sentence!r} does not fit: {why}")


@dataclass(frozen=True)
class Rewrite(Edit):
    """Replace a whole section."""

    value: Value

    NAMES: ClassVar[Mapping[Section, str]] = {
        "role": "rewrite_role",
        "template": "rewrite_template",
        "context": "set_context",
        "passages": "set_passages",
        "clarifiers": "set_clarifiers",
        "output_format": "change_output_format",
        "codes": "set_codes",
        "demonstrations": "set_demonstrations",
        "offsets": "set_offsets",
        "layout": "change_layout",
    }

    def _edited(self, prompt: Prompt) -> Prompt:
        return prompt.with_(**{self.section: self._as_section()})

    def _plain(self, value: object) -> object:
        return self._as_section() if self.section in _TABLES else super()._plain(value)

    def _as_section(self) -> object:
        if self.section not in _TABLES:
            return self.value
        return dict(cast("tuple[tuple[str, object], ...]", self.value))


def rewrite_template(text: str, sentence: str = "") -> Edit:
    """Return the edit that asks in these words; they must name every input of the prompt."""
    return set_section("template", text, sentence)


def rewrite_role(text: str, sentence: str = "") -> Edit:
    """Return the edit that gives the model this role ("" for none)."""
    return set_section("role", text, sentence)


def change_output_format(text: str, sentence: str = "") -> Edit:
    """Return the edit that asks for answers in this form ("" for none)."""
    return set_section("output_format", text, sentence)


def change_layout(layout: Layout, sentence: str = "") -> Edit:
    """Return the edit that arranges the sections in this layout."""
    return set_section("layout", layout, sentence)


def set_codes(codes: Mapping[str, str], sentence: str = "") -> Edit:
    """Return the edit that shows these codes for labels (none: labels are answered in full)."""
    return set_section("codes", tuple(codes.items()), sentence)


def set_clarifiers(texts: Sequence[str], sentence: str = "") -> Edit:
    """Return the edit that makes these all the clarifiers there are."""
    return set_section("clarifiers", tuple(texts), sentence)


def set_context(passages: Sequence[str], sentence: str = "") -> Edit:
    """Return the edit that makes these all the context passages there are."""
    return set_section("context", tuple(passages), sentence)


def set_demonstrations(demonstrations: Sequence[Demonstration], sentence: str = "") -> Edit:
    """Return the edit that shows these worked examples and no others."""
    return set_section("demonstrations", tuple(demonstrations), sentence)


def set_passages(texts: Sequence[str], sentence: str = "") -> Edit:
    """Return the edit that makes these all the document passages; they are shown as they are."""
    return set_section("passages", tuple(texts), sentence)


def set_offsets(offsets: Mapping[str, float], sentence: str = "") -> Edit:
    """Return the edit that corrects label probabilities by these (none: they stay as read)."""
    return set_section("offsets", tuple(checked_offsets(offsets).items()), sentence)


def set_section(section: Section, value: Value, sentence: str = "") -> Edit:
    """Return the edit that replaces a section; without a sentence it gets a plain one."""
    return Rewrite(section, sentence or _said(section, value), value)


def section_value(prompt: Prompt, section: Section) -> Value:
    """Return what a section of a prompt holds."""
    if section in _TABLES:
        return tuple(getattr(prompt, section).items())
    value: Value = getattr(prompt, section)
    return value


def apply_all(prompt: Prompt, edits: Sequence[Edit]) -> Prompt:
    """Return the prompt with the edits applied in order. Raises PromptError as `Edit.apply`."""
    for edit in edits:
        prompt = edit.apply(prompt)
    return prompt


def own_fields(kind: type[Edit]) -> list[str]:
    """Return the names of the fields that a kind of edit adds to those of every edit."""
    shared = {base.name for base in fields(Edit)}
    return [own.name for own in fields(kind) if own.name not in shared]


def short(text: str, most: int = 60) -> str:
    """Return a text cut to `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _lacking(prompt: Prompt) -> frozenset[str]:
    """Return the inputs that the prompt names and some demonstration of it has not."""
    lacking = (prompt.variables - shown.inputs.keys() for shown in prompt.demonstrations)
    return frozenset().union(*lacking)


def _said(section: Section, value: Value) -> str:
    """Return a sentence for a section's new content."""
    if section == "layout":
        return f"{value} layout"
    if section == "offsets":
        return _said_of_offsets(cast("tuple[tuple[str, float], ...]", value))
    if isinstance(value, str):
        if section == "template":
            return f"ask as “{short(next(iter(value.strip().splitlines()), ''))}”"
        what = "role" if section == "role" else "answer format"
        return f"{what} “{short(value)}”" if value else f"no {what}"
    noun = {
        "codes": "code",
        "clarifiers": "clarifier",
        "context": "context passage",
        "passages": "document passage",
        "demonstrations": "demonstration",
    }[section]
    count = f"{len(value) or 'no'} {noun}{'' if len(value) == 1 else 's'}"
    return f"show {count}" if section in ("codes", "demonstrations") else f"give {count}"


def _said_of_offsets(offsets: tuple[tuple[str, float], ...]) -> str:
    if not offsets:
        return "read label probabilities as they are"
    label, most = max(offsets, key=lambda offset: abs(offset[1]))
    return f"correct label probabilities, most “{short(label, 30)}” ({most:+.2f})"
