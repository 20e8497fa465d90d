"""Any Keras model as a backbone, cut at its last feature map."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.error_about import names_of
from emotion_recognition.models import build_network
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.models.networks.backbone_file import backbone_from_file
from emotion_recognition.models.networks.pixels_for_backbone import BACKBONE_PIXELS
from emotion_recognition.models.networks.transfer import backbone_layers


def saved(tmp_path: Path, network: keras.Model, name: str = "faces.keras") -> Path:
    save_network(network, tmp_path / name)
    return tmp_path / name


def with_two_maps(side: int | None = None, channels: int = 3) -> keras.Model:
    """Two convolutions and a classifier on top, whose layers are called as this project's are."""
    pixels = keras.Input((side, side, channels), name="pixels")
    x = layers.Conv2D(4, 3, strides=2, name="hidden")(pixels)
    x = layers.BatchNormalization(name="scale")(x)
    x = layers.Conv2D(5, 3, name="last_map", activation="relu")(x)
    x = layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(pixels, layers.Softmax(name="probabilities")(x), name="faces")


def test_its_features_are_the_models_own_last_map(tmp_path: Path) -> None:
    model = with_two_maps()
    path = saved(tmp_path, model)
    build = backbone_from_file(path, backbone_size=24, hidden=6)
    network = build_network(build, num_classes=3, image_size=12, channels=1)
    assert network.name == "faces"
    # From the layer in the place of the input to the last map: five layers of which the model has four.
    assert [layer.name for layer in backbone_layers(network)] == [
        BACKBONE_PIXELS,
        "backbone_hidden",
        "scale",
        "last_map",
    ]
    images = np.random.default_rng(0).integers(0, 256, (2, 12, 12, 1)).astype(np.float32)
    seen, features = keras.Model(
        network.input, [network.get_layer(BACKBONE_PIXELS).output, network.get_layer("last_map").output]
    )(images)
    assert seen.shape == (2, 24, 24, 3)
    # Grey in every channel, as bright as before, and twice as large: bilinear, between the centres of pixels.
    np.testing.assert_array_equal(seen[..., 0], seen[..., 2])
    np.testing.assert_allclose(seen[0, 0, 0, 0], images[0, 0, 0, 0])
    np.testing.assert_allclose(seen[0, 0, 1, 0], 0.75 * images[0, 0, 0, 0] + 0.25 * images[0, 0, 1, 0], rtol=1e-6)
    own = keras.Model(model.input, model.get_layer("last_map").output)
    np.testing.assert_array_equal(features, own(seen, training=False))
    # 5 features to 6 hidden units to 3 classes, each with its biases.
    assert network.count_params() == keras.Model(model.input, own.output).count_params() + (5 * 6 + 6) + (6 * 3 + 3)
    # And it goes through a file.
    again = load_network(saved(tmp_path, network, "again.keras"))
    np.testing.assert_array_equal(again(images), network(images, training=False))


@pytest.mark.parametrize(("pixel_range", "black", "white"), [("0..255", 0, 255), ("0..1", 0, 1), ("-1..1", -1, 1)])
def test_pixels_are_scaled_as_it_expects_them(tmp_path: Path, pixel_range: str, black: float, white: float) -> None:
    build = backbone_from_file(saved(tmp_path, with_two_maps(8)), pixel_range=pixel_range)
    network = build_network(build, num_classes=2, image_size=8, channels=3)
    prepared = keras.Model(network.input, network.get_layer(BACKBONE_PIXELS).output)
    extremes = np.stack([np.zeros((8, 8, 3)), np.full((8, 8, 3), 255)]).astype(np.float32)
    np.testing.assert_allclose(prepared(extremes)[:, 0, 0, 0], [black, white], atol=1e-6)


def test_a_network_within_the_model_counts(tmp_path: Path) -> None:
    inner = with_two_maps(24)
    base = keras.Model(inner.input, inner.get_layer("last_map").output, name="base")
    pixels = keras.Input((24, 24, 3))
    x = base(layers.Rescaling(2.0)(pixels))
    model = keras.Model(pixels, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x)))
    build = backbone_from_file(saved(tmp_path, model), hidden=6)
    network = build_network(build, num_classes=3, image_size=24, channels=3)
    images = np.random.default_rng(0).integers(0, 256, (2, 24, 24, 3)).astype(np.float32)
    pooled = keras.Model(network.input, network.get_layer("mean_features").output)(images)
    np.testing.assert_allclose(pooled, np.asarray(base(2 * images)).mean(axis=(1, 2)), rtol=1e-4)


def test_a_sequential_model_and_a_fixed_size(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((20, 20, 1)), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2)])
    network = build_network(backbone_from_file(saved(tmp_path, model)), num_classes=2, image_size=12)
    assert network.get_layer(BACKBONE_PIXELS).output.shape == (None, 20, 20, 1)
    assert backbone_layers(network)[-1].output.shape == (None, 18, 18, 3)


def flat() -> keras.Model:
    pixels = keras.Input((8, 8, 1))
    return keras.Model(pixels, layers.Dense(4)(layers.Flatten()(pixels)))


def of_words() -> keras.Model:
    words = keras.Input((8,))
    return keras.Model(words, layers.Dense(4)(words))


@pytest.mark.parametrize(
    ("model", "options", "channels", "message", "names"),
    [
        (flat, {}, 1, r"has no feature map: no layer with weights", ("backbone",)),
        (of_words, {}, 1, r"must take grey or colour images .* Received: \(None, 8\)", ("backbone",)),
        (lambda: with_two_maps(None, 1), {}, 3, r"takes grey images; these have 3 channels", ("backbone",)),
        (lambda: with_two_maps(20), {"backbone_size": 24}, 1, r"must be 20 for .*\. Received: 24", ("backbone_size",)),
        (with_two_maps, {"backbone_size": 5}, 1, r"cannot be shown images of 5×5; show it larger", ("backbone_size",)),
    ],
)
def test_what_cannot_be_a_backbone_is_one_line(
    tmp_path: Path, model: object, options: dict[str, int], channels: int, message: str, names: tuple[str, ...]
) -> None:
    path = saved(tmp_path, model())  # type: ignore[operator]
    with pytest.raises(ValueError, match=message) as caught:
        build_network(backbone_from_file(path, **options), num_classes=2, image_size=12, channels=channels)
    assert "\n" not in str(caught.value)
    assert names_of(caught.value) == names


def test_a_file_that_is_no_model_is_about_the_backbone(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_text("no model")
    for name in ("a.keras", "missing.keras"):
        with pytest.raises((ValueError, OSError), match=name) as caught:
            backbone_from_file(tmp_path / name)
        assert names_of(caught.value) == ("backbone",)
