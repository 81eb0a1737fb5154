"""Tables of what users said about answers, and of the programs they said it about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "programs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("form", sa.Text, nullable=False),
    )
    op.create_table(
        "complaints",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("program_id", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("comment", sa.LargeBinary, nullable=False),
        sa.Column("inputs", sa.LargeBinary, nullable=False),
        sa.Column("output", sa.LargeBinary, nullable=False),
        sa.Column("rating", sa.Float),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("target", sa.LargeBinary, nullable=False),
        sa.Column("who", sa.LargeBinary, nullable=False),
        sa.Column("run", sa.Integer),
        sa.Column("row", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("applied", sa.Text, nullable=False),
    )
    op.create_index("complaints_about", "complaints", ["name"])
