"""The middle of an image as a network's first layers, and the random crops that training makes of it."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.data.batches.random_changes import RandomChanges
from emotion_recognition.error_about import names_of
from emotion_recognition.models import build_network
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.models.networks.centre_crop import CENTRE_CROP, centre_crop_of, with_centre_crop

NOTHING = Augmentation(flip=False, rotation=0.0, shift=0.0, zoom=0.0, brightness=0.0, contrast=0.0)
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 9, 9, 1), dtype=np.uint8)


def network(side: int = 6) -> keras.Model:
    pixels = keras.Input((side, side, 1), name="pixels")
    x = layers.Dense(2, name="logits")(layers.Flatten()(layers.Rescaling(1 / 255, name="scale")(pixels)))
    return keras.Model(pixels, layers.Softmax(name="probabilities")(x), name="small")


def seen_by(cropping: keras.Model) -> keras.Model:
    return keras.Model(cropping.input, cropping.get_layer(CENTRE_CROP).output)


def test_a_network_sees_the_middle(tmp_path: Path) -> None:
    small = network()
    cropping = with_centre_crop(small, 9, (9, 6))
    assert (cropping.name, cropping.input_shape) == ("small", (None, 9, 9, 1))
    assert centre_crop_of(cropping) == (9, 6)
    assert centre_crop_of(small) is None
    # Three rows are cut off: one before, two after.
    middle = IMAGES[:, 1:7, 1:7].astype(np.float32)
    np.testing.assert_array_equal(seen_by(cropping)(IMAGES.astype(np.float32)), middle)
    np.testing.assert_array_equal(cropping(IMAGES.astype(np.float32)), small(middle))
    save_network(cropping, tmp_path / "a.keras")
    assert centre_crop_of(load_network(tmp_path / "a.keras")) == (9, 6)


def test_images_are_resized_first() -> None:
    cropping = build_network("shallow_cnn", num_classes=3, image_size=24, random_crop=(12, 8))
    # Half as large: bilinear, without looking at more than the four pixels around each place.
    halves = np.kron(np.arange(144, dtype=np.float32).reshape(12, 12), np.ones((2, 2), np.float32))
    expected = np.arange(144).reshape(12, 12)[2:10, 2:10]
    np.testing.assert_allclose(seen_by(cropping)(halves[None, :, :, None])[0, :, :, 0], expected, atol=1e-4)


def test_in_training_the_square_is_from_a_random_place_and_nothing_is_made_up() -> None:
    cropping = seen_by(with_centre_crop(network(), 9, (9, 6)))
    moved = RandomChanges(NOTHING, 0, (9, 6))(IMAGES, training=True)
    places = set()
    for image, crop in zip(IMAGES, np.asarray(cropping(moved)), strict=True):
        found = [
            (y, x) for y in range(4) for x in range(4) if np.allclose(image[y : y + 6, x : x + 6], crop, atol=1e-3)
        ]
        assert len(found) == 1
        places.add(found[0])
    # 40 draws of 16 places.
    assert len(places) > 10
    assert {y for y, _ in places} == {x for _, x in places} == {0, 1, 2, 3}


def test_in_testing_nothing_moves() -> None:
    np.testing.assert_array_equal(RandomChanges(NOTHING, 0, (9, 6))(IMAGES, training=False), IMAGES)


@pytest.mark.parametrize(
    ("crop", "message"),
    [
        ((6, 6), r"random_crop must cut a smaller square out of a larger one\. Received: 6:6"),
        ((9, 5), r"random_crop cuts out 5×5, but small takes 6×6"),
    ],
)
def test_a_crop_that_does_not_fit_is_refused(crop: tuple[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        with_centre_crop(network(), 9, crop)
    assert names_of(caught.value) == ("random_crop",)


def test_a_crop_below_the_networks_least_is_about_the_crop() -> None:
    with pytest.raises(ValueError, match=r"random_crop must be at least 8 for resnet9\. Received: 7") as caught:
        build_network("resnet9", num_classes=3, image_size=48, random_crop=(12, 7))
    assert names_of(caught.value) == ("random_crop",)
