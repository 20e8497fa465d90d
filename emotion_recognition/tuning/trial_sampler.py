"""Chooses the values of each trial by its number: trials at the same time try what they would alone."""

from typing import Any

import numpy as np


class TrialSampler:
    """An Optuna sampler that has a TPE sampler for each trial.

    TPE is of Bergstra et al. 2011, "Algorithms for hyper-parameter optimization". With one for the whole study, a
    search that goes on, or works on a study beside others, would draw the same values again; and which of two threads
    draws first would decide what both try.

    Args:
        optuna: The module.
        seed: Of the choices.
    """

    def __init__(self, optuna: Any, seed: int) -> None:
        self._optuna, self._seed = optuna, seed
        self._own: dict[int, Any] = {}

    def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
        """What is chosen together."""
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Any:
        """Values of what is chosen together."""
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> Any:
        """A value of something else."""
        return self._of(trial).sample_independent(study, trial, name, distribution)

    def before_trial(self, study: Any, trial: Any) -> None:
        """Begins a trial."""
        self._of(trial).before_trial(study, trial)

    def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
        """Ends a trial."""
        self._of(trial).after_trial(study, trial, state, values)
        self._own.pop(trial.number, None)

    def reseed_rng(self) -> None:
        """Optuna asks each thread for other random numbers; each trial has its own already."""

    def _of(self, trial: Any) -> Any:
        if trial.number not in self._own:
            (seed,) = np.random.SeedSequence([self._seed, trial.number]).generate_state(1)
            self._own[trial.number] = self._optuna.samplers.TPESampler(seed=int(seed))
        return self._own[trial.number]
