"""Races: the rounds of a heat, and the rules by which calls are shared and candidates dropped."""
