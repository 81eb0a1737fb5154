"""The options that commands share, and the spec they come to. Owns their names and help texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intone.cli.session import Session
from intone.errors import SettingError

if TYPE_CHECKING:
    from intone.runs.project import Project
    from intone.runs.spec import Spec

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
SpecFile = Annotated[
    Path | None,
    typer.Option("--spec", metavar="FILE", help="The spec to read (default: ./intone.toml)."),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting, as budget.calls=200."),
]
DataFile = Annotated[
    str | None, typer.Option("--data", metavar="FILE", help="The data: csv, jsonl, json, parquet.")
]
Documents = Annotated[
    list[str] | None,
    typer.Option(
        "--documents", metavar="PATH", help="A file or folder to take passages from (repeatable)."
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", metavar="COLUMN", help="A column a prompt may name (repeatable)."),
]
Target = Annotated[
    str | None, typer.Option("--target", metavar="COLUMN", help="The column with the answer.")
]
PromptText = Annotated[
    str | None,
    typer.Option("--prompt", metavar="PROMPT", help="A file, a template's text, or name@version."),
]
Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Who answers (intone models list).")
]
Models = Annotated[
    str | None,
    typer.Option("--models", metavar="A,B,...", help="Several models, each with every prompt."),
]
Calls = Annotated[
    int | None, typer.Option("--calls", metavar="N", help="The most calls the run may make.")
]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="N", help="Decides every random choice.")
]
Author = Annotated[
    str | None,
    typer.Option("--author", metavar="TEXT", help="Who is noted (default: your login name)."),
]
Rows = Annotated[
    str,
    typer.Option("--rows", metavar="WHICH", help="Which rows: tuning, sealed or all."),
]
Require = Annotated[
    str | None,
    typer.Option("--require", metavar="WORD", help="better: exit 1 unless the verdict is better."),
]


@dataclass(frozen=True)
class Given:
    """What was typed about the spec; None: not typed."""

    spec: Path | None = None
    sets: Sequence[str] | None = None
    data: str | None = None
    input: Sequence[str] | None = None
    target: str | None = None
    model: str | None = None
    method: str | None = None
    calls: int | None = None
    seed: int | None = None
    documents: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    variants: int | None = None

    @property
    def folder(self) -> Path:
        """The project's folder: the spec's, or the current one."""
        return self.spec.parent if self.spec else Path()

    def read(self, session: Session) -> Spec:
        """Read the spec with everything typed put over it. Raises SettingError."""
        from intone.runs.spec import read_spec

        session.folder = self.folder
        return read_spec(self.spec, self._changes())

    def project(self, session: Session) -> Project:
        """Return the project, for commands that look at what is kept and run nothing."""
        from intone.runs.project import Project

        session.folder = self.folder
        if self.spec is not None and not self.spec.is_file():
            raise SettingError(f"cannot read the spec {self.spec}: there is no such file")
        if self.sets:
            self.read(session)  # only to refuse what is wrong
        return Project(self.folder)

    def _changes(self) -> dict[str, Any]:
        changes = dict(_setting(text) for text in self.sets or ())
        typed = {
            "task.data": self._here(self.data),
            "task.documents": [self._here(path) for path in self.documents or ()] or None,
            "task.input": list(self.input) if self.input else None,
            "task.target": self.target,
            "model.name": self.model_path(self.model) if self.model else None,
            "tune.method": self.method,
            "budget.calls": self.calls,
            "tune.seed": self.seed,
            "stress.kinds": list(self.kinds) if self.kinds else None,
            "stress.variants": self.variants,
        }
        return changes | {name: value for name, value in typed.items() if value is not None}

    def _here(self, path: str | None) -> str | None:
        """Return a typed path as seen from the spec's folder: it starts at the current one."""
        if path is None or self.folder == Path():
            return path
        return str(Path(path).absolute())

    def model_path(self, name: str) -> str:
        """Return a typed model's name with its file, if it has one, as seen from the spec."""
        scheme, _, path = name.partition(":")
        if scheme in ("fake", "gguf") and Path(path).is_file():
            return f"{scheme}:{self._here(path)}"
        return name


def choice(value: str, option: str, known: Sequence[str]) -> str:
    """Return an option's value. Raises SettingError, with what there is, for any other."""
    if value not in known:
        raise SettingError(f"{option} is {value!r}; it can be: {', '.join(known)}")
    return value


def _setting(text: str) -> tuple[str, Any]:
    from intone.runs.spec import parse_value

    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise SettingError(f"--set {text!r} lacks a value: write --set KEY=VALUE")
    return name.strip(), parse_value(value.strip())
