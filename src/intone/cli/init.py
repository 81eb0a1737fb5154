"""`intone init`: a project to start from. Owns the files it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from intone.cli import options
from intone.cli.session import emit
from intone.errors import InputError

SPEC = """\
# What a run is made of. Everything but the prompt and the data has a default.
prompt = "prompts/desk.toml"

[task]
data   = "messages.csv"
input  = ["message"]     # columns a prompt may name
target = "desk"          # the column with the right answer

[model]
name = "local"           # intone models list shows what else there is

[budget]
calls = 300
"""

PROMPT = '''\
template = """
Which desk of the library should get this message?

{{ message }}
"""
'''

ROWS = """\
message,desk
"Can I keep the atlas for another two weeks?",loans
"The due date on my account has passed but I brought the book back.",loans
"I was asked to pay for a novel that I never took home.",loans
"How many films may I take home at once?",loans
"Somebody else is waiting for my book. How long do I still have it?",loans
"I have lost a picture book of my daughter's.",loans
"Is the reading on Thursday already full?",events
"My son would like to join the chess afternoon.",events
"Could our choir sing in your hall in December?",events
"Do I have to sign up for the tour of the cellar?",events
"Who was the writer you invited last week?",events
"The puppet show was too loud for the small ones.",events
"Are you open on Whit Monday?",house
"The heating in the reading room has been off since Monday.",house
"Where can I lock my bicycle?",house
"Is there a lift to the second floor?",house
"I left my scarf on a chair near the window.",house
"May I bring my guide dog?",house
"""


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where (default: the current folder).")
    ] = Path(),
    json: options.Json = False,
) -> int:
    """Write a project to start from: a spec, a prompt, and a few rows to replace by yours.

    Nothing that is there already is overwritten.
    """
    from intone.prompt.files import write_whole
    from intone.report.console import blank, line

    files = {
        folder / "prompts" / "desk.toml": PROMPT,
        folder / "messages.csv": ROWS,
        folder / "intone.toml": SPEC,  # the last, so that a spec never lacks its files
    }
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder")
    for path in files:
        if path.exists():
            raise InputError(f"{path} is there already, and nothing was written; name another DIR")
    for path, text in files.items():
        write_whole(path, text)
    first = "" if folder == Path() else f"cd {folder} && "
    parts = [line(f"wrote {path}") for path in reversed(files)]
    parts += [blank(), line(f"next: {first}intone run, then put your own rows in messages.csv")]
    emit({"folder": str(folder), "files": [str(path) for path in files]}, parts, as_json=json)
    return 0
