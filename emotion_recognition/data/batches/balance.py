"""What is done for rare classes: a weight for each image, or how often each is drawn."""

import numpy as np


def class_balanced(labels: np.ndarray) -> np.ndarray:
    """Gives each image a number such that every class that occurs has the same sum.

    Args:
        labels: Integer array (N,), N at least 1.

    Returns:
        float32 array (N,) with a mean of 1: the weights of the images, or N times their probabilities.

    Example:
        >>> class_balanced(np.array([0, 0, 0, 1]))
        array([0.6666667, 0.6666667, 0.6666667, 2.       ], dtype=float32)
    """
    counts = np.bincount(labels)
    present = np.count_nonzero(counts)
    return (len(labels) / (present * counts[labels])).astype(np.float32)
