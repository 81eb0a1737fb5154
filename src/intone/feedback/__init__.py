"""The feedback loop: a complaint becomes a tested change of the prompt. Calls no model itself."""
