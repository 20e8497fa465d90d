"""What a network takes, and how images are fitted to it."""

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.models.conventions import Conventions
from emotion_recognition.models.network_input import NetworkInput, as_stated, input_of

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 48, 48, 1), dtype=np.uint8)


def classifier(*shape: int | None) -> keras.Model:
    pixels = keras.Input(shape)
    return keras.Model(pixels, layers.Dense(7)(layers.GlobalAveragePooling2D()(pixels)))


@pytest.mark.parametrize(
    ("shape", "size", "channels"),
    [
        ((48, 48, 1), 48, 1),
        ((64, 64, 3), 64, 3),
        ((None, None, 1), 48, 1),
        ((None, None, 3), 48, 3),
        ((None, 32, 3), 32, 3),
        ((32, None, 3), 32, 3),
    ],
)
def test_size_and_channels_are_read_from_the_network(shape: tuple[int | None, ...], size: int, channels: int) -> None:
    assert input_of(classifier(*shape)) == NetworkInput(size, channels)


def test_a_network_that_leaves_the_channels_open_gets_grey() -> None:
    pixels = keras.Input((16, 16, None))
    grey = keras.ops.mean(pixels, axis=-1)
    assert input_of(keras.Model(pixels, layers.Dense(7)(layers.Flatten()(grey)))) == NetworkInput(16, 1)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((48, 64, 1), r"must be square. Received: \(None, 48, 64, 1\)"),
        ((1, 48, 48), r"channels must come last; this one has them first. Received: \(None, 1, 48, 48\)"),
        ((3, 64, 64), "channels must come last"),
        ((48, 48, 2), "must take 1 or 3 channels"),
    ],
)
def test_other_images_are_refused(shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        input_of(classifier(*shape))


def test_other_kinds_of_networks_are_refused() -> None:
    flat, pixels = keras.Input((2304,)), keras.Input((48, 48, 1))
    with pytest.raises(ValueError, match=r"input must be \(N, height, width, channels\). Received: \(None, 2304\)"):
        input_of(keras.Model(flat, layers.Dense(7)(flat)))
    with pytest.raises(ValueError, match=r"output must be \(N, classes\). Received: \(None, 46, 46, 7\)"):
        input_of(keras.Model(pixels, layers.Conv2D(7, 3)(pixels)))
    scores = layers.Dense(7)(layers.Flatten()(pixels))
    with pytest.raises(ValueError, match="1 inputs and 2 outputs"):
        input_of(keras.Model(pixels, [scores, scores]))
    with pytest.raises(ValueError, match="2 inputs and 1 outputs"):
        input_of(keras.Model([pixels, flat], layers.Dense(7)(flat + layers.Flatten()(pixels))))


def test_images_that_fit_are_left_as_they_are() -> None:
    prepared = NetworkInput(48, 1).prepare(IMAGES)
    assert prepared.dtype == np.float32
    np.testing.assert_array_equal(prepared, IMAGES)


@pytest.mark.parametrize(
    ("pixel_range", "expected"), [("0..255", [0, 51, 255]), ("0..1", [0, 0.2, 1]), ("-1..1", [-1, -0.6, 1])]
)
def test_pixel_ranges(pixel_range: str, expected: list[float]) -> None:
    images = np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1)
    prepared = NetworkInput(1, 1, pixel_range).prepare(images)
    assert prepared.dtype == np.float32
    np.testing.assert_allclose(prepared.ravel(), expected, atol=1e-6)


def test_grey_is_repeated_for_a_colour_network_after_resizing() -> None:
    prepared = NetworkInput(24, 3).prepare(IMAGES)
    assert prepared.shape == (3, 24, 24, 3)
    np.testing.assert_array_equal(prepared[..., 1], prepared[..., 0])
    np.testing.assert_array_equal(prepared[..., 2], prepared[..., 0])


def test_shrinking_takes_the_mean_of_what_each_pixel_covers() -> None:
    means = IMAGES.reshape(3, 24, 2, 24, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(NetworkInput(24, 1).prepare(IMAGES)[..., 0], means, atol=0.5)


def test_growing_keeps_flat_areas_and_the_range() -> None:
    halves = np.zeros((1, 48, 48, 1), np.uint8)
    halves[:, :, 24:] = 255
    grown = NetworkInput(96, 1).prepare(halves)[0, ..., 0]
    assert grown.shape == (96, 96)
    assert (grown[:, :44] == 0).all()
    assert (grown[:, 52:] == 255).all()
    assert (np.diff(grown[0, 46:50]) > 0).all()


def test_images_in_colour_are_refused_by_a_grey_network() -> None:
    with pytest.raises(ValueError, match=r"as many as the network, 1. Received: \(3, 48, 48, 3\)"):
        NetworkInput(48, 1).prepare(np.repeat(IMAGES, 3, axis=-1))


def test_the_interpolation_is_that_of_the_network_s_training() -> None:
    # From 0 and 90 to four pixels, whose centres lie at -0.25, 0.25, 0.75 and 1.25; cubic makes the step steeper.
    step = np.array([[0, 90], [0, 90]], np.uint8).reshape(1, 2, 2, 1)
    linear, cubic, auto = (
        NetworkInput(4, 1, interpolation=name).prepare(step)[0, 0, :, 0] for name in ("linear", "cubic", "auto")
    )
    np.testing.assert_allclose(linear, [0, 22.5, 67.5, 90], atol=0.5)
    assert cubic[1] < 21
    np.testing.assert_array_equal(auto, cubic)


def test_area_takes_means_where_linear_takes_neighbours() -> None:
    row = np.tile(np.array([0, 0, 0, 80], np.uint8), (4, 1)).reshape(1, 4, 4, 1)
    area, linear = (NetworkInput(1, 1, interpolation=name).prepare(row).item() for name in ("area", "linear"))
    assert (area, linear) == (20, 0)


def test_a_network_that_takes_blue_first_gets_rgb_turned_round() -> None:
    image = np.array([10, 20, 30], np.uint8).reshape(1, 1, 1, 3)
    assert NetworkInput(1, 3).prepare(image).ravel().tolist() == [10, 20, 30]
    assert NetworkInput(1, 3, blue_first=True).prepare(image).ravel().tolist() == [30, 20, 10]
    grey = np.array([50], np.uint8).reshape(1, 1, 1, 1)
    assert NetworkInput(1, 3, blue_first=True).prepare(grey).ravel().tolist() == [50, 50, 50]


@pytest.mark.parametrize(("colour", "blue_first"), [("BGR", True), ("RGB", False), ("grey", False), (None, False)])
def test_what_a_card_states_comes_to_what_the_shapes_say(colour: str | None, blue_first: bool) -> None:
    conventions = Conventions(("happy", "sad"), "-1..1", "linear", colour=colour)
    assert as_stated(NetworkInput(64, 3), conventions) == NetworkInput(64, 3, "-1..1", "linear", blue_first)
