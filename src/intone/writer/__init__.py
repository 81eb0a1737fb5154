"""Proposals from a model: critique, rephrase, cross, induce; parsed strictly into edits."""
