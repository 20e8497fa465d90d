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

#: What photographs with a box and an emotion per face are often labelled with; without disgust and fear.
FIVE_EMOTIONS = ("anger", "happy", "sad", "surprise", "neutral")

_CLASS_NAMES = {5: FIVE_EMOTIONS, 6: SIX_EMOTIONS, 7: FER2013_EMOTIONS, 8: EIGHT_EMOTIONS}
#: What sets a label set apart from FER2013's own, for help texts, in the order in which these name the sets.
_REMARKS = {7: "", 6: "disgust merged into anger", 5: "also without fear", 8: "with contempt"}
#: Where an emotion goes in a label set that does not have it; fear goes nowhere.
_MERGED_INTO = {"disgust": "anger", "contempt": "neutral"}

#: The numbers of classes that there are label sets for.
CLASS_COUNTS = tuple(_CLASS_NAMES)

#: The emotions that are meant where nobody says how many: FER2013's own.
DEFAULT_CLASS_COUNT = len(FER2013_EMOTIONS)

#: Those that cover FER2013's own labels: of models that say nothing, and of the released ones.
FER2013_CLASS_COUNTS = (6, 7)

#: In place of a label, for an image of an emotion that the label set has no place for.
NO_LABEL = 255

#: Other words for the emotions, as folders and annotations have them.
SYNONYMS = {
    "anger": ("angry",),
    "disgust": ("disgusted",),
    "fear": ("afraid", "fearful", "scared"),
    "happy": ("happiness", "joy", "smile", "smiling"),
    "sad": ("sadness",),
    "surprise": ("surprised",),
    "neutral": (),
    "contempt": ("contemptuous",),
}
_EMOTION_OF_WORD = {word: emotion for emotion, words in SYNONYMS.items() for word in (emotion, *words)}


def label_sets_help() -> str:
    """The label sets by their number of classes, for a help text.

    Example:
        >>> label_sets_help()
        '7, 6 (disgust merged into anger), 5 (also without fear) or 8 (with contempt)'
    """
    sets = [f"{count} ({remark})" if remark else str(count) for count, remark in _REMARKS.items()]
    return f"{', '.join(sets[:-1])} or {sets[-1]}"


def class_names(num_emotions: int) -> tuple[str, ...]:
    """Returns the emotions of a class count, in label order.

    Args:
        num_emotions: 5, 6, 7 or 8.

    Raises:
        ValueError: If there is no label set of that size.

    Example:
        >>> class_names(6)[1]
        'fear'
    """
    if isinstance(num_emotions, float) or num_emotions not in _CLASS_NAMES:
        raise ValueError(f"num_emotions must be one of {list(CLASS_COUNTS)}. Received: {num_emotions!r}")
    return _CLASS_NAMES[num_emotions]


def are_emotions(names: Sequence[str]) -> bool:
    """Whether names are the emotions of a class count, in any order and in whatever words for them.

    Example:
        >>> are_emotions(("sad", "happy", "surprised", "angry", "neutral")), are_emotions(("sad", "happy"))
        (True, False)
    """
    words = sorted(emotion_of_word(name) or name for name in names)
    return len(names) in CLASS_COUNTS and words == sorted(class_names(len(names)))


def emotion_of_word(word: str) -> str | None:
    """Returns the project's name of an emotion in whatever word for it; None for a word that is none.

    Example:
        >>> emotion_of_word("Scared"), emotion_of_word("hungry")
        ('fear', None)
    """
    return _EMOTION_OF_WORD.get(word.strip().casefold())


def label_of_emotion(emotion: str, num_emotions: int) -> int | None:
    """Returns the label of an emotion in a label set that may have merged it with another.

    Args:
        emotion: One of :data:`EIGHT_EMOTIONS`.
        num_emotions: 5, 6, 7 or 8.

    Returns:
        0..num_emotions-1, or None if the set has no place for it: fear, in the five.

    Example:
        >>> label_of_emotion("disgust", 6), label_of_emotion("contempt", 7), label_of_emotion("fear", 5)
        (0, 6, None)
    """
    names = class_names(num_emotions)
    name = emotion if emotion in names else _MERGED_INTO.get(emotion)
    return None if name is None else names.index(name)


def labels_from_fer2013(num_emotions: int) -> np.ndarray:
    """Returns the table from FER2013's index to the label of a class count.

    Args:
        num_emotions: 5, 6, 7 or 8.

    Returns:
        uint8 array (7,): entry i is the label, 0..num_emotions-1, of FER2013's emotion i, or :data:`NO_LABEL`.

    Example:
        >>> labels_from_fer2013(6).tolist()  # disgust, index 1, becomes anger, label 0
        [0, 0, 1, 2, 3, 4, 5]
    """
    labels = (label_of_emotion(emotion, num_emotions) for emotion in FER2013_EMOTIONS)
    return np.array([NO_LABEL if label is None else label for label in labels], dtype=np.uint8)


#: Columns that tables of faces have beside those of the classes.
TABLE_COLUMNS = frozenset(
    (
        *("file", "frame", "time", "identity", "carried", "picture_width", "picture_height", "face"),
        *("x", "y", "width", "height", "score", "emotion", "embedding", "model", "detector"),
    )
)


def own_class_names(text: str) -> tuple[str, ...]:
    """Reads the names of a user's own classes; their order becomes the label order.

    Args:
        text: At least two names, separated by commas; spaces around them do not count.

    Raises:
        ValueError: If there are fewer, more than 255, or a name is empty, there twice, cannot be a folder's or is that
            of a column beside the classes' in tables.

    Example:
        >>> own_class_names("awake, asleep")
        ('awake', 'asleep')
    """
    names = tuple(name.strip() for name in text.split(","))
    if not 2 <= len(names) <= NO_LABEL:
        raise ValueError(f"there must be 2 to {NO_LABEL} classes, separated by commas. Received: {len(names)}")
    for name in names:
        if not name or not name.isprintable() or "/" in name or "\\" in name or name.startswith("."):
            raise ValueError(f"a class must have a name that a folder can have. Received: {name!r}")
        if name in TABLE_COLUMNS:
            raise ValueError(f"a class cannot be called as a column of tables is. Received: {name!r}")
    folded = [name.casefold() for name in names]
    if len(set(folded)) < len(names):
        twice = next(name for name in names if folded.count(name.casefold()) > 1)
        raise ValueError(f"every class must be there once; upper and lower case are the same. Received twice: {twice}")
    return names


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


def class_order(
    wanted: Sequence[str], wanted_by: str, received: Sequence[str], received_by: str
) -> tuple[int, ...] | None:
    """Finds where each class of the one side stands on the other, whose classes may be in another order.

    Other words for the emotions, as in :data:`SYNONYMS`, count as the same where the names themselves differ.

    Args:
        wanted: Class names in label order of the one side.
        wanted_by: What that side is, for the message.
        received: Class names of the other side.
        received_by: What the other side is.

    Returns:
        For each wanted class its index in ``received``; None if the order is the same.

    Raises:
        ValueError: If they are not the same classes; the message has both sides.

    Example:
        >>> class_order(("anger", "happy", "sad"), "the data", ("happiness", "sad", "angry"), "the model")
        (2, 0, 1)
    """
    one, other = list(wanted), list(received)
    if sorted(one) != sorted(other):
        one, other = ([emotion_of_word(name) or name for name in names] for names in (one, other))
    if sorted(one) != sorted(other) or len(set(one)) < len(one):
        raise ValueError(
            f"{received_by} has {len(received)} classes ({', '.join(received)}), but {wanted_by} has "
            f"{len(wanted)} ({', '.join(wanted)}); both must have the same classes."
        )
    return None if one == other else tuple(other.index(name) for name in one)
