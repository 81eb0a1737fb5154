"""When a version's text was deleted, and by whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two columns; nothing that is there already was deleted."""
    for name in ("deleted", "deleted_by"):
        op.add_column("versions", sa.Column(name, sa.Text))
