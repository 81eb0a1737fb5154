"""The tables as they are now. Owns their shape only; `migrations` makes them, rooms fill them.

A change here needs a numbered migration (`migrations/versions`); a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

Hash = BigInteger().with_variant(Integer(), "sqlite")  # SQLite's own row id must be INTEGER

about = Table(
    "about",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Facts about the database itself: `intone`, the version that last changed its shape."""

settings = Table(
    "settings",
    metadata,
    Column("id", Hash, primary_key=True, autoincrement=False),
    Column("identity", Text, nullable=False),
    Column("asked", Text, nullable=False),  # JSON: the kind of answer and the sampling
)
"""What many calls have in common: backend, kind of answer, sampling."""

pieces = Table(
    "pieces",
    metadata,
    Column("id", Hash, primary_key=True, autoincrement=False),
    Column("before", Hash),  # the piece it follows; none at the beginning of a request
    Column("text", LargeBinary, nullable=False),
)
"""Requests' beginnings, cut into pieces; each is kept once, however many requests share it."""

calls = Table(
    "calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", LargeBinary, nullable=False, unique=True),  # the 16 bytes of the ledger's key
    Column("settings", Hash, ForeignKey("settings.id"), nullable=False),
    Column("sample", Integer, nullable=False),
    Column("head", Hash, ForeignKey("pieces.id")),  # the last piece of the beginning
    Column("rest", LargeBinary, nullable=False),  # what follows it
    Column("text", LargeBinary, nullable=False),  # bytes: a model may answer half a surrogate pair
    Column("finish", Text, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("choices", Text),  # JSON
    Column("logprob", Float),
    Column("seconds", Float, nullable=False),
    Column("broken", Integer, nullable=False, server_default="0"),  # attempts that broke off
    Column("at", Float, nullable=False),  # seconds since 1970, UTC
)
"""The ledger: every answered call."""

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("data_id", Text, nullable=False),
    Column("started", Text, nullable=False),  # UTC, ISO 8601
    Column("ended", Text),
    Column("spec", Text, nullable=False),  # JSON, as are summary and candidates
    Column("summary", Text),
    Column("candidates", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("born", Text, nullable=False),  # tells the process from a later one with its number
    Column("seen", Text, nullable=False),  # the last sign of life
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Integer, ForeignKey("runs.number"), nullable=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),  # JSON
    Index("events_of_run", "run"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("run", Integer, ForeignKey("runs.number"), primary_key=True),
    Column("program", Text, primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("sample", Integer, primary_key=True),
    Column("status", Text, nullable=False),
    Column("score", Float),
    Column("reason", LargeBinary, nullable=False),
    Column("answer", LargeBinary),
    Column("text", LargeBinary, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("replayed", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("choices", Text),  # JSON
    sqlite_with_rowid=False,
)

failures = Table(
    "failures",
    metadata,
    Column("run", Integer, ForeignKey("runs.number"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("broken", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)
"""Calls of a run that failed for good: a resume replays them unless told to retry."""

rejections = Table(
    "rejections",
    metadata,
    Column("run", Integer, ForeignKey("runs.number"), primary_key=True),
    Column("prompt_id", Text, primary_key=True),  # the prompt that the edits were tried on
    Column("tried_id", Text, primary_key=True),  # the one they led to
    Column("data_id", Text, nullable=False),
    Column("place", Integer, nullable=False),  # its place among those of its run
    Column("edits", Text, nullable=False),  # JSON
    Column("sentence", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("difference", Float),
    Column("rows", Integer, nullable=False),
    Index("rejections_of_data", "data_id"),
    sqlite_with_rowid=False,
)
"""Edits that a writer proposed and that did not pay."""

openings = Table(
    "openings",
    metadata,
    Column("data_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),  # 1, 2, 3 … for one data hash
    Column("run", Integer, ForeignKey("runs.number"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("openings_once", "data_id", "run", "purpose", unique=True),
)
"""Each time a verdict looked at the sealed rows of some data."""

versions = Table(
    "versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("program_id", Text, nullable=False),
    Column("program", Text, nullable=False),  # JSON: the canonical form
    Column("parent", Text),  # name@number
    Column("edits", Text, nullable=False),  # JSON, as is the verdict
    Column("verdict", Text),
    Column("run", Integer),
    Column("author", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("deleted", Text),  # when its text was deleted; the rest stays
    Column("deleted_by", Text),
    Index("versions_of_program", "program_id"),
)

moves = Table(
    "moves",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("back", Integer, nullable=False),  # 1: a rollback
    Column("at", Text, nullable=False),
    Column("author", Text, nullable=False),
    Index("moves_of_label", "name", "label"),
)
"""Where each label was moved, oldest first; the last move says where it is."""

programs = Table(
    "programs",
    metadata,
    Column("id", Text, primary_key=True),  # the hash of its form
    Column("form", Text, nullable=False),  # JSON: the canonical form
)
"""The programs that complaints are about, each kept once however many complaints there are."""

complaints = Table(
    "complaints",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("program_id", Text, nullable=False),  # empty, as other texts, where it is not known
    Column("version", Text, nullable=False),  # name@number
    Column("comment", LargeBinary, nullable=False),  # bytes: users write what no text column holds
    Column("inputs", LargeBinary, nullable=False),  # JSON
    Column("output", LargeBinary, nullable=False),
    Column("rating", Float),
    Column("answer", LargeBinary),
    Column("target", LargeBinary, nullable=False),
    Column("who", LargeBinary, nullable=False),
    Column("run", Integer),
    Column("row", Integer),
    Column("state", Text, nullable=False),
    Column("applied", Text, nullable=False),  # name@number
    Index("complaints_about", "name"),
)
"""What users said about answers."""

traces = Table(
    "traces",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("label", Text, nullable=False),  # as it was asked for: a label, a number, or latest
    Column("experiment", Integer, ForeignKey("experiments.number")),
    Column("variant", Text),
    Column("inputs", LargeBinary, nullable=False),  # JSON
    Column("output", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("replayed", Integer, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("user", Text),  # a keyed hash
    Column("at", Float, nullable=False),  # seconds since 1970, UTC
    Index("traces_of_name", "name"),
    Index("traces_of_experiment", "experiment"),
)
"""Every answer that was given through the API."""

trace_outcomes = Table(
    "trace_outcomes",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("trace", Text, ForeignKey("traces.id"), nullable=False),
    Column("value", Float, nullable=False),  # 0..1
    Column("source", Text, nullable=False),  # rating, application
    Column("who", Text, nullable=False),
    Column("at", Float, nullable=False),
    Index("outcomes_of_trace", "trace"),
)
"""What answers were worth, as users rated them or the application found."""

experiments = Table(
    "experiments",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("first", Integer, nullable=False),  # versions: where the label is, and the challenger
    Column("second", Integer, nullable=False),
    Column("share", Float, nullable=False),  # of the users, for the challenger
    Column("alpha", Float, nullable=False),
    Column("promote", Integer, nullable=False),  # 1: the challenger takes the label if it wins
    Column("state", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("started", Text, nullable=False),  # UTC, ISO 8601
    Column("ended", Text),
    Index("experiments_of_label", "name", "label"),
)
"""Two versions behind one label."""
