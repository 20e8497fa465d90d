"""The rules that make labels of FER+'s votes, on rows counted by hand and on the real votes."""

from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.data.sources.fer2013.ferplus_labels import label_votes, votes_left
from emotion_recognition.data.sources.fer2013.ferplus_votes import read_votes
from emotion_recognition.emotions import class_names

# neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, NF
CLEAR = [0, 8, 0, 1, 0, 0, 0, 0, 1, 0]  # eight left, all for happiness
HALF = [0, 0, 5, 0, 0, 0, 5, 0, 0, 0]  # exactly half is no majority
LONE_DROPPED = [1, 1, 1, 1, 1, 0, 3, 0, 2, 0]  # five left, three for fear
UNKNOWN = [4, 0, 0, 0, 0, 0, 0, 0, 6, 0]
NO_FACE = [0] * 9 + [10]
CONTEMPT = [3, 0, 0, 3, 0, 0, 0, 4, 0, 0]  # neutral has seven with contempt, three without
DISGUST = [0, 0, 0, 3, 3, 4, 0, 0, 0, 0]  # anger has seven with disgust
ALL_ALONE = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]


def labelled(rows: list[list[int]], num_emotions: int, rule: str) -> dict[int, str]:
    result = label_votes(np.array(rows, np.uint8), num_emotions, rule)
    assert result.labels.dtype == np.uint8
    names = class_names(num_emotions)
    return {int(row): names[label] for row, label in zip(result.rows, result.labels, strict=True)}


ROWS = [CLEAR, HALF, LONE_DROPPED, UNKNOWN, NO_FACE, CONTEMPT, DISGUST, ALL_ALONE]


@pytest.mark.parametrize(
    ("num_emotions", "expected"),
    [
        (8, {0: "happy", 2: "fear"}),
        (7, {0: "happy", 2: "fear", 5: "neutral"}),
        (6, {0: "happy", 2: "fear", 5: "neutral", 6: "anger"}),
        (5, {0: "happy", 5: "neutral", 6: "anger"}),
    ],
)
def test_a_majority_is_more_than_half_of_the_votes_left(num_emotions: int, expected: dict[int, str]) -> None:
    assert labelled(ROWS, num_emotions, "ferplus") == expected


def test_by_probability_only_images_without_a_face_or_an_emotion_are_left_out() -> None:
    assert labelled(ROWS, 8, "ferplus_probability") == {
        0: "happy",
        1: "fear",  # as many as surprise, and before it in label order
        2: "fear",
        5: "contempt",
        6: "disgust",
    }
    # Contempt's votes turn 4 + 6 into a tie of emotions and unknown: half is not more than half.
    assert labelled([[3, 0, 0, 0, 0, 0, 0, 2, 5, 0]], 7, "ferplus_probability") == {}
    assert labelled([[3, 0, 0, 0, 0, 0, 0, 3, 4, 0]], 7, "ferplus_probability") == {0: "neutral"}


def test_distributions_are_shares_of_the_emotions_votes() -> None:
    result = label_votes(np.array([[2, 0, 0, 0, 4, 0, 0, 2, 2, 0]], np.uint8), 8, "ferplus_probability")
    assert result.distributions.dtype == np.float32
    # Of eight votes for emotions four are for anger (0), two for neutral (6), two for contempt (7).
    assert result.distributions.tolist() == [[0.5, 0, 0, 0, 0, 0, 0.25, 0.25]]
    merged = label_votes(np.array([[2, 0, 0, 0, 4, 0, 0, 2, 2, 0]], np.uint8), 7, "ferplus_probability")
    assert merged.distributions.tolist() == [[0.5, 0, 0, 0, 0, 0, 0.5]]
    assert merged.labels.tolist() == [0]


def test_votes_cast_alone_are_dropped_and_the_others_stay() -> None:
    votes = np.array([CLEAR, ALL_ALONE], np.uint8)
    assert votes_left(votes).tolist() == [[0, 8, 0, 0, 0, 0, 0, 0, 0, 0], [0] * 10]
    assert votes.tolist() == [CLEAR, ALL_ALONE]


def test_another_rule_or_label_set_is_refused() -> None:
    votes = np.array([CLEAR], np.uint8)
    with pytest.raises(ValueError, match="labels_from must be 'ferplus' or 'ferplus_probability'"):
        label_votes(votes, 7, "fer2013")
    with pytest.raises(ValueError, match="num_emotions must be one of"):
        label_votes(votes, 4, "ferplus")


@pytest.mark.real_data
def test_the_real_votes_give_the_published_counts(real_data: Path) -> None:
    votes = read_votes(real_data / "ferplus" / "fer2013new.csv")

    def counts(num_emotions: int, rule: str) -> list[int]:
        rows = label_votes(votes.counts, num_emotions, rule).rows
        return np.bincount(votes.usages[rows]).tolist()

    assert counts(8, "ferplus") == [25_060, 3_199, 3_153]
    # Contempt's votes give neutral the majority in 31 more test images.
    assert counts(7, "ferplus") == [25_293, 3_233, 3_184]
    assert counts(7, "ferplus_probability") == counts(8, "ferplus_probability") == [28_416, 3_555, 3_552]
    test = votes.counts[votes.usages == 2]
    seven = label_votes(test, 7, "ferplus")
    assert np.bincount(seven.labels).tolist() == [273, 18, 83, 893, 384, 396, 1137]
    # Wherever contempt or neutral leads neither way, seven and eight classes say the same.
    eight = label_votes(test, 8, "ferplus")
    assert set(eight.rows) <= set(seven.rows)
    same = np.isin(seven.rows, eight.rows)
    assert np.array_equal(np.where(eight.labels == 7, 6, eight.labels), seven.labels[same])
    assert np.allclose(seven.distributions.sum(axis=1), 1)
