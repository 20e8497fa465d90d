"""Weights in half the space, where they are values of float16; where they are not, they stay as they are."""

import io
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import onnx
import pytest

from emotion_recognition.models.building import build_network
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.export import export_model
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.models.half_storage import halved_hdf5, in_steps, round_weights
from emotion_recognition.models.onnx_network import OnnxNetwork


def small(seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((16, 16, 1))
    x = keras.layers.Conv2D(40, 3, name="conv")(keras.layers.Rescaling(1 / 255)(pixels))
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(pixels, keras.layers.Dense(7, activation="softmax", name="logits")(x))


def stored(path: Path) -> dict[str, str]:
    """The types of the data sets in a .keras archive, by shape."""
    with zipfile.ZipFile(path) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".weights.h5")]
        content = archive.read(name)
    types: dict[str, str] = {}
    with h5py.File(io.BytesIO(content)) as file:

        def note(_: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                types[str(item.shape)] = str(item.dtype)

        file.visititems(note)
    return types


def test_kernels_become_values_of_float16_and_biases_stay() -> None:
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((300,)), keras.layers.Dense(9, name="dense")])
    kernel = network.get_layer("dense").get_weights()[0]
    network.get_layer("dense").set_weights([kernel, np.full(9, 0.1, np.float32)])
    round_weights(network)
    received, bias = network.get_layer("dense").get_weights()
    assert np.array_equal(received, kernel.astype(np.float16).astype(np.float32))
    assert not np.array_equal(received, kernel)
    assert (received.dtype, bias.tolist()) == (np.float32, [np.float32(0.1)] * 9)


def test_in_steps_each_output_has_its_own_step() -> None:
    values = np.random.default_rng(0).normal(0, [4.0, 0.25, 0.0], (500, 3)).astype(np.float32)
    received = in_steps(values)
    # Standard deviations of 4 and 1/4, 16 steps each: 1/4 and 1/64, and nothing is further away than half of that.
    for column, step in enumerate((1 / 4, 1 / 64)):
        assert np.array_equal(received[:, column] / step, np.round(values[:, column] / step))
    assert not received[:, 2].any()
    large = in_steps(np.array([[7e4], [0.0]], np.float32))
    assert np.isinf(large[0, 0])  # which rounding weights refuses


def test_a_scale_moves_into_the_kernel_and_the_network_computes_the_same() -> None:
    network = small()
    conv, normalization = network.layers[2], network.layers[3]
    rng = np.random.default_rng(0)
    gamma = rng.normal(0, 1, 40).astype(np.float32)
    gamma[:4] = 0.0, 1e-3, -2e-4, 3.0
    mean, variance = rng.normal(0, 2, 40), rng.uniform(1e-4, 9, 40)
    normalization.set_weights([gamma, rng.normal(0, 1, 40), mean, variance])
    images = rng.uniform(0, 255, (8, 16, 16, 1)).astype(np.float32)
    before, kernel = np.asarray(network(images)), conv.get_weights()[0]
    round_weights(network)
    np.testing.assert_allclose(np.asarray(network(images)), before, atol=2e-3)
    scales = gamma / np.sqrt(np.asarray(normalization.moving_variance) + normalization.epsilon)
    # A scale of 0 cannot be moved; others are a power of 2, which is 1 unless gamma is smaller than the epsilon's root.
    powers = np.log2(np.abs(scales[1:]))
    np.testing.assert_allclose(powers, np.round(powers), atol=1e-5)
    assert (np.abs(powers[3:][np.abs(gamma[4:]) > 0.05]) < 1e-5).all()
    assert np.array_equal(np.sign(scales), np.sign(gamma))
    # By hand, of filter 3: its kernel times 3 / sqrt(variance + epsilon), rounded.
    by_hand = kernel[..., 3].astype(np.float64) * 3 / np.sqrt(np.float32(variance[3]) + 1e-3)
    np.testing.assert_allclose(conv.get_weights()[0][..., 3], by_hand, rtol=5e-4)


@pytest.mark.parametrize("activation", ["elu", "tanh", "relu"])
def test_a_scale_stays_behind_what_does_not_scale(activation: str) -> None:
    keras.utils.set_random_seed(0)
    pixels = keras.Input((16, 16, 1))
    x = keras.layers.Conv2D(40, 3, activation=activation)(keras.layers.Rescaling(1 / 255)(pixels))
    normalization = keras.layers.BatchNormalization()
    x = keras.layers.GlobalAveragePooling2D()(normalization(x))
    network = keras.Model(pixels, keras.layers.Dense(7, activation="softmax")(x))
    rng = np.random.default_rng(0)
    drawn = [rng.uniform(0.2, 3, 40), rng.normal(0, 1, 40), rng.normal(0, 0.2, 40), rng.uniform(1e-3, 0.1, 40)]
    normalization.set_weights(drawn)
    images = rng.uniform(0, 255, (8, 16, 16, 1)).astype(np.float32)
    before = np.asarray(network(images))
    round_weights(network)
    np.testing.assert_allclose(np.asarray(network(images)), before, atol=5e-3)


def test_a_weight_that_is_too_large_is_refused() -> None:
    network = small()
    kernel, bias = network.get_layer("logits").get_weights()
    kernel[0, 0] = 7e4
    network.get_layer("logits").set_weights([kernel, bias])
    with pytest.raises(ValueError, match="logits/kernel: weights must be below 65520"):
        round_weights(network)


def test_rounded_weights_are_stored_in_half_and_read_back_bit_for_bit(tmp_path: Path) -> None:
    network = small()
    save_network(network, tmp_path / "whole.keras")
    assert set(stored(tmp_path / "whole.keras").values()) == {"float32"}
    round_weights(network)
    save_network(network, tmp_path / "half.keras")
    types = stored(tmp_path / "half.keras")
    assert (types["(3, 3, 1, 40)"], types["(40, 7)"], types["(40,)"]) == ("float16", "float16", "float32")
    for received, expected in zip(load_network(tmp_path / "half.keras").weights, network.weights, strict=True):
        assert received.dtype == "float32"
        assert np.array_equal(received, expected)


def test_a_file_without_such_values_stays_as_it_is() -> None:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.create_dataset("a", data=np.full((20, 20), 0.1, np.float32))
        file.create_dataset("few", data=np.ones(9, np.float32))
    assert halved_hdf5(memory.getvalue()) == memory.getvalue()


def test_the_format_writes_a_model_of_half_the_size(tmp_path: Path) -> None:
    network = build_network("vggnet_tiny", num_classes=7)
    path = tmp_path / "mine.keras"
    save_network(network, path)
    names = ["anger", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    card = {"network": "vggnet_tiny", "class_names": names, "input": {"pixels": "0..255"}, "metrics": {"val": {}}}
    write_card(path, {**card, "calibration": {"temperature": 1.5}})
    (half,) = export_model(path, ["float16"])
    assert half.name == "mine_float16.keras"
    assert half.stat().st_size < 0.6 * path.stat().st_size
    of_half = read_card(half)
    assert of_half is not None
    assert of_half["rounded_to_float16"]["of"] == "mine.keras"
    assert of_half["calibration"] == {"temperature": 1.5}
    assert "metrics" not in of_half

    (compact,) = export_model(path, ["compact"])
    assert compact.name == "mine_compact.keras"
    assert compact.stat().st_size < 0.32 * path.stat().st_size
    of_compact = read_card(compact)
    assert of_compact is not None
    assert of_compact["rounded_to_steps"]["of"] == "mine.keras"

    images = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 1)).astype(np.float32)
    expected = np.asarray(load_network(path)(images))
    np.testing.assert_allclose(np.asarray(load_network(half)(images)), expected, atol=0.02)
    np.testing.assert_allclose(np.asarray(load_network(compact)(images)), expected, atol=0.1)
    # Its ONNX copy, whose kernels have the scales of batch normalization in them, is half as large too, and exact.
    whole_copy, half_copy = export_model(path, ["onnx"])[0], export_model(half, ["onnx"])[0]
    assert half_copy.stat().st_size < 0.6 * whole_copy.stat().st_size
    kinds = [tensor.data_type for tensor in onnx.load(half_copy).graph.initializer if np.prod(tensor.dims) >= 256]
    assert kinds == [onnx.TensorProto.FLOAT16] * len(kinds)
    assert len(kinds) >= 7
    expected = np.asarray(load_network(half)(images))
    np.testing.assert_allclose(OnnxNetwork(half_copy.read_bytes(), "half")(images), expected, atol=1e-5)
