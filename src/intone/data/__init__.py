"""Rows: readers, splits, checks on the data."""
