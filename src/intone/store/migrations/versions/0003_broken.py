"""How many attempts at a call broke off before it was answered, or failed for good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two columns; of what is there already nothing is known to have broken off."""
    for table in ("calls", "failures"):
        op.add_column(table, sa.Column("broken", sa.Integer, nullable=False, server_default="0"))
