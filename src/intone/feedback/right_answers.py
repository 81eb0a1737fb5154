"""Right answers that users gave: some are shown to the model, the others tell whether it helps.

Owns which are shown and which are held back. A correction that a prompt shows is never one that it
is tested on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intone.data.canonical import content_id, draw
from intone.errors import PromptError
from intone.feedback.compile import Change
from intone.feedback.complaint import Complaint
from intone.prompt.edits import Edit, add_demonstration, apply_all
from intone.prompt.prompt import Demonstration, Prompt

MOST_SHOWN = 8
"""Corrections that a prompt shows at most: each makes every call longer."""


@dataclass(frozen=True)
class Corrected:
    """Changes that show right answers, fewest first, and the complaints that test them.

    `held` are never shown. `unused` could not be used: no right answer, or an input is lacking.
    """

    changes: tuple[Change, ...]
    held: tuple[Complaint, ...]
    unused: tuple[Complaint, ...]


def corrections(complaints: Sequence[Complaint], prompt: Prompt, seed: int = 0) -> Corrected:
    """Part the corrections of a prompt's answers into those shown and those held back.

    Half are shown, at most `MOST_SHOWN`: in two strengths, half of them and all. Which, depends on
    the seed and on what the corrections say alone. One correction leaves none to test on. Several
    answers to the same inputs: the latest counts.
    """
    latest: dict[str, Complaint] = {}
    unused = []
    for complaint in complaints:
        if not complaint.answer or prompt.variables - complaint.inputs.keys():
            unused.append(complaint)
        else:
            latest[content_id(_inputs(complaint, prompt))] = complaint
    by_lot = sorted(latest, key=lambda key: draw(seed, "corrections", key).random())
    count = min(MOST_SHOWN, max(1, len(by_lot) // 2)) if by_lot else 0
    shown = [_demonstration(latest[key], prompt) for key in by_lot[:count]]
    shown = [one for one in shown if one not in prompt.demonstrations]
    held = tuple(latest[key] for key in by_lot[count:])
    changes = []
    for strength, many in enumerate(sorted({(len(shown) + 1) // 2, len(shown)} - {0}), start=1):
        edits: tuple[Edit, ...] = tuple(add_demonstration(one) for one in shown[:many])
        try:
            apply_all(prompt, edits)
        except PromptError:
            continue
        what = "a right answer" if many == 1 else f"{many} right answers"
        changes.append(Change(edits, strength, f"show {what} that users gave"))
    return Corrected(tuple(changes), held, tuple(unused))


def _inputs(complaint: Complaint, prompt: Prompt) -> dict[str, str]:
    return {name: complaint.inputs[name] for name in sorted(prompt.variables)}


def _demonstration(complaint: Complaint, prompt: Prompt) -> Demonstration:
    return Demonstration(_inputs(complaint, prompt), (complaint.answer or "").strip())
