import numpy as np
import pytest

from emotion_recognition.detection import picture_result
from emotion_recognition.detection.results.parquet_file import face_schema
from emotion_recognition.detection.results.result_files import CSV_COLUMNS
from emotion_recognition.emotions import (
    CLASS_COUNTS,
    EIGHT_EMOTIONS,
    NO_LABEL,
    SYNONYMS,
    TABLE_COLUMNS,
    check_same_classes,
    class_names,
    class_order,
    emotion_of_word,
    label_of_emotion,
    label_sets_help,
    labels_from_fer2013,
    own_class_names,
)


def test_seven_classes_are_fer2013s_own_in_its_order() -> None:
    assert class_names(7) == ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert labels_from_fer2013(7).tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_the_help_names_every_label_set() -> None:
    assert sorted(int(word) for word in label_sets_help().replace(",", "").split() if word.isdigit()) == sorted(
        CLASS_COUNTS
    )


def test_six_classes_count_disgust_as_anger_and_every_other_emotion_keeps_its_name() -> None:
    assert class_names(6) == ("anger", "fear", "happy", "sad", "surprise", "neutral")
    names = [class_names(6)[label] for label in labels_from_fer2013(6)]
    assert names == ["anger", "anger", "fear", "happy", "sad", "surprise", "neutral"]


def test_five_classes_keep_fer2013s_order_and_leave_fear_out() -> None:
    assert class_names(5) == ("anger", "happy", "sad", "surprise", "neutral")
    assert labels_from_fer2013(5).tolist() == [0, 0, NO_LABEL, 1, 2, 3, 4]


def test_eight_classes_are_fer2013s_and_contempt() -> None:
    assert class_names(8) == ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
    assert labels_from_fer2013(8).tolist() == list(range(7))
    assert [label_of_emotion("contempt", count) for count in (5, 6, 7, 8)] == [4, 5, 6, 7]  # neutral before


@pytest.mark.parametrize(
    ("word", "emotion"),
    [
        ("angry", "anger"),
        ("Anger", "anger"),
        (" HAPPINESS ", "happy"),
        ("smile", "happy"),
        ("sadness", "sad"),
        ("scared", "fear"),
        ("surprised", "surprise"),
        ("contempt", "contempt"),
        ("hungry", None),
        ("", None),
        ("3", None),
    ],
)
def test_words_for_emotions(word: str, emotion: str | None) -> None:
    assert emotion_of_word(word) == emotion


def test_every_emotion_is_a_word_for_itself() -> None:
    assert [emotion_of_word(name) for name in EIGHT_EMOTIONS] == list(EIGHT_EMOTIONS)


def test_own_classes_keep_their_order() -> None:
    assert own_class_names("b, a ,c d") == ("b", "a", "c d")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a", "2 to 255 classes"),
        ("", "2 to 255 classes"),
        (",".join(f"c{i}" for i in range(256)), "Received: 256"),
        ("a,,b", "Received: ''"),
        ("a,b/c", "Received: 'b/c'"),
        ("a,..", "Received: '..'"),
        ("a,b\tc", "must have a name"),
        ("a,b,A", "Received twice: a"),
        ("a,score", "as a column of tables is. Received: 'score'"),
    ],
)
def test_own_classes_that_cannot_be_are_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        own_class_names(text)


def test_no_class_is_called_as_a_column_of_any_table_is() -> None:
    embedding = set(face_schema((), embeddings=True).names)
    assert {*embedding, *CSV_COLUMNS, *picture_result.TABLE_COLUMNS, "model", "detector"} == TABLE_COLUMNS


def test_labels_are_bytes_as_the_data_sets_hold_them() -> None:
    assert [labels_from_fer2013(count).dtype for count in CLASS_COUNTS] == [np.uint8] * 4


@pytest.mark.parametrize("count", [0, 4, 9, -7])
def test_other_class_counts_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=rf"num_emotions must be one of \[5, 6, 7, 8\]. Received: {count}"):
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


def test_classes_are_found_in_another_order_and_in_other_words() -> None:
    assert class_order(("a", "b", "c"), "x", ("a", "b", "c"), "y") is None
    assert class_order(("a", "b", "c"), "x", ("c", "a", "b"), "y") == (1, 2, 0)
    assert class_order(("anger", "happy"), "x", ("Joy", "angry"), "y") == (1, 0)
    # Names that are the same count as they are, even where two mean one emotion.
    assert class_order(("joy", "smiling"), "x", ("smiling", "joy"), "y") == (1, 0)


@pytest.mark.parametrize(
    ("received", "count"), [(("happy",), 1), (("happy", "asleep"), 2), (("happy", "joy"), 2), (("happy", "happy"), 2)]
)
def test_other_classes_have_no_order(received: tuple[str, ...], count: int) -> None:
    with pytest.raises(ValueError, match=rf"the model has {count} classes \(happy.*the data has 2 \(happy, sad\)"):
        class_order(("happy", "sad"), "the data", received, "the model")


@pytest.mark.parametrize(
    ("words", "emotion"),
    [
        ("anger angry", "anger"),
        ("disgust disgusted", "disgust"),
        ("fear afraid fearful scared", "fear"),
        ("happy happiness joy smile smiling", "happy"),
        ("sad sadness", "sad"),
        ("surprise surprised", "surprise"),
        ("neutral", "neutral"),
        ("contempt contemptuous", "contempt"),
    ],
)
def test_every_word_means_its_emotion(words: str, emotion: str) -> None:
    assert {word: emotion_of_word(word) for word in words.split()} == dict.fromkeys(words.split(), emotion)
    assert {emotion, *SYNONYMS[emotion]} == set(words.split())  # and there is no other word for it
