import numpy as np
import pytest

from emotion_recognition.data.audit.duplicates import exact_groups, has_twin


def test_only_the_images_that_occur_in_the_other_array_have_a_twin() -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 3, 1), dtype=np.uint8)
    among = np.concatenate([images[[4, 1, 1]], images[[0]] ^ 1])

    assert has_twin(images, among).tolist() == [False, True, False, False, True, False]


def test_one_differing_pixel_is_no_twin() -> None:
    image = np.full((1, 48, 48, 1), 7, np.uint8)
    almost = image.copy()
    almost[0, 47, 47, 0] = 8

    assert has_twin(image, among=almost).tolist() == [False]


def test_a_mirrored_image_is_no_twin() -> None:
    image = np.arange(6, dtype=np.uint8).reshape(1, 2, 3, 1)

    assert has_twin(image[:, :, ::-1], among=image).tolist() == [False]
    assert has_twin(image[:, :, ::-1], among=image[:, :, ::-1].copy()).tolist() == [True]


def test_copies_within_one_array_do_not_count() -> None:
    same = np.zeros((3, 2, 2, 1), np.uint8)

    assert has_twin(same, among=np.ones((1, 2, 2, 1), np.uint8)).tolist() == [False, False, False]


def test_empty_arrays() -> None:
    none, one = np.empty((0, 2, 2, 1), np.uint8), np.zeros((1, 2, 2, 1), np.uint8)

    assert has_twin(none, among=one).shape == (0,)
    assert has_twin(one, among=none).tolist() == [False]
    assert has_twin(none, among=none).dtype == bool


@pytest.mark.parametrize(
    "among", [np.zeros((1, 2, 3, 1), np.uint8), np.zeros((1, 2, 2, 1), np.float32), np.zeros((2, 2), np.uint8)]
)
def test_arrays_that_cannot_be_compared_are_refused(among: np.ndarray) -> None:
    with pytest.raises(ValueError, match="images of the same shape"):
        has_twin(np.zeros((1, 2, 2, 1), np.uint8), among)


def test_groups_hold_every_copy_and_no_image_that_differs_in_one_pixel() -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, 48, 48, 1), dtype=np.uint8)
    images[[3, 6]] = images[1]
    images[5] = images[2]
    images[4] = images[1]
    images[4, 47, 47, 0] ^= 1
    assert [rows.tolist() for rows in exact_groups(images)] == [[1, 3, 6], [2, 5]]
    assert exact_groups(images[:1]) == []
