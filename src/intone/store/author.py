"""Who did something, where nobody said: the user's login name."""

from __future__ import annotations

import getpass


def login_name() -> str:
    """Return the user's login name, "" where the system knows none (in some containers)."""
    try:
        name = getpass.getuser()
    except (ImportError, KeyError, OSError):
        return ""
    return name.encode("utf-8", "replace").decode()
