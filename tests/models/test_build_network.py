"""The architectures: shapes, sizes, and what their input layers promise."""

from itertools import pairwise

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.models import NETWORKS, build_network

RNG = np.random.default_rng(0)


def vggnet_parameters(blocks: list[tuple[int, int]], dense: list[int], classes: int, side: int = 48) -> int:
    """Counts them from the architecture's description: kernels without bias, four numbers per normalised channel.

    A side of 0 means that the last maps are averaged.
    """
    total, channels = 0, 1
    for filters, count in blocks:
        for _ in range(count):
            total += 9 * channels * filters + 4 * filters
            channels = filters
        side //= 2
    units = side * side * channels if side else channels
    for size in dense:
        total += units * size + 4 * size
        units = size
    return total + units * classes + classes


#: Those that begin with standardising each image; a backbone takes pixels as its authors scaled them.
FROM_SCRATCH = [name for name, row in NETWORKS.items() if not row.has_imagenet]


def test_parameter_counts() -> None:
    expected = {
        "vggnet": vggnet_parameters([(32, 2), (64, 2), (128, 2), (256, 2)], [128], 7),
        "vggnet_deep": vggnet_parameters([(32, 2), (64, 2), (128, 3), (256, 4)], [256, 128], 7),
        "vggnet_wide": vggnet_parameters([(32, 2), (96, 2), (160, 3), (256, 2)], [], 7, side=0),
        "shallow_cnn": vggnet_parameters([(32, 1), (64, 1), (128, 1)], [256, 128], 7),
        "deep_cnn": vggnet_parameters([(64, 2), (128, 2), (256, 2)], [256, 128], 7),
        # The eight convolutions of a ResNet-9 behind one channel, and its dense layer.
        "resnet9": sum(
            9 * before * after + 4 * after for before, after in pairwise([1, 64, 128, 128, 128, 256, 512, 512, 512])
        )
        + 512 * 7
        + 7,
        # As the authors of mini-XCEPTION publish it for 7 classes.
        "mini_xception": 58_423,
    }
    assert {name: build_network(name, num_classes=7).count_params() for name in expected} == expected


def test_the_last_layer_of_mini_xception_is_a_convolution_and_the_mean_of_its_maps() -> None:
    network = build_network("mini_xception", num_classes=7)
    before = next(layer for layer in network.layers if isinstance(layer, keras.layers.ZeroPadding2D))
    maps, logits = keras.Model(network.input, [before.input, network.get_layer("logits").output])(
        RNG.uniform(0, 255, (3, 48, 48, 1)).astype(np.float32)
    )
    kernel, bias = network.get_layer("logits").get_weights()
    convolved = keras.ops.conv(maps, kernel.reshape(3, 3, 128, 7), padding="same") + bias
    np.testing.assert_allclose(keras.ops.mean(convolved, axis=(1, 2)), logits, atol=1e-4)


@pytest.mark.parametrize("name", FROM_SCRATCH)
def test_images_become_probabilities(name: str) -> None:
    network = build_network(name, num_classes=5, image_size=32, channels=3)
    pixels = RNG.integers(0, 256, (4, 32, 32, 3)).astype(np.float32)
    probabilities = np.asarray(network(pixels, training=False))
    assert probabilities.shape == (4, 5)
    assert probabilities.dtype == np.float32
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def standardised(pixels: np.ndarray) -> np.ndarray:
    network = build_network("vggnet", num_classes=7)
    return np.asarray(keras.Model(network.input, network.get_layer("standardise").output)(pixels))


def test_standardisation_gives_each_image_its_own_zero_mean_and_unit_deviation() -> None:
    pixels = np.stack([RNG.uniform(0, 255, (48, 48, 1)), RNG.uniform(100, 160, (48, 48, 1))]).astype(np.float32)
    out = standardised(pixels)
    np.testing.assert_allclose(out.mean(axis=(1, 2, 3)), 0, atol=1e-4)
    # What the epsilon takes away from the second, fainter one: 1 - sqrt(v / (v + 1e-4)) for v = (60 / 255)² / 12.
    np.testing.assert_allclose(out.std(axis=(1, 2, 3)), [1, 0.989], atol=0.002)


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 60.0), (0.5, 0.0), (0.6, 70.0)])
@pytest.mark.parametrize("name", FROM_SCRATCH)
def test_brightness_and_contrast_do_not_matter(name: str, gain: float, offset: float) -> None:
    keras.utils.set_random_seed(0)
    network = build_network(name, num_classes=7)
    pixels = np.random.default_rng(0).uniform(0, 180, (4, 48, 48, 1)).astype(np.float32)
    before, after = (np.asarray(network(images)) for images in (pixels, gain * pixels + offset))
    # An untrained network says much the same of all pictures: the change counts beside that from one to another.
    assert np.abs(after - before).max() < 0.1 * np.abs(before - np.roll(before, 1, axis=0)).max()


@pytest.mark.parametrize("grey", [0, 7, 255])
@pytest.mark.parametrize("name", FROM_SCRATCH)
def test_a_blank_image_gives_finite_probabilities(name: str, grey: int) -> None:
    blank = np.full((1, 48, 48, 1), grey, np.float32)
    assert np.isfinite(build_network(name, num_classes=7)(blank)).all()
    np.testing.assert_allclose(standardised(blank), 0, atol=0.01)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"network must be one of \['vggnet'.*Received: 'resnet'"):
        build_network("resnet", num_classes=7)


def test_a_function_s_network_that_ends_in_logits_gets_a_softmax() -> None:
    """A Dense layer with zero weights gives equal logits: a half each, where logits themselves would be 0."""

    def build(*, num_classes: int, image_size: int, channels: int) -> keras.Model:
        pixels = keras.Input((image_size, image_size, channels))
        logits = layers.Dense(num_classes, kernel_initializer="zeros", name="logits")(layers.Flatten()(pixels))
        return keras.Model(pixels, logits, name="bare")

    for options in ({}, {"random_crop": (8, 6)}):
        network = build_network(build, num_classes=2, image_size=8, **options)  # type: ignore[arg-type]
        assert network.layers[-1].name != "logits"
        np.testing.assert_allclose(network(np.ones((1, 8, 8, 1), np.float32)), [[0.5, 0.5]])


def test_a_function_s_network_must_end_in_probabilities_or_logits() -> None:
    def build(*, num_classes: int, image_size: int, channels: int) -> keras.Model:
        pixels = keras.Input((image_size, image_size, channels))
        logits = layers.Dense(num_classes, name="logits")(layers.Flatten()(pixels))
        return keras.Model(pixels, layers.Activation("sigmoid")(logits), name="scores")

    with pytest.raises(ValueError, match="must end in a softmax or in logits without an activation"):
        build_network(build, num_classes=2, image_size=8)
