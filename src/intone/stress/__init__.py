"""Consistency: how far scores and answers move under changes that should not matter."""
