"""Programs: prompts and what they are made of, votes, chains, rendering, layouts, the library."""

from intone.prompt.chain import Chain
from intone.prompt.program import Answer, Got, Lost, Program, StepAnswer
from intone.prompt.prompt import LAYOUTS, Demonstration, Layout, Prompt
from intone.prompt.step import Step
from intone.prompt.vote import Vote

__all__ = [
    "LAYOUTS",
    "Answer",
    "Chain",
    "Demonstration",
    "Got",
    "Layout",
    "Lost",
    "Program",
    "Prompt",
    "Step",
    "StepAnswer",
    "Vote",
]
