"""Graders judge one answer; metrics aggregate grades."""
