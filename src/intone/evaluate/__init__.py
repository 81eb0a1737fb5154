"""Answers programs on rows: engine, budget, retries, the Ledger protocol."""
