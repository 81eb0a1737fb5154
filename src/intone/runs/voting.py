"""A vote out of a search's candidates: `tune.vote`.

Owns what it may cost, which candidates are asked on which rows, and whether the vote is taken. How
members are chosen is `tune/voters.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from intone.data.row import Row
from intone.evaluate.engine import Job
from intone.prompt.edits.programs import VoteOf
from intone.prompt.vote import Vote
from intone.runs.kit import Kit
from intone.tune.candidate import Candidate
from intone.tune.loop import Found, Memo
from intone.tune.voters import WORTH_A_CALL, NoVote, choose_voters, not_worth_it

SEARCH_SHARE = 0.7
"""The part of a search's calls that finds candidates, where a vote is wanted; the rest tells how
they vote."""
TOO_FEW = "too few rows to seal any, so no vote is built of what the search finds"
_CANDIDATES = 8
_MOST_ROWS = 200


async def voted(kit: Kit, found: Found, rows: Sequence[Row], memo: Memo) -> Candidate | NoVote:
    """Return the vote that beats the best single prompt on the tuning rows, or why none does.

    The candidates are asked on as many rows of the race as the calls pay for. A vote must gain half
    a point of score for each call that an answer takes more.
    """
    most = kit.ready.spec.tune.vote
    candidates = [c for c in found.best if not c.refit_of and found.scores.count(c.id)]
    candidates = candidates[: max(most, _CANDIDATES)]
    usable = [row for row in rows[:_MOST_ROWS] if not any(c.program.shows(row) for c in candidates)]
    jobs = [
        Job(candidate.program, row)
        for row in usable
        for candidate in candidates
        if (candidate.id, row.index) not in memo
    ]
    kit.watcher.stage("vote", len(jobs))
    for outcome in await kit.answer(jobs):
        memo[outcome.program, outcome.row] = outcome
    ids = {candidate.id for candidate in candidates}
    told = {key: outcome for key, outcome in memo.items() if key[0] in ids}
    voters = choose_voters(candidates, told, most)
    if isinstance(voters, NoVote):
        return voters
    programs = [member.program for member in voters.members]
    vote = Vote(programs, weights=voters.weights, by=voters.by)
    change = VoteOf(vote, [member.sentence for member in voters.members])
    outcomes = await kit.answer([Job(vote, row) for row in usable])  # nothing new is asked
    found.scores.add(outcomes)
    single = found.best[0].scored_as
    pairs = [
        (outcome.score, other.score, outcome.calls)
        for outcome in outcomes
        if outcome.score is not None
        and (other := memo.get((single, outcome.row))) is not None
        and other.score is not None
    ]
    gain = sum(mine - theirs - WORTH_A_CALL * (calls - 1) for mine, theirs, calls in pairs)
    if pairs and gain > 0:
        return Candidate(vote, (change,), (found.best[0].id,))
    if not pairs:
        return NoVote("it answered no row that the best single prompt answered too")
    mine, theirs, calls = (sum(each) / len(pairs) for each in zip(*pairs, strict=True))
    return not_worth_it(mine, calls, theirs)
