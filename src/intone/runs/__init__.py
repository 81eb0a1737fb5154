"""The composition root: a spec becomes a run."""
