"""Test-time augmentation's views."""

import numpy as np
import pytest

from emotion_recognition.evaluation.views import TTA, count_views, views

IMAGES = np.arange(2 * 24 * 24, dtype=np.uint16).reshape(2, 24, 24, 1)


@pytest.mark.parametrize("tta", TTA)
def test_every_view_has_the_images_shape_and_the_first_is_the_images(tta: str) -> None:
    shown = list(views(IMAGES, tta))
    assert len(shown) == count_views(tta)
    assert {view.shape for view in shown} == {IMAGES.shape}
    assert np.array_equal(shown[0], IMAGES)
    assert len({view.tobytes() for view in shown}) == len(shown)


def test_flip_is_mirrored_left_to_right() -> None:
    _, mirrored = views(IMAGES, "flip")
    assert mirrored[0, 3, :, 0].tolist() == IMAGES[0, 3, ::-1, 0].tolist()


def test_full_moves_by_a_24th_of_the_side_and_reflects_the_border() -> None:
    shown = list(views(IMAGES, "full"))[::2]
    row, column = np.arange(24), np.arange(24)
    image = IMAGES[0, :, :, 0]
    expected = [
        image,
        image[np.abs(row - 1)],  # down: row 0 shows row 1, its reflection
        image[23 - np.abs(23 - (row + 1))],
        image[:, np.abs(column - 1)],
        image[:, 23 - np.abs(23 - (column + 1))],
    ]
    for view, wanted in zip(shown, expected, strict=True):
        assert np.array_equal(view[0, :, :, 0], wanted)


def test_images_of_fer2013_move_by_two_pixels() -> None:
    images = np.zeros((1, 48, 48, 1), np.uint8)
    images[0, 20, 30] = 1
    places = {tuple(map(int, np.argwhere(view[0, :, :, 0])[0])) for view in list(views(images, "full"))[::2]}
    assert places == {(20, 30), (22, 30), (18, 30), (20, 32), (20, 28)}


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tta must be one of .* Received: 'ten'"):
        next(views(IMAGES, "ten"))
