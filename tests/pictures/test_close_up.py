"""Which face fills its picture, and what is shown of it beside the detector's square."""

import numpy as np
import pytest

from emotion_recognition.pictures.close_up import face_that_fills, whole_mirrored
from emotion_recognition.pictures.crop import WHOLE, Framing
from emotion_recognition.pictures.faces import Box

LARGER = Framing(scale=1.25, offset_x=0.0, offset_y=0.0)


@pytest.mark.parametrize(
    ("boxes", "rolls", "framing", "index"),
    [
        ([(10, 10, 75, 75)], [0.0], WHOLE, 0),
        ([(10, 10, 74, 74)], [0.0], WHOLE, None),
        ([(20, 5, 60, 60)], [0.0], LARGER, 0),  # its square has sides of 75 pixels
        ([(0, 0, 9, 9), (10, 10, 80, 80)], [0.0, 0.0], WHOLE, 1),
        ([(0, 0, 80, 80), (10, 10, 80, 80)], [0.0, 0.0], WHOLE, None),
        ([(10, 10, 80, 80)], [20.0], WHOLE, None),
        ([(0, 0, 9, 9), (10, 10, 80, 80)], [20.0, 0.0], WHOLE, 1),
        ([(0, 0, 100, 90)], [0.0], WHOLE, None),  # what it shows is the whole picture already
        ([(0, 0, 100, 90)], [0.0], LARGER, 0),
        ([], [], WHOLE, None),
    ],
)
def test_the_one_face_that_fills_a_picture(
    boxes: list[Box], rolls: list[float], framing: Framing, index: int | None
) -> None:
    assert face_that_fills(boxes, rolls, framing, 100, 90) == index
    assert face_that_fills(boxes, rolls, framing, 100, 200) is None  # of 200 pixels, 75 are little


def test_the_whole_picture_is_mirrored() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    image[:, :2] = 200
    assert whole_mirrored(image, 4, channels=1, interpolation="auto")[0, 0, :, 0].tolist() == [0, 0, 200, 200]


def test_of_a_picture_that_is_not_square_a_square_of_the_same_area_is_shown() -> None:
    # The blue channel says the column: the square is 4 wide, from column 2 on, and continued above and below.
    image = np.zeros((2, 8, 3), np.uint8)
    image[:, :, 0] = np.arange(8) * 10
    seen = whole_mirrored(image, 4, channels=3, interpolation="auto")
    assert seen.shape == (1, 4, 4, 3)
    assert seen[0, :, :, 2].tolist() == [[50, 40, 30, 20]] * 4
    assert not seen[..., :2].any()
