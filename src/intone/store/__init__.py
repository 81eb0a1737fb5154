"""What lasts: ledger, runs and registry in one database."""
