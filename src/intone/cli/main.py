"""The command line's entry point. Owns the exit status and what goes wrong being one line.

    0    done                                  3    a backend cannot be reached
    1    --require was not met, or a defect    4    the budget ended before anything to report
    2    the input is wrong                    130  interrupted

Commands import what is heavy when they run, so that `intone --help` stays quick.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Annotated, Any

import typer

from intone.cli import feedback, models, prompts, runs
from intone.cli.compare import compare
from intone.cli.init import init
from intone.cli.run import run
from intone.cli.serve import serve
from intone.cli.session import Session, say
from intone.cli.stress import stress
from intone.cli.tune import tune
from intone.errors import IntoneError

_INTERRUPTED = 130
_BROKEN_PIPE = 141  # as a program that the signal ends
# Typer has its own copy of Click in some versions and not in others; both build on this class.
_UsageError: Any = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="intone",
    help="Tune prompts with data, a budget and a verdict.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(short_help="A project to start from.")(init)
app.command(short_help="One prompt on the data: its score, failures by kind, cost.")(run)
app.command(short_help="Several prompts on the same rows, with verdicts.")(compare)
app.command(short_help="Tune a prompt, then judge it on sealed rows.")(tune)
app.command(short_help="How far score and answers move under harmless changes.")(stress)
app.command(short_help="The web pages and the HTTP API.")(serve)
_GROUPS = {"feedback": feedback.app, "runs": runs.app, "prompts": prompts.app, "models": models.app}
for _name, _group in _GROUPS.items():
    app.add_typer(_group, name=_name)


def _version(wanted: bool) -> None:
    if wanted:
        from intone import __version__

        sys.stdout.write(f"intone {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Tune prompts with data, a budget and a verdict."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Expected failures become one line on stderr. Whatever else goes wrong is a defect: its
    traceback goes to a log, whose place is the one line.
    """
    _open_closed_streams()
    session = Session()
    sys.excepthook = Defects(session)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not where a test put something else there
            stream.reconfigure(errors="backslashreplace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _command(given, session)
        sys.stdout.flush()
    except IntoneError as error:
        say(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        goes_on = f"; intone runs resume {session.run} goes on" if session.run else ""
        say(f"interrupted{goes_on}")
        return _INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return _BROKEN_PIPE
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT):
            raise
        _let_go_of_stdout()
        say(f"cannot write the output: {error.strerror}; free some space and run again")
        return 2
    return status


def _open_closed_streams() -> None:
    """Give a process that was started with closed streams (`2>&-`) ones that lead nowhere.

    A file opened later would else get such a stream's number, and with it what a library writes
    to stderr: the database, say.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))


def _command(arguments: Sequence[str], session: Session) -> int:
    """Carry out what was typed; a mistake in it is one line and status 2."""
    one_group = len(arguments) == 1 and arguments[0] in _GROUPS
    if not arguments or one_group or arguments == ["prompts", "ab"]:
        arguments = [*arguments, "--help"]
    command = typer.main.get_command(app)
    try:
        with command.make_context("intone", list(arguments), obj=session) as context:
            status = command.invoke(context)
    except typer.Exit as wanted:  # after --help, say
        return wanted.exit_code
    except _UsageError as error:
        message = error.format_message().strip().rstrip(".")
        where = error.ctx.command_path if error.ctx else "intone"
        say(f"{message[:1].lower()}{message[1:]} (see: {where} --help)")
        return 2
    return status if isinstance(status, int) else 0


def _let_go_of_stdout() -> None:
    """Point stdout elsewhere: the interpreter flushes it once more on leaving."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


class Defects:
    """What is done with an exception that nobody expected: it goes to a log."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        import traceback

        text = "".join(traceback.format_exception(kind, error, trace))
        place = self._log(text)
        say(f"a defect in Intone ({kind.__name__}); what happened is in {place}, please report it")

    def _log(self, text: str) -> str:
        import tempfile
        from datetime import UTC, datetime
        from pathlib import Path

        entry = f"{datetime.now(UTC).isoformat(timespec='seconds')} {sys.argv[1:2]}\n{text}\n"
        state = self._session.folder / ".intone"
        for folder in (state, Path(tempfile.gettempdir())):
            try:
                folder.mkdir(exist_ok=True)
                if folder == state and not (folder / ".gitignore").exists():
                    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
                with (folder / "intone.log").open("a", encoding="utf-8", errors="replace") as log:
                    log.write(entry)
                return str(folder / "intone.log")
            except OSError:
                continue  # not writable, or full: the other place may do
        return "no log, for none can be written"
