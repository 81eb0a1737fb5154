"""Numbered migrations of the database, run by Alembic when it is opened and not up to date."""
