"""Programs: prompts and what they are made of, rendering, layouts, the library."""
