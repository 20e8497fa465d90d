import numpy as np
import pytest

from emotion_recognition.data.face_pictures.letterbox import letterbox


@pytest.mark.parametrize(
    ("picture", "size", "filled", "scale"),
    [
        ((40, 80), 160, (80, 160), 2),
        ((80, 40), 160, (160, 80), 2),
        ((30, 30), 64, (64, 64), 64 / 30),
        ((480, 640), 320, (240, 320), 0.5),
        ((100, 300), 64, (21, 64), 64 / 300),
        ((2, 1000), 64, (1, 64), 0.064),
        ((1000, 2), 64, (64, 1), 0.064),
        ((1, 1), 8, (8, 8), 8),
    ],
)
def test_the_longest_side_fills_the_square_and_the_rest_is_grey(
    picture: tuple[int, int], size: int, filled: tuple[int, int], scale: float
) -> None:
    square, factor = letterbox(np.full((*picture, 3), (10, 20, 30), np.uint8), size)
    assert (square.shape, square.dtype) == ((size, size, 3), np.uint8)
    assert factor == pytest.approx(scale)
    expected = np.full((size, size, 3), 128)
    expected[: filled[0], : filled[1]] = (10, 20, 30)
    np.testing.assert_array_equal(square, expected)


def test_a_picture_of_that_size_stays_as_it_is() -> None:
    image = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    square, scale = letterbox(image, 16)
    assert scale == 1
    np.testing.assert_array_equal(square[:12], image)


def test_a_shrunken_picture_has_the_means_of_its_pixels() -> None:
    image = np.zeros((2, 4, 3), np.uint8)
    image[..., 1] = [[10, 30, 0, 200], [50, 70, 100, 100]]
    square, scale = letterbox(image, 2)
    assert scale == 0.5
    assert square[..., 1].tolist() == [[40, 100], [128, 128]]
