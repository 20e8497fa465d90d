"""What a network learns to say about each training image.

A split's labels, and its votes where it has them, come in; float32 targets go to
:mod:`emotion_recognition.data.batches.batches`.
"""

import numpy as np

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.data.sources.fer2013.ferplus_labels import label_votes
from emotion_recognition.error_about import about
from emotion_recognition.workspace import FERPLUS_PROBABILITY


def training_targets(
    split: Split, *, label_smoothing: float = 0.0, votes: bool = False, ferplus: bool = False
) -> np.ndarray:
    """Makes the targets of a split.

    Args:
        split: The split. Its distributions are the targets where it has them, else its labels.
        label_smoothing: Share of each target that is spread evenly over all classes, 0..1 (Szegedy et al. 2016,
            arXiv:1512.00567).
        votes: Whether the shares of the image's votes follow behind the classes, as
            :mod:`emotion_recognition.training.extra_heads` learns them.
        ferplus: Whether the distribution over the classes that the votes make follows behind those.

    Returns:
        float32 array (N, classes) whose rows add up to 1, or more with the shares of FER+'s ten kinds of votes (10)
        and the distribution over the classes (classes); these add up to 1 too, or are zero for an image without one.

    Raises:
        ValueError: If votes are asked for and the split has none.
    """
    classes = len(split.class_names)
    sure = one_hot(split.labels, classes) if split.distributions is None else split.distributions
    targets = (1 - label_smoothing) * sure + np.float32(label_smoothing / classes)
    if not (votes or ferplus):
        return targets
    if split.votes is None:
        raise about(
            ValueError(f"The {split.split} split has no votes, so they cannot be learned."),
            "build_with_votes",
            "votes_weight",
        )
    columns: list[np.ndarray] = [targets]
    if votes:
        counts = split.votes.astype(np.float32)
        columns.append(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    if ferplus:
        labelled = label_votes(split.votes, classes, FERPLUS_PROBABILITY)
        distributions = np.zeros((len(split), classes), np.float32)
        distributions[labelled.rows] = labelled.distributions
        columns.append(distributions)
    return np.concatenate(columns, axis=1)


def one_hot(labels: np.ndarray, classes: int, width: int | None = None) -> np.ndarray:
    """Labels (N,) -> float32 array (N, width) with a 1 for each label and zeros behind the classes.

    Args:
        labels: Integer array (N,), each below ``classes``.
        classes: Number of classes.
        width: Columns of the result; the number of classes unless given.
    """
    return np.eye(classes, width, dtype=np.float32)[labels]
