"""Intone tunes prompts with data, a budget and a verdict."""
