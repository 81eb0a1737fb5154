"""Paired tests, intervals, detectable differences: pure functions."""
