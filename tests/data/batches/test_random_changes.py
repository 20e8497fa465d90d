import keras
import numpy as np
import pytest

from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.data.batches.random_changes import RandomChanges

NOTHING = {"flip": False, "rotation": 0.0, "shift": 0.0, "zoom": 0.0, "brightness": 0.0, "contrast": 0.0}


def augment(images: np.ndarray, seed: int = 0, **changes: float) -> np.ndarray:
    return changed_by(Augmentation(**{**NOTHING, **changes}), images, seed)


def changed_by(augmentation: Augmentation, images: np.ndarray, seed: int) -> np.ndarray:
    """What the layer makes of a uint8 batch in training, rounded to uint8 again."""
    changed = keras.ops.convert_to_numpy(RandomChanges(augmentation, seed)(images, training=True))
    assert changed.dtype == np.float32
    return np.rint(changed).astype(np.uint8)


def centre_of_light(images: np.ndarray) -> np.ndarray:
    """The centre of mass of each image, as (x, y): float array (N, 2)."""
    weight = images[..., 0].astype(float)
    total = weight.sum(axis=(1, 2))
    rows, columns = np.arange(images.shape[1]), np.arange(images.shape[2])
    x = (weight.sum(axis=1) * columns).sum(axis=1) / total
    y = (weight.sum(axis=2) * rows).sum(axis=1) / total
    return np.stack([x, y], axis=1)


def spot(count: int, height: int, width: int, x: int, y: int) -> np.ndarray:
    """Black images with one bright 3×3 spot around (x, y)."""
    images = np.zeros((count, height, width, 1), np.uint8)
    images[:, y - 1 : y + 2, x - 1 : x + 2] = 200
    return images


def test_nothing_changes_when_every_range_is_zero() -> None:
    images = np.random.default_rng(1).integers(0, 256, (6, 20, 30, 1), dtype=np.uint8)
    assert np.array_equal(augment(images), images)


def test_flip_mirrors_about_half_of_the_images_left_to_right_and_leaves_the_rest() -> None:
    images = np.random.default_rng(1).integers(0, 256, (400, 5, 7, 1), dtype=np.uint8)
    changed = augment(images, flip=True)
    same = (changed == images).all(axis=(1, 2, 3))
    mirrored = (changed == images[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same | mirrored).all()
    # 400 fair coins: outside 150..250 less than once in a million times, and the seed is fixed.
    assert 150 <= mirrored.sum() <= 250


def test_shift_is_a_share_of_the_width_along_x_and_of_the_height_along_y() -> None:
    moved = centre_of_light(augment(spot(300, height=20, width=80, x=40, y=10), shift=0.2)) - [40, 10]
    assert 14 < np.abs(moved[:, 0]).max() <= 16.01
    assert 3.5 < np.abs(moved[:, 1]).max() <= 4.01


def test_rotation_turns_about_the_centre_by_at_most_its_degrees() -> None:
    from_centre = centre_of_light(augment(spot(300, height=41, width=41, x=36, y=20), rotation=20)) - [20, 20]
    angle = np.rad2deg(np.arctan2(from_centre[:, 1], from_centre[:, 0]))
    assert np.hypot(*from_centre.T) == pytest.approx(16, abs=0.25)
    assert 18 < angle.max() < 20.5
    assert -20.5 < angle.min() < -18


def test_zoom_scales_distances_from_the_centre() -> None:
    distance = np.hypot(*(centre_of_light(augment(spot(300, 41, 41, x=30, y=20), zoom=0.3)) - [20, 20]).T)
    assert 6.9 < distance.min() < 7.4
    assert 12.6 < distance.max() < 13.1


def test_brightness_adds_the_same_to_every_pixel_and_clips() -> None:
    images = np.full((200, 4, 4, 1), 250, np.uint8)
    changed = augment(images, brightness=0.2)
    assert (changed == changed[:, :1, :1]).all()
    assert changed.max() == 255
    assert 199 <= changed.min() <= 205


def test_contrast_keeps_the_mean_and_scales_the_difference_from_it() -> None:
    images = np.tile(np.array([100, 140], np.uint8).reshape(1, 1, 2, 1), (200, 2, 1, 1))
    changed = augment(images, contrast=0.5).astype(float)
    assert changed.mean(axis=(1, 2, 3)) == pytest.approx(120, abs=0.5)
    half_difference = (changed[:, 0, 1, 0] - changed[:, 0, 0, 0]) / 2
    assert 10 <= half_difference.min() < 11
    assert 29 < half_difference.max() <= 30


def test_the_same_random_state_gives_the_same_batch_and_leaves_the_input_alone() -> None:
    images = np.random.default_rng(1).integers(0, 256, (4, 48, 48, 3), dtype=np.uint8)
    before = images.copy()
    first, second, other = (changed_by(Augmentation(), images, seed) for seed in (7, 7, 8))
    assert first.dtype == np.uint8
    assert first.shape == images.shape
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert np.array_equal(images, before)


def test_in_testing_nothing_changes() -> None:
    images = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 1), dtype=np.uint8)
    assert np.array_equal(RandomChanges(Augmentation(erase=1.0), seed=0)(images, training=False), images)


def test_an_even_grey_stays_grey_wherever_it_is_moved() -> None:
    # Black borders in place of reflected ones would show.
    images = np.full((50, 48, 48, 1), 120, np.uint8)
    assert (augment(images, rotation=45, shift=0.3, zoom=0.5, stretch=0.5, sharpness=1.0) == 120).all()


def test_stretch_changes_the_ratio_of_width_to_height_and_keeps_the_area() -> None:
    wide = np.abs(centre_of_light(augment(spot(300, 41, 41, x=30, y=20), stretch=0.3)) - [20, 20])[:, 0]
    tall = np.abs(centre_of_light(augment(spot(300, 41, 41, x=20, y=30), stretch=0.3)) - [20, 20])[:, 1]
    # 10 pixels from the centre, times or divided by the root of 0.7 to 1.3
    assert 10 * 0.7**0.5 - 0.1 < wide.min() < 8.7
    assert 11 < wide.max() < 10 * 1.3**0.5 + 0.1
    assert wide * tall == pytest.approx(np.full(300, 100), rel=0.03)


def test_gamma_leaves_black_and_white_and_draws_exponents_either_way() -> None:
    images = np.tile(np.array([0, 64, 255], np.uint8).reshape(1, 1, 3, 1), (300, 2, 1, 1))
    changed = augment(images, gamma=1.0)[:, 0, :, 0].astype(float)
    assert set(changed[:, 0]) == {0}
    assert set(changed[:, 2]) == {255}
    # 255 (64 / 255)^g is 128 for g = 1/2 and 16 for g = 2
    assert 16 <= changed[:, 1].min() < 17.5
    assert 126 < changed[:, 1].max() <= 128


def test_light_from_one_side_is_a_slope_through_the_centre() -> None:
    changed = augment(np.full((300, 21, 31, 1), 100, np.uint8), side_light=0.4).astype(float)[..., 0]
    assert set(changed[:, 10, 15]) == {100}
    across = changed[:, 10, 30] - changed[:, 10, 0]
    down = changed[:, 20, 15] - changed[:, 0, 15]
    # from 100 (1 - 0.4) to 100 (1 + 0.4) where the light comes from straight beside or above
    assert 76 < np.hypot(across, down).max() <= 81
    assert across.min() < -70
    assert down.max() > 70


def test_noise_has_a_mean_of_zero_and_at_most_its_deviation() -> None:
    changed = augment(np.full((200, 20, 20, 1), 128, np.uint8), noise=0.1).astype(float)
    deviations = changed.std(axis=(1, 2, 3))
    assert changed.mean() == pytest.approx(128, abs=0.5)
    assert deviations.max() == pytest.approx(25.5, abs=2)
    assert deviations.min() < 2


def test_sharpness_changes_its_share_of_the_images_and_keeps_their_mean() -> None:
    images = np.random.default_rng(1).integers(60, 196, (400, 48, 48, 1), dtype=np.uint8)
    changed = augment(images, sharpness=0.6)
    touched = (changed != images).any(axis=(1, 2, 3))
    assert 200 <= touched.sum() <= 280
    contrast = changed.std(axis=(1, 2, 3)) / images.std(axis=(1, 2, 3))
    softer, sharper = contrast < 0.99, contrast > 1.01
    # Two thirds are softer, one third is sharper.
    assert softer.sum() == pytest.approx(2 * sharper.sum(), rel=0.35)
    assert changed.mean(axis=(1, 2, 3)) == pytest.approx(images.mean(axis=(1, 2, 3)), abs=2)


def test_erase_covers_one_rectangle_of_its_share_of_the_images() -> None:
    images = np.full((400, 40, 20, 1), 255, np.uint8)
    hidden = augment(images, erase=0.5)[..., 0] < 250
    rows, columns = hidden.any(axis=2).sum(axis=1), hidden.any(axis=1).sum(axis=1)
    covered = rows > 0
    assert 160 <= covered.sum() <= 240
    # sides of 0.15 to 0.45 of 40 and of 20 pixels
    assert (rows[covered].min(), rows[covered].max()) == (6, 18)
    assert (columns[covered].min(), columns[covered].max()) == (3, 9)
    # a solid rectangle: as many pixels as its sides say, but for noise that is nearly white
    share = hidden[covered].sum(axis=(1, 2)) / (rows * columns)[covered]
    assert share.mean() > 0.95


def test_colour_images_keep_their_channels_apart() -> None:
    images = np.zeros((20, 16, 16, 3), np.uint8)
    images[..., 1] = 100
    changed = augment(images, sharpness=1.0, rotation=20)
    assert set(np.unique(changed[..., 0])) == {0}
    assert set(np.unique(changed[..., 1])) == {100}


def test_a_layer_made_again_from_its_configuration_makes_the_same_changes() -> None:
    images = np.random.default_rng(1).integers(0, 256, (4, 16, 16, 1), dtype=np.uint8)
    layer = RandomChanges(Augmentation(sharpness=0.5, erase=0.5), seed=3)
    again = RandomChanges.from_config(layer.get_config())
    assert np.array_equal(layer(images, training=True), again(images, training=True))
