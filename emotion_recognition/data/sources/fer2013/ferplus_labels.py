"""Makes labels of FER+'s votes: one class per image, and a distribution over the classes beside it.

Votes come in, the rows that can be labelled go out. Stage before:
:mod:`emotion_recognition.data.sources.fer2013.ferplus_votes`; next:
:mod:`emotion_recognition.data.sources.fer2013.whole_csv`.
"""

from dataclasses import dataclass

import numpy as np

from emotion_recognition.data.sources.fer2013.ferplus_votes import VOTE_NAMES
from emotion_recognition.emotions import class_names, label_of_emotion
from emotion_recognition.workspace import FERPLUS, FERPLUS_PROBABILITY

#: What FER+ calls the emotions, in the order of its columns; "unknown" and "NF" are no emotions.
EMOTION_OF_VOTE = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "contempt": "contempt",
}


@dataclass(frozen=True, eq=False)
class FerPlusLabels:
    """The labels of the K images of N that have one.

    Args:
        rows: int64 array (K,), ascending: which images they are.
        labels: uint8 array (K,), the class with the most votes; between equals, the first in label order.
        distributions: float32 array (K, classes), 0..1, every row adds up to 1: the shares of the emotions' votes.
    """

    rows: np.ndarray
    labels: np.ndarray
    distributions: np.ndarray


def votes_left(votes: np.ndarray) -> np.ndarray:
    """Drops the votes that an annotator cast alone: they are more often slips than views.

    Args:
        votes: uint8 array (N, 10), 0..10, columns as in
        :data:`~emotion_recognition.data.sources.fer2013.ferplus_votes.VOTE_NAMES`.

    Returns:
        uint8 array (N, 10): the same without ones.
    """
    left: np.ndarray = np.where(votes > 1, votes, 0).astype(np.uint8)
    return left


def label_votes(votes: np.ndarray, num_emotions: int, labels_from: str) -> FerPlusLabels:
    """Labels the images whose votes allow it.

    Votes cast alone are dropped first. Then, with 7 classes, contempt counts as neutral; with 6, disgust as anger
    too; with 5, fear as unknown. ``"ferplus"`` keeps an image when one class has more than half of the votes that are
    left, unknown and not-a-face among them; ``"ferplus_probability"`` when all classes together have.

    Args:
        votes: uint8 array (N, 10), 0..10, columns as in
        :data:`~emotion_recognition.data.sources.fer2013.ferplus_votes.VOTE_NAMES`.
        num_emotions: 5, 6, 7 or 8.
        labels_from: "ferplus" or "ferplus_probability".

    Raises:
        ValueError: If there is no such rule, or no label set for it.

    Example:
        >>> votes = np.array([[0, 0, 0, 1, 6, 3, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0, 2, 5, 0]], np.uint8)
        >>> majority = label_votes(votes, 7, "ferplus")  # of nine votes left, six for anger, three for disgust
        >>> majority.rows.tolist(), majority.labels.tolist(), majority.distributions.round(2)[0, :3].tolist()
        ([0], [0], [0.6700000166893005, 0.33000001311302185, 0.0])
    """
    if labels_from not in (FERPLUS, FERPLUS_PROBABILITY):
        raise ValueError(f"labels_from must be {FERPLUS!r} or {FERPLUS_PROBABILITY!r}. Received: {labels_from!r}")
    left = votes_left(votes)
    counts = np.zeros((len(votes), len(class_names(num_emotions))), np.int64)
    for column, vote_name in enumerate(VOTE_NAMES):
        emotion = EMOTION_OF_VOTE.get(vote_name)
        label = None if emotion is None else label_of_emotion(emotion, num_emotions)
        if label is not None:
            counts[:, label] += left[:, column]
    of_emotions = counts.sum(axis=1)
    deciding = counts.max(axis=1) if labels_from == FERPLUS else of_emotions
    rows = np.flatnonzero(2 * deciding > left.sum(axis=1, dtype=np.int64))
    return FerPlusLabels(
        rows=rows,
        labels=counts[rows].argmax(axis=1).astype(np.uint8),
        distributions=(counts[rows] / of_emotions[rows, None]).astype(np.float32),
    )
