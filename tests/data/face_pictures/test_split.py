from dataclasses import replace

import cv2
import numpy as np
import pytest

from emotion_recognition.data.face_pictures.split import FaceSplit

RED = np.full((20, 30, 3), (0, 0, 255), np.uint8)


def encoded(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.imencode(".png", image)[1]).ravel()


def split(**changes: object) -> FaceSplit:
    """Three pictures: a red one with two faces, one without, a grey one with one."""
    made = FaceSplit(
        pictures=[encoded(RED), encoded(RED // 2), encoded(np.full((8, 6, 3), 90, np.uint8))],
        sizes=np.array([[30, 20], [30, 20], [6, 8]], np.int32),
        boxes=np.array([[1, 2, 3, 4], [5, 6, 7, 8], [0.5, 0, 5.5, 8]], np.float32),
        first=np.array([0, 2, 2, 3]),
        ignored=np.array([False, True, False]),
        names=("a.png", "b.png", "c/ü.png"),
        sources=("human:x", "", "wider"),
        masks=("mask", "", "nomask"),
        split="val",
        source_name="val.csv",
        source_sha256="ab" * 32,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_every_picture_has_its_own_boxes_and_marks() -> None:
    made = split()
    assert len(made) == 3
    assert [made.boxes_of(i).tolist() for i in range(3)] == [
        [[1, 2, 3, 4], [5, 6, 7, 8]],
        [],
        [[0.5, 0, 5.5, 8]],
    ]
    assert made.boxes_of(1).shape == (0, 4)
    assert [made.ignored_of(i).tolist() for i in range(3)] == [[False, True], [], [False]]


def test_a_picture_is_decoded_as_bgr() -> None:
    image = split().image(0)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, RED)


def test_a_split_may_be_empty() -> None:
    none = np.empty
    made = split(
        pictures=[], sizes=none((0, 2), np.int32), boxes=none((0, 4), np.float32), first=np.zeros(1, np.int64),
        ignored=none(0, bool), names=(), sources=(), masks=(),
    )  # fmt: skip
    assert len(made) == 0


@pytest.mark.parametrize("i", [-1, 3])
def test_a_picture_that_is_not_there_is_an_index_error(i: int) -> None:
    for read in (split().image, split().boxes_of, split().ignored_of):
        with pytest.raises(IndexError, match=f"3 pictures, from 0. Received: {i}"):
            read(i)


def test_a_broken_picture_is_named() -> None:
    whole = encoded(RED)
    for broken in (np.frombuffer(b"no picture", np.uint8), whole[:20]):
        with pytest.raises(ValueError, match=r"picture 2 \(c/ü\.png\) of the val split cannot be decoded"):
            split(pictures=[whole, whole, broken]).image(2)
    with pytest.raises(ValueError, match=r"picture 2 .* must have 6×8 pixels. Received: 30×20"):
        split(pictures=[whole, whole, whole]).image(2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pictures": [RED, RED[0, 0], RED[0, 0]]}, r"must be uint8 .* Received: uint8 \(20, 30, 3\) as picture 0"),
        ({"pictures": [RED[0, 0], RED[0, 0], RED[0, 0, :0]]}, r"one byte. Received: uint8 \(0,\) as picture 2"),
        ({"pictures": [RED[0, 0]] * 2}, r"sizes must be an array of int32 \(2, 2\)"),
        ({"sizes": np.ones((3, 2))}, r"sizes must be an array of int32 \(3, 2\). Received: float64"),
        ({"sizes": np.zeros((3, 2), np.int32)}, "sizes must be at least 1. Received: 0"),
        ({"boxes": np.ones((3, 4))}, r"boxes must be an array of float32 \(3, 4\). Received: float64"),
        ({"boxes": np.ones((3, 5), np.float32)}, r"boxes must be an array of float32 \(3, 4\)"),
        ({"boxes": np.array([[1, 1, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1]], np.float32)}, "Received: .* as box 1"),
        ({"boxes": np.array([[1, 1, 1, 1], [1, 1, 1, 1], [np.nan, 1, 1, 1]], np.float32)}, "Received: .* as box 2"),
        ({"first": np.array([0, 2, 3])}, r"first must be an array of int64 \(4,\)"),
        ({"first": np.array([0, 2, 2, 3], np.int32)}, r"first must be an array of int64 .* Received: int32"),
        ({"first": np.array([0, 2, 1, 3])}, r"first must rise from 0 to the number of boxes, 3. Received: \[0 2 1 3\]"),
        ({"first": np.array([1, 2, 2, 3])}, "first must rise from 0"),
        ({"first": np.array([0, 2, 2, 2])}, "first must rise from 0"),
        ({"ignored": np.zeros(3, np.uint8)}, r"ignored must be an array of bool \(3,\)"),
        ({"names": ("a", "b")}, "names must have 3 texts. Received: 2"),
        ({"sources": ()}, "sources must have 3 texts. Received: 0"),
        ({"masks": ("",) * 4}, "masks must have 3 texts. Received: 4"),
    ],
)  # fmt: skip
def test_fields_that_break_the_contract_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        split(**changes)
