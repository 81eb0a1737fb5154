"""A table of the edits that a writer proposed and that did not pay."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "rejections",
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.number"), primary_key=True),
        sa.Column("prompt_id", sa.Text, primary_key=True),
        sa.Column("tried_id", sa.Text, primary_key=True),
        sa.Column("data_id", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("edits", sa.Text, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("difference", sa.Float),
        sa.Column("rows", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("rejections_of_data", "rejections", ["data_id"])
