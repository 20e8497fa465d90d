import pytest

from emotion_recognition.data.sources.class_labels import ClassLabels, describe_absent
from emotion_recognition.emotions import class_names


@pytest.mark.parametrize(
    ("count", "labels"),
    [
        (5, [0, 0, None, 1, 2, 3, 4, 4]),
        (6, [0, 0, 1, 2, 3, 4, 5, 5]),
        (7, [0, 1, 2, 3, 4, 5, 6, 6]),
        (8, [0, 1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_every_set_of_emotions(count: int, labels: list[int | None]) -> None:
    classes = ClassLabels(class_names(count))
    words = ["angry", "disgust", "fear", "Smile", "SAD", "surprised", "neutral", "contempt"]
    assert [classes.label_of(word) for word in words] == labels


def test_what_becomes_of_emotions_without_a_class_of_their_own() -> None:
    five = ClassLabels(class_names(5))
    assert five.place_of("scared") == "fear is left out"
    assert five.place_of("disgust") == "disgust counts as anger"
    assert five.place_of("happiness") is None
    assert ClassLabels(("a", "b"), own=True).place_of("a") is None


def test_unknown_names_are_errors_that_list_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match=r"'hungry' is no known emotion; known are anger/angry, disgust.*happy/happiness"
    ):
        ClassLabels(class_names(7)).label_of("hungry")
    with pytest.raises(ValueError, match="'happy' is not one of your own, awake, asleep"):
        ClassLabels(("awake", "asleep"), own=True).label_of("happy")


def test_emotions_in_another_order_are_refused() -> None:
    with pytest.raises(ValueError, match="set of emotions"):
        ClassLabels(tuple(sorted(class_names(7))))


def test_absent_classes_are_named() -> None:
    assert describe_absent(ClassLabels(("a", "b", "c"), own=True), "val", [0, 3, 0]) == ["no image of a, c in val"]
    assert describe_absent(ClassLabels(("a", "b"), own=True), "train", [1, 3]) == []
