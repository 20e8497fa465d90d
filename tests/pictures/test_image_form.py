import numpy as np
import pytest

from emotion_recognition.pictures.image_form import fit_images


def test_images_of_the_right_form_stay_as_they_are() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1), dtype=np.uint8)
    np.testing.assert_array_equal(fit_images(images, 48, 1), images)


def test_grey_is_repeated_in_each_channel() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1), dtype=np.uint8)
    np.testing.assert_array_equal(fit_images(images, 48, 3), np.concatenate([images] * 3, axis=-1))


@pytest.mark.parametrize("size", [64, 96, 224, 256])
def test_growing_keeps_what_is_flat_and_where_it_is(size: int) -> None:
    image = np.zeros((1, 48, 48, 1), np.uint8)
    image[:, :24] = 200
    grown = fit_images(image, size, 1)
    assert grown.shape == (1, size, size, 1)
    assert set(np.unique(grown[0, : size // 2 - size // 12])) == {200}
    assert set(np.unique(grown[0, size // 2 + size // 12 :])) == {0}


def test_shrinking_takes_the_mean() -> None:
    image = np.array([[10, 20], [30, 40]], np.uint8).reshape(1, 2, 2, 1)
    assert fit_images(image, 1, 1).ravel().tolist() == [25]
