import numpy as np
import pytest

from emotion_recognition.pictures.crop import Framing, crop_faces, crop_square
from emotion_recognition.pictures.faces import Box

EXACT = Framing(scale=1.0, offset_x=0.0, offset_y=0.0)


def picture() -> np.ndarray:
    """Grey, 60 wide and 40 high; the pixel in row r, column c is 4·r + c."""
    rows, columns = np.mgrid[:40, :60]
    return np.repeat((4 * rows + columns)[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("box", "framing", "square"),
    [
        ((10, 20, 30, 30), EXACT, (10, 20, 30)),
        ((10, 20, 16, 36), EXACT, (6, 26, 24)),  # √(16·36) = 24, centre (18, 38)
        ((10, 20, 30, 30), Framing(2.0, 0.0, 0.0), (-5, 5, 60)),
        ((10, 20, 30, 30), Framing(1.0, 0.2, -0.1), (16, 17, 30)),
        ((7, 9, 1, 1), Framing(0.1, 0.0, 0.0), (7, 9, 1)),  # never less than a pixel
    ],
)
def test_square(box: Box, framing: Framing, square: tuple[int, int, int]) -> None:
    assert crop_square(box, framing) == square


def test_crop_takes_columns_from_x_and_rows_from_y() -> None:
    crop = crop_faces(picture(), [(35, 10, 20, 20)], EXACT, size=20)
    assert crop.shape == (1, 20, 20, 1)
    assert crop.dtype == np.uint8
    np.testing.assert_array_equal(crop[0, :, :, 0], picture()[10:30, 35:55, 0])


def test_a_square_beyond_every_border_repeats_the_border() -> None:
    # centre (30, 20), side 80: 10 columns and 20 rows too many on either side.
    crop = crop_faces(picture(), [(10, 0, 40, 40)], Framing(2.0, 0.0, 0.0), size=80)[0, :, :, 0]
    rows = np.clip(np.arange(80) - 20, 0, 39)
    columns = np.clip(np.arange(80) - 10, 0, 59)
    np.testing.assert_array_equal(crop, picture()[rows][:, columns, 0])


def test_shrinking_takes_the_mean_of_the_covered_pixels() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    image[::2] = 200
    np.testing.assert_array_equal(crop_faces(image, [(0, 0, 40, 40)], EXACT, size=20), np.full((1, 20, 20, 1), 100))


def test_enlarging_keeps_a_ramp_a_ramp() -> None:
    image = np.repeat(np.arange(0, 240, 12, dtype=np.uint8)[None, :, None], 20, axis=0).repeat(3, axis=2)
    crop = crop_faces(image, [(0, 0, 20, 20)], EXACT, size=60)[0, 30, 6:-6, 0].astype(int)
    assert set(np.diff(crop).tolist()) <= {3, 4, 5}


def test_a_tall_box_is_not_squashed() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[40:60, 40:60] = 255
    crop = crop_faces(image, [(34, 18, 32, 64)], EXACT, size=48)[0, :, :, 0] > 127
    # The white square is as wide as it is high, however the box is shaped.
    assert crop.any(axis=0).sum() == crop.any(axis=1).sum()


def test_crops_are_grey_by_bt_601() -> None:
    image = np.full((10, 10, 3), (200, 100, 50), np.uint8)
    assert np.unique(crop_faces(image, [(2, 2, 4, 4)], EXACT, size=48)).tolist() == [96]


def test_colour_crops_are_red_green_blue() -> None:
    image = np.full((20, 20, 3), (200, 100, 50), np.uint8)
    crop = crop_faces(image, [(2, 2, 14, 14)], EXACT, size=48, channels=3)
    assert crop.shape == (1, 48, 48, 3)
    assert np.unique(crop.reshape(-1, 3), axis=0).tolist() == [[50, 100, 200]]


def test_no_boxes_give_no_crops() -> None:
    assert crop_faces(picture(), [], EXACT, size=48).shape == (0, 48, 48, 1)


def test_crops_come_in_the_order_of_the_boxes() -> None:
    crops = crop_faces(picture(), [(40, 20, 8, 8), (0, 0, 8, 8)], EXACT, size=8)
    assert [crop[0, 0, 0] for crop in crops] == [4 * 20 + 40, 0]


def test_a_box_outside_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="boxes must lie in the image"):
        crop_faces(picture(), [(100, 100, 8, 8)], EXACT, size=8)
