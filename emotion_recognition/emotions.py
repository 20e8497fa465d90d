"""The emotions: every label set and its order, stated once.

Everything that turns an index into a name, or the other way round, asks this module. Comes before every stage:
data sets, models, reports and annotated pictures carry these names with them.
"""

from collections.abc import Sequence

import numpy as np

#: FER2013's own order; its CSV stores these indices (Goodfellow et al. 2013, arXiv:1307.0414).
FER2013_EMOTIONS = ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral")

#: Disgust (1.5 % of FER2013) merged into anger.
SIX_EMOTIONS = ("anger", "fear", "happy", "sad", "surprise", "neutral")

#: FER+'s eight: FER2013's seven and contempt, which FER2013's own labels do not have.
EIGHT_EMOTIONS = (*FER2013_EMOTIONS, "contempt")

_CLASS_NAMES = {6: SIX_EMOTIONS, 7: FER2013_EMOTIONS, 8: EIGHT_EMOTIONS}
_MERGED_INTO = {"disgust": "anger"}

#: The class counts that every script's ``-n`` accepts.
CLASS_COUNTS = tuple(_CLASS_NAMES)


def class_names(num_emotions: int) -> tuple[str, ...]:
    """Returns the emotions of a class count, in label order.

    Args:
        num_emotions: 6, 7 or 8.

    Raises:
        ValueError: If there is no label set of that size.

    Example:
        >>> class_names(6)[1]
        'fear'
    """
    if num_emotions not in _CLASS_NAMES:
        raise ValueError(f"num_emotions must be one of {list(CLASS_COUNTS)}. Received: {num_emotions!r}")
    return _CLASS_NAMES[num_emotions]


def labels_from_fer2013(num_emotions: int) -> np.ndarray:
    """Returns the table from FER2013's index to the label of a class count.

    Args:
        num_emotions: 6, 7 or 8.

    Returns:
        uint8 array (7,): entry i is the label, 0..num_emotions-1, of FER2013's emotion i.

    Example:
        >>> labels_from_fer2013(6).tolist()  # disgust, index 1, becomes anger, label 0
        [0, 0, 1, 2, 3, 4, 5]
    """
    names = class_names(num_emotions)
    merged = (name if name in names else _MERGED_INTO[name] for name in FER2013_EMOTIONS)
    return np.array([names.index(name) for name in merged], dtype=np.uint8)


def check_same_classes(expected: Sequence[str], expected_by: str, received: Sequence[str], received_by: str) -> None:
    """Refuses to go on when two parts that meet do not speak of the same classes in the same order.

    Args:
        expected: Class names in label order of the one side.
        expected_by: What that side is, for the message, as in ``"the data set val.hdf5"``.
        received: Class names in label order of the other side.
        received_by: What the other side is.

    Raises:
        ValueError: If names, their number or their order differ; the message has both sides.
    """
    if tuple(expected) != tuple(received):
        raise ValueError(
            f"{received_by} has {len(received)} classes ({', '.join(received)}), but {expected_by} has "
            f"{len(expected)} ({', '.join(expected)}); both must have the same classes in the same order."
        )
