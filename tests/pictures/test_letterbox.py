import cv2
import numpy as np
import pytest

from emotion_recognition.pictures.letterbox import Letterbox, letterbox


def gradient(height: int, width: int) -> np.ndarray:
    """BGR uint8 array: blue rises to the right, green downwards."""
    rows, columns = np.mgrid[:height, :width]
    blue, green = columns * 255 / max(1, width - 1), rows * 255 / max(1, height - 1)
    return np.stack([blue, green, np.full_like(blue, 7.0)], axis=-1).round().astype(np.uint8)


@pytest.mark.parametrize(
    ("picture", "padded", "filled"),
    [
        ((480, 640), (256, 320), (240, 320)),
        ((640, 480), (320, 256), (320, 240)),
        ((100, 100), (320, 320), (320, 320)),
        ((10, 4000), (64, 320), (1, 320)),
        ((4000, 10), (320, 64), (320, 1)),
        ((1, 1), (320, 320), (320, 320)),
    ],
)
def test_a_picture_lies_at_the_top_left_and_the_rest_is_grey(
    picture: tuple[int, int], padded: tuple[int, int], filled: tuple[int, int]
) -> None:
    pixels, back = Letterbox(320, 64)(np.full((*picture, 3), (10, 20, 30), np.uint8))
    assert (pixels.shape, pixels.dtype) == ((1, *padded, 3), np.float32)
    np.testing.assert_array_equal(pixels[0, : filled[0], : filled[1]], np.full((*filled, 3), (10, 20, 30)))
    assert (pixels[0, filled[0] :] == 128).all()
    assert (pixels[0, :, filled[1] :] == 128).all()
    np.testing.assert_allclose(back * filled[::-1], picture[::-1], rtol=0.25 if 10 in picture else 1e-12)


def test_the_next_picture_of_the_same_input_leaves_nothing_of_the_last() -> None:
    letterbox = Letterbox(128, 64)
    letterbox(np.zeros((120, 128, 3), np.uint8))
    pixels, _ = letterbox(np.zeros((70, 128, 3), np.uint8))
    assert (pixels[0, 70:] == 128).all()
    pixels, _ = letterbox(np.zeros((128, 70, 3), np.uint8))
    assert (pixels[0, :, 70:] == 128).all()
    assert (pixels[0, :, :70] == 0).all()


@pytest.mark.parametrize("picture", [(300, 500), (500, 300), (641, 1283), (850, 1280), (90, 130)])
def test_coordinates_lead_back_to_where_the_pixels_were(picture: tuple[int, int]) -> None:
    height, width = picture
    pixels, (back_x, back_y) = Letterbox(320, 64)(gradient(height, width))
    for x, y in ((20, 30), (150, 60), (60, 150)):
        blue, green = (pixels[0, y, x, channel] / 255 for channel in (0, 1))
        # A pixel's centre is half a pixel from its corner.
        assert (x + 0.5) * back_x == pytest.approx(blue * (width - 1) + 0.5, abs=max(1, width / 200))
        assert (y + 0.5) * back_y == pytest.approx(green * (height - 1) + 0.5, abs=max(1, height / 200))


def test_a_shrunken_picture_is_free_of_aliasing() -> None:
    # Columns of black and white, each one pixel wide, are grey where two or more meet in a pixel.
    stripes = np.zeros((256, 1024, 3), np.uint8)
    stripes[:, ::2] = 255
    pixels, _ = Letterbox(128, 64)(stripes)
    assert np.abs(pixels[0, :32] - 127.5).max() <= 1


def test_a_photograph_is_resized_like_the_pictures_of_training() -> None:
    picture = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (512, 700, 3), dtype=np.uint8), (0, 0), 3)
    pixels, _ = Letterbox(320, 64)(picture)
    expected = cv2.resize(picture, (320, 234), interpolation=cv2.INTER_AREA)
    assert np.abs(pixels[0, :234] - expected).max() <= 6


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
    square, back = letterbox(np.full((*picture, 3), (10, 20, 30), np.uint8), size)
    assert (square.shape, square.dtype) == ((size, size, 3), np.uint8)
    assert back[int(picture[0] > picture[1])] == pytest.approx(1 / scale)
    np.testing.assert_allclose(back * filled[::-1], picture[::-1])
    expected = np.full((size, size, 3), 128)
    expected[: filled[0], : filled[1]] = (10, 20, 30)
    np.testing.assert_array_equal(square, expected)


def test_a_picture_of_that_size_stays_as_it_is() -> None:
    image = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    square, back = letterbox(image, 16)
    assert back.tolist() == [1, 1]
    np.testing.assert_array_equal(square[:12], image)


def test_a_shrunken_picture_has_the_means_of_its_pixels() -> None:
    image = np.zeros((2, 4, 3), np.uint8)
    image[..., 1] = [[10, 30, 0, 200], [50, 70, 100, 100]]
    square, back = letterbox(image, 2)
    assert back.tolist() == [2, 2]
    assert square[..., 1].tolist() == [[40, 100], [128, 128]]


@pytest.mark.parametrize("picture", [(480, 640), (700, 512), (90, 130), (1001, 777)])
def test_training_and_detection_see_the_same_pixels(picture: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*picture, 3), dtype=np.uint8)
    (seen,), back = Letterbox(320, 64)(image)
    square, learned_back = letterbox(image, 320)
    np.testing.assert_array_equal(square[: seen.shape[0], : seen.shape[1]], seen)
    np.testing.assert_array_equal(back, learned_back)


@pytest.mark.parametrize(("picture", "back"), [((9, 1000), (1000 / 320, 8 / 3)), ((1000, 9), (8 / 3, 1000 / 320))])
def test_a_long_strip_has_a_factor_of_its_own_for_each_axis(
    picture: tuple[int, int], back: tuple[float, float]
) -> None:
    """Of 9 pixels 8 are taken, two and two, which become 3: the way back is 8 / 3 there, and 3.125 along the strip."""
    np.testing.assert_allclose(Letterbox(320, 64)(np.zeros((*picture, 3), np.uint8))[1], back, rtol=1e-12)
