"""Complaints that the rules leave unclear, read by the run's writer. Owns when it is asked."""

from __future__ import annotations

from dataclasses import replace

from intone.feedback.understand import understand_all
from intone.runs.feedback_ask import Ask
from intone.runs.kit import Kit


async def read_unclear(kit: Kit, ask: Ask) -> tuple[Ask, tuple[str, ...]]:
    """Return what to grant with what the writer reads, and a sentence for each such reading.

    Only a writer that the spec names (`[writer]`) is asked, once for each unclear complaint; what
    it cannot read stays unclear. Raises BackendError where its model cannot be used at all.
    """
    unclear = [place for place, (_, wishes) in enumerate(ask.reads) if not wishes]
    if kit.ready.spec.writer is None or not unclear:
        return ask, ()
    reads, said = list(ask.reads), []
    found = await understand_all(kit.writer(), [reads[place][0] for place in unclear])
    for place, one in zip(unclear, found, strict=True):
        complaint = reads[place][0]
        reads[place] = (complaint, one.wishes)
        asked = " and ".join(f"“{wish.sentence}”" for wish in one.wishes)
        if asked:
            said.append(f"the writer, not the rules, reads complaint {complaint.number} as {asked}")
    return replace(ask, reads=tuple(reads)), tuple(said)
