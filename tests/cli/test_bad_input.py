"""Each kind of bad input: the exit status of the design, and one line that names the thing."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.project import Command

ENTRY = "import sys; from intone.cli.main import main; sys.exit(main())"
DATA = "case,body,team\n" + "".join(
    f"{n},text {n},{'billing' if n % 2 else 'shipping'}\n" for n in range(20)
)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (
            folder / name.replace("__", "/").replace("_toml", ".toml").replace("_csv", ".csv")
        ).write_text(text)


def one_line(err: str) -> str:
    """Return what stands on stderr, which must be one line of ours."""
    lines = [line for line in err.splitlines() if line.strip()]
    assert len(lines) == 1, err
    assert lines[0].startswith("intone: ")
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("tune --data gone.csv", ["gone.csv"]),
        ("tune --data prompts", ["prompts"]),
        ("tune --data binary.csv", ["binary.csv"]),
        ("tune --data empty.csv", ["empty.csv"]),
        ("tune --data headed.csv", ["headed.csv"]),
        ("tune --data short.csv", ["9 rows", "10"]),
        ("tune --data single.csv", ["billing"]),
        ("tune --documents gone", ["gone", "No such file"]),
        ("tune --documents notes.docx", ["notes.docx", ".md"]),
        ("tune --documents empty", ["empty", "nothing to take passages from"]),
        ("tune --target tem", ["tem", "team"]),
        ("tune --input bdy", ["bdy", "body"]),
        ("tune --prompt Team?{{subjct}}", ["subjct", "body"]),
        ("tune --prompt {{team}}", ["team", "target"]),
        ("tune --prompt {{body", ["template"]),
        ("tune --prompt gone.toml", ["gone.toml"]),
        ("tune --prompt broken.toml", ["broken.toml", "TOML"]),
        ("tune --prompt odd.toml", ["odd.toml", "clarifiers"]),
        ("tune --spec broken.toml", ["broken.toml", "TOML"]),
        ("tune --spec gone.toml", ["gone.toml"]),
        ("tune --set budget.cals=5", ["budget.cals", "budget.calls"]),
        ("tune --set budget.calls=many", ["budget.calls", "many"]),
        ("tune --set budget.calls", ["KEY=VALUE"]),
        ("tune --calls 0", ["budget.calls"]),
        ("tune --set task.labels=['billing','sales']", ["'shipping'", "sales"]),
        ("tune --set task.grader='lable'", ["lable", "label"]),
        ("tune --set task.metric='f1'", ["f1", "macro_f1"]),
        ("tune --method atuo", ["atuo", "auto"]),
        ("tune --model lokal", ["lokal", "local"]),
        ("tune --model fake:gone.toml", ["gone.toml"]),
        ("tune --set budget.usd=1", ["model.price"]),
        ("run --rows some", ["some", "sealed"]),
        ("compare prompts/triage.toml", ["two prompts"]),
        ("compare prompts/triage.toml prompts/triage.toml", ["the same"]),
        ("runs show 4", ["no runs"]),
        ("prompts label triage", ["LABEL"]),
        ("tune --dta x", ["--dta", "--data"]),
        ("tnue", ["tnue", "tune"]),
    ],
)
def test_what_is_wrong_is_named_in_one_line(
    intone: Command, project: Path, arguments: str, names: list[str]
) -> None:
    write(
        project,
        empty_csv="",
        headed_csv="case,body,team\n",
        short_csv="".join(DATA.splitlines(keepends=True)[:10]),
        single_csv=DATA.replace("shipping", "billing"),
        broken_toml='template = "\n',
        odd_toml='template = "{{ body }}"\nclarifier = []\n',
    )
    (project / "empty").mkdir()
    (project / "notes.docx").touch()
    (project / "binary.csv").write_bytes(b"case,body,team\n1,\xff\xfe\x00,a\n")
    said = intone(*arguments.split(" "))
    assert said.status == 2
    assert said.out == ""
    for name in names:
        assert name in one_line(said.err)


@pytest.mark.parametrize(
    ("error", "status", "names"),
    [
        ('"unreachable"', 3, ["fake"]),
        ("401", 2, ["fake", "401"]),
        ("404", 2, ["fake", "404"]),
        ('"context"', 2, ["context", "shorten"]),
    ],
)
@pytest.mark.parametrize("command", ["run", "tune"])
def test_a_model_that_cannot_be_used(
    intone: Command, project: Path, command: str, error: str, status: int, names: list[str]
) -> None:
    (project / "fake.toml").write_text(f'[[rules]]\nwhen = ""\nerror = {error}\n')
    said = intone(command, "--set", "model.attempts=1")
    last = said.err.splitlines()[-1]
    assert said.status == status, said
    assert said.out == ""
    assert "Traceback" not in said.err
    for name in names:
        assert name in last


def test_no_key_in_the_environment(
    intone: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    said = intone("run", "--model", "openai:gpt-4o-mini")
    assert said.status == 2
    assert "OPENAI_API_KEY" in one_line(said.err)
    assert not (project / ".intone").exists()


def test_a_database_of_a_newer_version(intone: Command, project: Path) -> None:
    intone("run")
    with sqlite3.connect(project / ".intone" / "intone.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    for command in ("run", "runs list", "prompts list", "tune"):
        said = intone(*command.split())
        assert said.status == 2
        assert "9999" in one_line(said.err)


def test_a_full_disk_loses_nothing_that_was_answered(project: Path) -> None:
    (project / "fake.toml").write_text('answer = "billing"\ndelay = 0.001\nlog = "calls.log"\n')

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (160_000, 160_000))

    def run(*, full: bool) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", ENTRY, "tune", "--calls", "2000", "--json"],
            preexec_fn=limit if full else None,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    (project / "tickets.csv").write_text(
        "case,body,team\n"
        + "".join(f"{n},{'long ' * 60}{n},{'billing' if n % 2 else 'other'}\n" for n in range(400))
    )
    full = run(full=True)
    assert full.returncode == 2, full.stderr
    assert full.stderr.splitlines()[-1].startswith("intone: ")
    assert "Traceback" not in full.stderr
    assert "intone.db" in full.stderr.splitlines()[-1]
    assert "what was answered is kept" in full.stderr.splitlines()[-1]
    again = run(full=False)
    assert again.returncode == 0, again.stderr


def test_output_that_cannot_be_written(project: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", ENTRY, "run", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert "cannot write the output: No space left on device" in one_line(done.stderr)


@pytest.mark.parametrize("section", ["model", "writer"])
@pytest.mark.parametrize(
    "setting",
    [
        "name=http://user:hush@127.0.0.1:9/v1#m",
        "name=http://127.0.0.1:9/v1?key=hush#m",
        "name=['http://user:hush@127.0.0.1:9/v1']",
        "api_key_env=sk-hush",
    ],
)
@pytest.mark.parametrize("command", ["run", "tune --dry-run", "models check"])
def test_a_secret_in_the_settings_is_neither_printed_nor_stored(
    intone: Command, project: Path, section: str, setting: str, command: str
) -> None:
    said = intone(*command.split(), "--set", f"{section}.{setting}")
    assert said.status == 2
    assert section in one_line(said.err)
    assert "hush" not in said.out + said.err
    assert not (project / ".intone").exists()


def test_the_place_of_what_is_kept_is_a_file(intone: Command, project: Path) -> None:
    (project / ".intone").write_text("")
    for command in ("run", "tune"):
        said = intone(command)
        assert said.status == 2
        assert one_line(said.err) == (
            "intone: .intone is a file, and a folder of that name is needed for what is kept; "
            "move it away"
        )


def test_the_spec_that_lacks_something_is_named(intone: Command, project: Path) -> None:
    text = (project / "intone.toml").read_text()
    (project / "z.toml").write_text(text.replace('prompt = "prompts/triage.toml"', ""))
    said = intone("tune", "--spec", "z.toml")
    assert (said.status, "set prompt in z.toml" in one_line(said.err)) == (2, True)
    (project / "z.toml").write_text(text.replace('data = "tickets.csv"', ""))
    said = intone("tune", "--spec", "z.toml")
    assert (said.status, "set task.data in z.toml" in one_line(said.err)) == (2, True)
    (project / "intone.toml").unlink()
    assert "set prompt in intone.toml" in one_line(intone("tune").err)
