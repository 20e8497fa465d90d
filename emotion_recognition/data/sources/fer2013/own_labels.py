"""FER2013's own labels in a set of emotions: which it can make, and which rows have one."""

import numpy as np

from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.emotions import NO_LABEL, label_of_emotion, labels_from_fer2013
from emotion_recognition.error_about import about


def check_has_all(classes: ClassLabels, *, has_contempt: bool) -> None:
    """Refuses a set of emotions with contempt where no label says it: FER2013's own do not, CK+'s in its form do.

    Raises:
        ValueError: If so.
    """
    count = len(classes.names)
    if "contempt" in classes.names and not has_contempt:
        raise about(
            ValueError(
                f"FER2013's own labels have no contempt, so they make no {count} classes; "
                "take 7, or FER+'s labels with its votes, fer2013new.csv."
            ),
            "num_emotions",
            "labels",
            "votes",
        )


def note_on_contempt(classes: ClassLabels) -> str | None:
    """What becomes of contempt in a set of emotions that does not have it, for a note."""
    return classes.place_of("contempt")


def kept_rows(emotions: np.ndarray, classes: ClassLabels) -> tuple[np.ndarray, np.ndarray]:
    """The rows that have a label, and their labels.

    Args:
        emotions: uint8 array (N,), FER2013's own indices 0..6, or 7 for contempt.
        classes: A set of emotions; five leave fear out, fewer than eight count contempt as FER+'s is counted.

    Returns:
        int64 array (K,), ascending, and uint8 array (K,).

    Example:
        >>> from emotion_recognition.emotions import class_names
        >>> rows, labels = kept_rows(np.array([1, 2, 6, 7], np.uint8), ClassLabels(class_names(5)))
        >>> rows.tolist(), labels.tolist()
        ([0, 2, 3], [0, 4, 4])
    """
    count = len(classes.names)
    of_contempt = label_of_emotion("contempt", count)
    table = np.append(labels_from_fer2013(count), NO_LABEL if of_contempt is None else of_contempt)
    labels = table.astype(np.uint8)[emotions]
    rows = np.flatnonzero(labels != NO_LABEL)
    return rows, labels[rows]
