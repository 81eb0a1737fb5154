"""The HTTP API and the web pages of a project. Calls `runs` only."""
