import numpy as np
import pytest

from emotion_recognition.data.batches.augmentation import Augmentation, parse_augmentation
from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation

NOTHING = {"flip": False, "rotation": 0.0, "shift": 0.0, "zoom": 0.0, "brightness": 0.0, "contrast": 0.0}


def augment(images: np.ndarray, seed: int = 0, **changes: float) -> np.ndarray:
    return Augmentation(**{**NOTHING, **changes})(images, np.random.default_rng(seed))


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
    first, second, other = (Augmentation()(images, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert first.dtype == np.uint8
    assert first.shape == images.shape
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert np.array_equal(images, before)


@pytest.mark.parametrize(("name", "value"), [("rotation", -1), ("shift", 1.0), ("zoom", -0.1), ("contrast", 1.5)])
def test_a_range_that_makes_no_sense_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be .* Received: {value}"):
        Augmentation(**{name: value})


def test_named_values_change_the_given_base_and_leave_the_rest() -> None:
    base = FaceAugmentation(rotation=5.0, flip=True)
    changed = parse_augmentation("mosaic=0.25,flip=0,smallest=12", base)
    assert changed == FaceAugmentation(mosaic=0.25, rotation=5.0, flip=False, smallest=12.0)
    assert changed is not None
    assert changed.flip is False
    assert parse_augmentation("flip=1,erase=0.5", Augmentation(flip=False)) == Augmentation(flip=True, erase=0.5)
    assert parse_augmentation("none", base) is None


@pytest.mark.parametrize("part", ["erase=0.5", "mosaic", "mosaic=", "mosaic=many", "hue=nan", "flip=0.5", ""])
def test_a_value_that_the_base_does_not_have_is_refused_with_its_names(part: str) -> None:
    names = r"none or mosaic=NUMBER, smallest_zoom=NUMBER, .*, smallest=NUMBER"
    with pytest.raises(ValueError, match=rf"^augmentation must be {names}\. Received: {part}$"):
        parse_augmentation(f"grey=0.2,{part}", FaceAugmentation())


def test_a_value_out_of_its_range_is_refused_by_the_base() -> None:
    with pytest.raises(ValueError, match=r"^mosaic must be 0\.\.1\. Received: 2\.0$"):
        parse_augmentation("mosaic=2", FaceAugmentation())
    with pytest.raises(ValueError, match=r"^smallest_zoom and largest_zoom must .*rise"):
        parse_augmentation("smallest_zoom=3", FaceAugmentation())
