import numpy as np
import pytest

from emotion_recognition.pictures.square_view import square_view


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_square_at_its_own_size_is_the_picture_s_pixels() -> None:
    image = picture(30, 50)
    np.testing.assert_array_equal(square_view(image, (20.0, 12.0), 16.0, 16), image[4:20, 12:28])


def test_what_lies_outside_is_grey() -> None:
    image = picture(20, 20)
    view = square_view(image, (20.0, 10.0), 20.0, 20)
    np.testing.assert_array_equal(view[:, :10], image[:, 10:])
    assert (view[:, 10:] == 128).all()
    assert (square_view(image, (500.0, 10.0), 20.0, 10) == 128).all()
    assert (square_view(image, (500.0, 10.0), 200.0, 10) == 128).all()


def test_a_large_square_is_averaged_and_no_pixel_is_skipped() -> None:
    checks = np.indices((96, 96)).sum(axis=0) % 2 * 255
    image = np.repeat(checks.astype(np.uint8)[..., None], 3, axis=2)
    view = square_view(image, (48.0, 48.0), 64.0, 16)
    assert np.abs(view.astype(int) - 127.5).max() < 3


@pytest.mark.parametrize(("side", "size"), [(48.0, 64), (64.0, 64), (90.0, 64), (160.0, 64), (333.0, 64)])
@pytest.mark.parametrize("centre", [(150.0, 120.0), (150.4, 119.7), (40.0, 200.0)])
def test_a_place_of_the_picture_is_where_it_should_be(centre: tuple[float, float], side: float, size: int) -> None:
    """A ramp along x and one along y tell of every pixel where it is from."""
    y, x = np.mgrid[0:240, 0:300] + 0.5
    image = np.stack([x * 0.8, y, np.full_like(x, 50)], axis=2).round().astype(np.uint8)
    view = square_view(image, centre, side, size).astype(float)
    middles = (np.arange(size) + 0.5) / size - 0.5
    across, down = centre[0] + middles * side, centre[1] + middles * side
    inside_x, inside_y = (across > 3) & (across < 297), (down > 3) & (down < 237)
    if side > 100:  # averages reach over the border
        inside_x, inside_y = (across > 12) & (across < 288), (down > 12) & (down < 228)
    seen = view[np.ix_(inside_y, inside_x)]
    assert np.abs(seen[..., 0] - 0.8 * across[inside_x]).max() < 1.5
    assert np.abs(seen[..., 1] - down[inside_y][:, None]).max() < 1.5
