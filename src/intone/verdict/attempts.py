"""Several attempts at one claim, in a fixed order, until one succeeds. Owns how the level is kept.

A complaint is answered by the first of several changes that cures it, tried weakest first. Each
attempt is another chance of a false cure, so the level has to be shared.

- Not by fixed-sequence testing (Maurer, Hothorn and Lehmacher 1995; Westfall and Krishen, Journal
  of Statistical Planning and Inference 99, 2001, 25-40), which tests each hypothesis at the whole
  level: it may go on only after a success and must stop at the first failure. Here it is the other
  way round.
- Not by Holm's step-down (1979): its gain over Bonferroni comes with the second rejection, and here
  there is never a second one, since trying ends with the first. It would also need all attempts to
  be paid for before the first can be judged.
- By Bonferroni over the attempts that were planned (Dunn, Journal of the American Statistical
  Association 56, 1961, 52-64; in a fixed order with weights: Wiens, Pharmaceutical Statistics 2,
  2003, 211-215): each is tested at its own share, the shares add up to the level, and so the chance
  of any false cure is at most the level, however the attempts depend on each other.

What has to hold besides the cure (the score is kept, nothing is lost) costs no level: where all of
several claims must be shown, each is tested at the whole level (Berger, Technometrics 24, 1982,
295-300). Trying ends with the first cure whether or not the score was kept, so that claim is
tested once.
"""

from __future__ import annotations


def shares(attempts: int, level: float = 0.05) -> tuple[float, ...]:
    """Return the level of each of so many planned attempts: equal shares.

    Raises ValueError for a level outside 0..1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be between 0 and 1, not {level}")
    return (level / attempts,) * attempts if attempts > 0 else ()
