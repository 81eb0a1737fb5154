"""Content hashes over canonical JSON, and draws that depend on nothing but their names.

Owns the one way to turn a value into an id and the one way to make a random choice: there is no
shared random stream anywhere, so a choice does not depend on what was drawn before it.
"""

from __future__ import annotations

import hashlib
import json
import random


def canonical(value: object) -> str:
    """Return the value as JSON with sorted keys and no spaces: equal values, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_id(value: object, length: int = 16) -> str:
    """Return the first `length` hex digits of the SHA-256 of the value's canonical JSON."""
    raw = canonical(value).encode("utf-8", "surrogatepass")
    return hashlib.sha256(raw).hexdigest()[:length]


def draw(seed: int, *purpose: object) -> random.Random:
    """Return a random generator that depends only on the seed and the purpose's parts."""
    digest = hashlib.sha256(canonical([seed, *map(str, purpose)]).encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))
