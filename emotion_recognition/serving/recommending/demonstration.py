"""A small catalogue to try recommendations with, where nobody has brought one."""

from collections.abc import Sequence

from emotion_recognition.serving.recommending.catalogue import Item

_ITEMS = (
    ("breath", "Four slow breaths, by the clock", ("anger", "fear")),
    ("run", "A run round the block", ("anger", "disgust")),
    ("call", "A call to an old friend", ("sad", "neutral")),
    ("tea", "A cup of tea by the window", ("sad", "fear")),
    ("dance", "Three songs to dance to", ("happy", "surprise")),
    ("postcard", "A postcard to somebody far away", ("happy", "sad")),
    ("puzzle", "A crossword puzzle", ("neutral", "fear")),
    ("walk", "A walk without a destination", ("neutral", "sad")),
    ("tidy", "One drawer, put in order", ("disgust", "anger")),
    ("atlas", "An atlas, opened anywhere", ("surprise", "neutral")),
    ("cook", "A dish you have never cooked", ("happy", "neutral")),
    ("stars", "Ten minutes under the sky", ("surprise", "sad")),
)


def demonstration_items(class_names: Sequence[str]) -> list[Item]:
    """The catalogue; moods that are none of the classes are left out.

    Example:
        >>> demonstration_items(("happy", "sad"))[4]
        Item(id='dance', title='Three songs to dance to', moods=('happy',), url=None)
    """
    return [Item(name, title, tuple(mood for mood in moods if mood in class_names)) for name, title, moods in _ITEMS]
