"""The shape of a writer's answer: a few named texts, as JSON or as lines that begin with a name.

Owns how the shape is asked for and read. What the texts may say is judged in `changes`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intone.llm.answers import FreeText, Json
from intone.llm.read_json import decoded

_TELLING = 4  # words


@dataclass(frozen=True)
class Shape:
    """The texts wanted, in order: each one's name and what it is to hold.

    `choices` are the only values that a text may have, by its name.
    """

    texts: Mapping[str, str]
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of an answer: one closed object with every text."""
        kinds: dict[str, dict[str, Any]] = {
            name: {"type": "string", "enum": list(self.choices[name])}
            if name in self.choices
            else {"type": "string"}
            for name in self.texts
        }
        return {
            "type": "object",
            "properties": kinds,
            "required": list(self.texts),
            "additionalProperties": False,
        }

    def asked(self, *, as_json: bool) -> str:
        """Return the sentence that asks for the shape."""
        if as_json:
            parts = ", ".join(f'"{name}": "{what}"' for name, what in self.texts.items())
            return f"Answer with this JSON object and nothing else:\n{{{parts}}}"
        lines = "\n".join(f"{name.upper()}: {what}" for name, what in self.texts.items())
        return f"Answer in these lines and nothing else:\n{lines}"

    def written(self, values: Mapping[str, str], *, as_json: bool) -> str:
        """Return an answer in the shape, for an example."""
        if as_json:
            return json.dumps({name: values[name] for name in self.texts}, ensure_ascii=False)
        return "\n".join(f"{name.upper()}: {values[name]}" for name in self.texts)

    def read(self, answer: str) -> dict[str, str] | None:
        """Return the texts of an answer, None unless it has every one of them in order.

        Either form is read, whichever was asked for: a server may not know schemas.
        """
        found = self._from_json(answer) or self._from_lines(answer)
        if found is None or any(
            found[name] not in choices for name, choices in self.choices.items()
        ):
            return None
        return found

    def echoed(self, found: Mapping[str, str]) -> bool:
        """Say whether a text is or begins with what it was asked to hold: small models copy it."""
        return any(
            _begins(_plain(found[name]), _plain(what))
            for name, what in self.texts.items()
            if name not in self.choices
        )

    def _from_json(self, answer: str) -> dict[str, str] | None:
        text = Json(self.schema()).parse(answer)
        if text is None:
            return None
        try:
            value = decoded(text)
        except ValueError:
            return None
        if not isinstance(value, dict):
            return None
        found = {name: value.get(name) for name in self.texts}
        texts = {name: said for name, said in found.items() if isinstance(said, str)}
        return self._settled(texts) if len(texts) == len(self.texts) else None

    def _from_lines(self, answer: str) -> dict[str, str] | None:
        text = FreeText().parse(answer) or ""
        names = "|".join(map(re.escape, self.texts))
        marks = list(re.finditer(rf"^[ \t*#]*({names})[ \t*]*:[ \t*]*", text, re.I | re.M))
        if [mark.group(1).lower() for mark in marks] != list(self.texts):
            return None  # one is missing, is there twice, or they stand in another order
        ends = [mark.start() for mark in marks[1:]] + [len(text)]
        found = {
            mark.group(1).lower(): text[mark.end() : end].strip()
            for mark, end in zip(marks, ends, strict=True)
        }
        return self._settled(found)

    def _settled(self, found: Mapping[str, str]) -> dict[str, str]:
        """Return the texts, with those that are chosen in the letters of their choices."""
        settled = dict(found)
        for name in self.choices:
            settled[name] = _plain(found[name])
        return settled


def _begins(text: str, what: str) -> bool:
    """Say whether a text is `what`, or goes on after it where that is too long to be chance."""
    return text == what or (len(what.split()) >= _TELLING and text.startswith(what))


def _plain(text: str) -> str:
    """Return the words of a text in small letters."""
    return " ".join(re.findall(r"\w+", text.replace("_", " ").lower()))
