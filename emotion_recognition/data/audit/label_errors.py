"""Finds likely wrong labels by confident learning (Northcutt, Jiang and Chuang 2021, arXiv:1911.00068).

Labels and a trained network's probabilities come in, rows go out, the most doubtful first. The method is that of the
package ``cleanlab``, which is needed here alone.
"""

import warnings
from importlib.util import find_spec

import numpy as np


def check_cleanlab() -> None:
    """Finds out early, before long work, whether the package is there.

    Raises:
        ValueError: If not; the message says how to get it.
    """
    if find_spec("cleanlab") is None:
        raise ValueError("likely wrong labels need the package cleanlab: pip install -r requirements-audit.txt")


def likely_label_errors(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Ranks the examples whose label the probabilities speak against.

    A network that has learned these very labels agrees with most of their errors; on its training images far fewer
    are found than there are.

    Args:
        labels: uint8 array (N,), indices of classes.
        probabilities: float array (N, classes), 0..1, every row adds up to 1.

    Returns:
        int64 array (K,), rows of likely errors, the label with the smallest probability first.

    Raises:
        ValueError: If the package is missing or the arrays do not fit.
    """
    check_cleanlab()
    if probabilities.ndim != 2 or len(probabilities) != len(labels) or len(labels) == 0:
        raise ValueError(
            "probabilities must have a row for each of at least one label. "
            f"Received: {probabilities.shape} for {len(labels)} labels"
        )
    from cleanlab.filter import find_label_issues

    # Classes that no label has are left out: the method estimates a threshold from each class's examples.
    present = np.unique(labels)
    if len(present) < 2:
        return np.empty(0, np.int64)
    of_present = probabilities[:, present].astype(np.float64)
    of_present /= np.maximum(of_present.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    with warnings.catch_warnings():
        # A class with one example cannot have doubtful ones; that is no news to a person.
        warnings.filterwarnings("ignore", message="May not flag all label issues", category=UserWarning)
        issues = find_label_issues(
            np.searchsorted(present, labels), of_present, return_indices_ranked_by="self_confidence", n_jobs=1
        )
    return np.asarray(issues, dtype=np.int64)
