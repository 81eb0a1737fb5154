"""Programs: prompts and what they are made of, rendering, layouts, the library."""

from intone.prompt.program import Answer, Program
from intone.prompt.prompt import LAYOUTS, Demonstration, Layout, Prompt

__all__ = ["LAYOUTS", "Answer", "Demonstration", "Layout", "Program", "Prompt"]
