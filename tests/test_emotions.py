import numpy as np
import pytest

from emotion_recognition.emotions import CLASS_COUNTS, check_same_classes, class_names, labels_from_fer2013


def test_seven_classes_are_fer2013s_own_in_its_order() -> None:
    assert class_names(7) == ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert labels_from_fer2013(7).tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_six_classes_count_disgust_as_anger_and_every_other_emotion_keeps_its_name() -> None:
    assert class_names(6) == ("anger", "fear", "happy", "sad", "surprise", "neutral")
    names = [class_names(6)[label] for label in labels_from_fer2013(6)]
    assert names == ["anger", "anger", "fear", "happy", "sad", "surprise", "neutral"]


def test_eight_classes_are_the_seven_and_contempt_which_fer2013_never_has() -> None:
    assert class_names(8) == (*class_names(7), "contempt")
    assert labels_from_fer2013(8).tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_labels_are_bytes_as_the_data_sets_hold_them() -> None:
    assert [labels_from_fer2013(count).dtype for count in CLASS_COUNTS] == [np.uint8] * 3


@pytest.mark.parametrize("count", [0, 5, 9, -7])
def test_other_class_counts_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=rf"num_emotions must be one of \[6, 7, 8\]. Received: {count}"):
        class_names(count)
    with pytest.raises(ValueError, match="num_emotions"):
        labels_from_fer2013(count)


def test_the_same_classes_meet_without_an_error() -> None:
    check_same_classes(("happy", "sad"), "the data", ["happy", "sad"], "the model")


@pytest.mark.parametrize("received", [("sad", "happy"), ("happy",), ("happy", "sad", "fear"), ("Happy", "sad"), ()])
def test_classes_that_differ_in_name_number_or_order_are_an_error_that_names_both_sides(
    received: tuple[str, ...],
) -> None:
    with pytest.raises(ValueError, match="the model has") as caught:
        check_same_classes(("happy", "sad"), "the data", received, "the model")
    message = str(caught.value)
    assert f"the model has {len(received)} classes ({', '.join(received)})" in message
    assert "the data has 2 (happy, sad)" in message
