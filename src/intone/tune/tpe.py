"""A tree-structured Parzen estimator over places in lists, by Optuna.

Owns how Optuna is loaded (when first used: nothing else needs it), kept quiet, and made to depend
on a seed and a number alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from intone.data.canonical import draw

_SEEDS = 2**32  # Optuna takes a seed below this


class Tpe:
    """Chooses a combination of choices, one of each of the `counts`, whose value is to be large.

    Source: Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011, in Optuna's
    multivariate form. The first `startup` combinations are drawn evenly.
    """

    def __init__(self, counts: Sequence[int], seed: int, startup: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._seed = seed
        self._startup = startup
        self._study = optuna.create_study(direction="maximize")
        self._space: dict[str, optuna.distributions.BaseDistribution] = {
            str(place): optuna.distributions.CategoricalDistribution(tuple(range(count)))
            for place, count in enumerate(counts)
        }

    def ask(self, number: int) -> tuple[int, ...]:
        """Return the combination to try as this number."""
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        seed = draw(self._seed, "tpe", number).randrange(_SEEDS)
        self._study.sampler = TPESampler(
            seed=seed, n_startup_trials=self._startup, multivariate=True
        )
        trial = self._study.ask(self._space)
        self._study.tell(trial, state=TrialState.FAIL)  # its value comes as a trial of its own
        return tuple(trial.params[name] for name in self._space)

    def tell(self, combination: Sequence[int], value: float) -> None:
        """Learn what a combination came to; it may be told of several times, and unasked."""
        from optuna.trial import create_trial

        params = dict(zip(self._space, combination, strict=True))
        self._study.add_trial(create_trial(params=params, distributions=self._space, value=value))
