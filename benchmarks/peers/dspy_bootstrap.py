"""DSPy's BootstrapFewShotWithRandomSearch.

It scores the program without demonstrations, with labelled ones, and with bootstrapped ones in as
many draws as the cap has room for; each is scored on all validation rows. Its other settings are
the defaults: up to 4 bootstrapped and 16 labelled demonstrations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dspy.teleprompt import BootstrapFewShotWithRandomSearch
from dspy_program import metric, tune
from peer import errand

_FIXED = 3  # programs it scores besides the drawn ones
_TO_BOOTSTRAP = 5  # calls it takes to make demonstrations for one program, about


def main() -> None:
    """Run the errand of the command line."""
    what = errand()

    def compiled(student: Any, train: Sequence[Any], valid: Sequence[Any]) -> Any:
        programs = (what.cap + _TO_BOOTSTRAP) // (len(valid) + _TO_BOOTSTRAP)
        search = BootstrapFewShotWithRandomSearch(
            metric=metric(what),
            num_candidate_programs=max(1, programs - _FIXED),
            num_threads=what.threads,
        )
        return search.compile(student, trainset=list(train), valset=list(valid))

    tune(what, compiled)


if __name__ == "__main__":
    main()
