"""FER2013's own labels in a set of emotions: which it can make, and which rows have one."""

import numpy as np

from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.emotions import NO_LABEL, labels_from_fer2013
from emotion_recognition.error_about import about


def check_has_all(classes: ClassLabels) -> None:
    """Refuses a set of emotions with one that FER2013's own labels do not have.

    Raises:
        ValueError: If there is one.
    """
    count = len(classes.names)
    missing = sorted(set(range(count)) - set(labels_from_fer2013(count).tolist()))
    if missing:
        raise about(
            ValueError(
                f"FER2013's own labels have no {classes.names[missing[0]]}, so they make no {count} classes; "
                "take 7, or FER+'s labels with its votes, fer2013new.csv."
            ),
            "num_emotions",
            "labels",
            "votes",
        )


def kept_rows(emotions: np.ndarray, classes: ClassLabels) -> tuple[np.ndarray, np.ndarray]:
    """The rows that have a label, and their labels.

    Args:
        emotions: uint8 array (N,), FER2013's own indices 0..6.
        classes: A set of emotions; five leave fear out.

    Returns:
        int64 array (K,), ascending, and uint8 array (K,).

    Example:
        >>> from emotion_recognition.emotions import class_names
        >>> rows, labels = kept_rows(np.array([1, 2, 6], np.uint8), ClassLabels(class_names(5)))
        >>> rows.tolist(), labels.tolist()
        ([0, 2], [0, 4])
    """
    labels = labels_from_fer2013(len(classes.names))[emotions]
    rows = np.flatnonzero(labels != NO_LABEL)
    return rows, labels[rows]
