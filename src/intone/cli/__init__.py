"""The command line: one file per command; it calls runs, and prints what report makes of it."""
