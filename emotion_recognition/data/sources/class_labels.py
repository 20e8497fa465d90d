"""From the names that a source uses for its classes to labels: of the project's emotions, or of a user's own classes.

Readers of folders and of annotations ask this module; a name that is not known is an error, never a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from emotion_recognition.emotions import EIGHT_EMOTIONS, SYNONYMS, class_names, emotion_of_word, label_of_emotion
from emotion_recognition.error_about import about


@dataclass(frozen=True)
class ClassLabels:
    """The classes of a data set that is being built.

    Args:
        names: The classes in label order.
        own: Whether they are a user's own; otherwise they are one of the sets of emotions.

    Raises:
        ValueError: If they should be emotions and are no set of them.

    Example:
        >>> emotions = ClassLabels(class_names(6))
        >>> emotions.label_of("Disgusted"), emotions.label_of("smile")
        (0, 2)
        >>> ClassLabels(("awake", "asleep"), own=True).label_of("Asleep")
        1
    """

    names: tuple[str, ...]
    own: bool = False

    def __post_init__(self) -> None:
        if not self.own and self.names != class_names(len(self.names)):
            raise ValueError(f"names must be a set of emotions in its order. Received: {', '.join(self.names)}")

    def label_of(self, name: str) -> int | None:
        """The label of a class, by any of its names, upper or lower case.

        Returns:
            The label, or None for an emotion that these classes leave out.

        Raises:
            ValueError: If the name is not known; the message lists those that are.
        """
        if self.own:
            folded = [known.casefold() for known in self.names]
            word = name.strip().casefold()
            if word in folded:
                return folded.index(word)
            raise about(ValueError(f"the class {name!r} is not one of your own, {', '.join(self.names)}."), "classes")
        emotion = emotion_of_word(name)
        if emotion is None:
            raise about(
                ValueError(
                    f"the class {name!r} is no known emotion; known are {_known_words()}. Classes may also be your own."
                ),
                "classes",
            )
        return label_of_emotion(emotion, len(self.names))

    def stratum_of(self, name: str) -> int:
        """The number of a known class before any are merged or left out, the same whatever the set of emotions."""
        label = self.label_of(name)
        emotion = None if self.own else emotion_of_word(name)
        if emotion is not None:
            return EIGHT_EMOTIONS.index(emotion)
        assert label is not None, "own classes are never left out"
        return label

    def place_of(self, name: str) -> str | None:
        """What becomes of a known name that is not itself among the classes, for a note; None for the others."""
        label = self.label_of(name)
        emotion = None if self.own else emotion_of_word(name)
        if emotion is None or emotion in self.names:
            return None
        return f"{emotion} is left out" if label is None else f"{emotion} counts as {self.names[label]}"


def describe_absent(labels: ClassLabels, split: str, counts: Sequence[int]) -> list[str]:
    """A note on the classes that no image of a split has; none when every class has some."""
    absent = [name for name, count in zip(labels.names, counts, strict=True) if count == 0]
    return [f"no image of {', '.join(absent)} in {split}"] if absent else []


def _known_words() -> str:
    return ", ".join("/".join((emotion, *SYNONYMS[emotion])) for emotion in EIGHT_EMOTIONS)
