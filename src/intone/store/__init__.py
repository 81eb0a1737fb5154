"""What lasts: ledger, runs, registry, rejected edits and complaints in one database.

`open_database` gives the database; the other classes read and write their part of it. Two
processes may use one database at once.
"""

from intone.store.complaints import Complaints
from intone.store.database import Database, open_database
from intone.store.ledger import KeptCall, SqlLedger, Verification
from intone.store.lineage import Deletion, Lineage, Merge
from intone.store.outcomes import RunFailures, RunOutcomes
from intone.store.registry import Move, Registry, Version, parse_ref
from intone.store.rejections import Rejection, Rejections
from intone.store.runs import Event, RunRecord, Runs

__all__ = [
    "Complaints",
    "Database",
    "Deletion",
    "Event",
    "KeptCall",
    "Lineage",
    "Merge",
    "Move",
    "Registry",
    "Rejection",
    "Rejections",
    "RunFailures",
    "RunOutcomes",
    "RunRecord",
    "Runs",
    "SqlLedger",
    "Verification",
    "Version",
    "open_database",
    "parse_ref",
]
