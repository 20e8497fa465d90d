from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.evaluation.face_detection.coco import evaluate_with_coco
from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture
from emotion_recognition.evaluation.face_detection.split_score import card_figures, score_split


@dataclass(frozen=True)
class Found:
    box: tuple[int, int, int, int]
    score: float


def split() -> FaceSplit:
    """Three pictures of other colours and shapes: with two faces, one of them ignored; without; with one."""
    images = [np.full(shape, colour, np.uint8) for shape, colour in (
        ((20, 30, 3), (10, 20, 30)), ((8, 8, 3), (40, 50, 60)), ((30, 20, 3), (70, 80, 90))
    )]  # fmt: skip
    return FaceSplit(
        pictures=[np.asarray(cv2.imencode(".png", image)[1]).ravel() for image in images],
        sizes=np.array([[30, 20], [8, 8], [20, 30]], np.int32),
        boxes=np.array([[1, 2, 3, 4], [5, 6, 7, 8], [2, 2, 10, 12]], np.float32),
        first=np.array([0, 2, 2, 3]),
        ignored=np.array([False, True, False]),
        names=("a", "b", "c"),
        sources=("",) * 3,
        masks=("",) * 3,
        split="val",
        source_name="val.csv",
        source_sha256="0" * 64,
    )


def test_what_is_found_lies_beside_what_is_true() -> None:
    def detect(image: np.ndarray) -> list[Found]:
        # As many faces as the picture is tall, in tens; the box and score say which picture it was.
        blue = int(image[0, 0, 0])
        return [Found((i, 0, blue, image.shape[1]), blue / 100) for i in range(image.shape[0] // 10)]

    first, second, third = score_split(split(), detect)
    assert first.true_boxes.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert first.ignored.tolist() == [False, True]
    assert first.found_boxes.tolist() == [[0, 0, 10, 30], [1, 0, 10, 30]]
    assert first.scores.tolist() == [0.1, 0.1]
    assert (second.true_boxes.shape, second.found_boxes.shape) == ((0, 4), (0, 4))
    assert third.true_boxes.tolist() == [[2, 2, 10, 12]]
    assert third.found_boxes.tolist() == [[0, 0, 70, 20], [1, 0, 70, 20], [2, 0, 70, 20]]
    assert third.scores.tolist() == [0.7] * 3


def test_the_detector_sees_upright_bgr_pictures() -> None:
    seen: list[np.ndarray] = []

    def detect(image: np.ndarray) -> list[Found]:
        seen.append(image)
        return []

    score_split(split(), detect)
    assert [(image.shape, image.dtype, image[0, 0].tolist()) for image in seen] == [
        ((20, 30, 3), np.uint8, [10, 20, 30]),
        ((8, 8, 3), np.uint8, [40, 50, 60]),
        ((30, 20, 3), np.uint8, [70, 80, 90]),
    ]


def test_a_broken_picture_is_an_error() -> None:
    broken = split()
    broken.pictures[1] = broken.pictures[1][:20]
    with pytest.raises(ValueError, match=r"picture 1 \(b\) of the val split cannot be decoded"):
        score_split(broken, lambda image: [])


def test_a_card_says_both_average_precisions_and_one_working_point() -> None:
    a, b, elsewhere = (10, 10, 100, 100), (200, 10, 100, 100), (10, 300, 50, 50)
    # In the order of scores a hit, a false alarm, a hit: precisions 1 to a recall of 1/2, then 2/3. The second hit's
    # overlap is 0.625, enough at three of the ten overlaps.
    pictures = [ScoredPicture.of([a, b], [a, elsewhere, (200, 10, 100, 62.5)], [0.9, 0.6, 0.4])]
    figures = evaluate_with_coco(pictures)
    assert card_figures(figures, 0.5) == {
        "average_precision_50": round((51 + 50 * 2 / 3) / 101, 4),
        "average_precision_50_95": round((3 * (51 + 50 * 2 / 3) + 7 * 51) / 1010, 4),
        "confidence": 0.5,
        "precision": 0.5,
        "recall": 0.5,
    }
    assert card_figures(figures, 0.3)["precision"] == 0.6667
    assert card_figures(figures, 0.3)["recall"] == 1
