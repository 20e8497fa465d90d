"""Models of other people's making, in the state that published ones are in."""

import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.models.files import load_network, save_network

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1)).astype(np.float32)


def sequential() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3),
            layers.GlobalAveragePooling2D(),
            layers.Dense(7, activation="softmax"),
        ]
    )


def outputs(network: keras.Model) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(network(IMAGES, training=False)))


def own_loss(y_true: object, y_pred: object) -> object:
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)


def as_keras_2_wrote_it(path: Path, *, layers_alone: bool = False) -> None:
    """Takes the input layer away and puts its shape into the first layer."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        kept = [layer for layer in config["config"]["layers"] if layer["class_name"] != "InputLayer"]
        for layer in kept:
            layer.pop("build_config", None)
        kept[0]["config"]["batch_input_shape"] = [None, 8, 8, 1]
        inner = kept if layers_alone else {"name": "sequential_1", "layers": kept}
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": inner})


@pytest.mark.parametrize("layers_alone", [False, True])
def test_a_sequential_model_without_input_layer_is_read(tmp_path: Path, layers_alone: bool) -> None:
    network, path = sequential(), tmp_path / "theirs.h5"
    save_network(network, path)
    as_keras_2_wrote_it(path, layers_alone=layers_alone)
    before = path.read_bytes()
    loaded = load_network(path)
    assert loaded.input_shape == (None, 8, 8, 1)
    np.testing.assert_array_equal(outputs(loaded), outputs(network))
    assert path.read_bytes() == before


def test_a_lambda_in_such_a_model_is_still_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs.h5"
    network = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Lambda(lambda x: x * 2), layers.Flatten(), layers.Dense(7)]
    )
    network.save(path)
    as_keras_2_wrote_it(path)
    with pytest.raises(ValueError, match=r"theirs\.h5 cannot be loaded as a Keras model: .*`Lambda`"):
        load_network(path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("compiled", [False, True])
def test_a_loss_of_its_author_s_own_does_not_keep_a_model_from_being_read(
    tmp_path: Path, suffix: str, compiled: bool
) -> None:
    network, path = sequential(), tmp_path / f"theirs{suffix}"
    network.compile("adam", own_loss, jit_compile=False)
    network.save(path)
    loaded = load_network(path, compiled=compiled)
    np.testing.assert_array_equal(outputs(loaded), outputs(network))
    assert getattr(loaded, "optimizer", None) is None


def test_an_optimizer_of_keras_2_does_not_keep_a_model_from_being_read(tmp_path: Path) -> None:
    network, path = sequential(), tmp_path / "theirs.hdf5"
    network.save(path)
    optimizer = {"class_name": "Adam", "config": {"lr": 1e-4, "beta_1": 0.9, "beta_2": 0.999, "decay": 0.0}}
    with h5py.File(path, "r+") as file:
        training = {"optimizer_config": optimizer, "loss": "categorical_crossentropy", "metrics": ["accuracy"]}
        file.attrs["training_config"] = json.dumps({**training, "loss_weights": None, "sample_weight_mode": None})
    for compiled in (False, True):
        loaded = load_network(path, compiled=compiled)
        np.testing.assert_array_equal(outputs(loaded), outputs(network))
        assert getattr(loaded, "optimizer", None) is None


def test_a_broken_configuration_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "theirs.h5"
    sequential().save(path)
    for config in ("{", "[]", '{"class_name": "Sequential"}', '{"class_name": "Sequential", "config": {"layers": []}}'):
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = config
        with pytest.raises(ValueError, match=r"theirs\.h5 (cannot be loaded|does not say)") as caught:
            load_network(path)
        assert "\n" not in str(caught.value)


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", ["alphabetical.h5", "custom_loss.h5", "custom_loss.keras", "keras2_adam_lr.h5", "keras2_sequential.h5"]
)
@pytest.mark.parametrize("compiled", [False, True])
def test_the_example_files_are_read(real_data: Path, name: str, compiled: bool) -> None:
    network = load_network(real_data / "cases" / "models" / name, compiled=compiled)
    assert (network.input_shape, network.output_shape) == ((None, 48, 48, 1), (None, 7))
    probabilities = np.asarray(keras.ops.convert_to_numpy(network(np.full((2, 48, 48, 1), 99.0), training=False)))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
