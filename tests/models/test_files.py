"""Model files: what goes to disk comes back equal, and whatever else comes is refused in one line."""

import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.emotions import SIX_EMOTIONS
from emotion_recognition.models import build_network
from emotion_recognition.models.card import write_card
from emotion_recognition.models.files import classes_of, load_network, save_network
from emotion_recognition.models.precision import with_precision
from emotion_recognition.workspace import MODEL_SUFFIXES

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1)).astype(np.float32)


def small_network(classes: int = 7) -> keras.Model:
    """The project's own architecture, small, with batch statistics that are not the initial ones."""
    keras.utils.set_random_seed(1)
    network = build_network("vggnet", num_classes=classes, image_size=16)
    rng = np.random.default_rng(2)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return network


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return small_network()


def outputs(network: keras.Model) -> np.ndarray:
    return np.asarray(network(PIXELS, training=False))


def classifier(*first_layers: layers.Layer) -> keras.Model:
    x = pixels = keras.Input((16, 16, 1))
    for layer in first_layers:
        x = layer(x)
    return keras.Model(pixels, layers.Dense(7, activation="softmax")(layers.Flatten()(x)))


@pytest.mark.parametrize("suffix", MODEL_SUFFIXES)
def test_a_saved_network_comes_back_with_the_same_outputs(network: keras.Model, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    save_network(network, path)
    np.testing.assert_array_equal(outputs(load_network(path)), outputs(network))
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_saved_archive_is_compressed(network: keras.Model, tmp_path: Path) -> None:
    save_network(network, tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_DEFLATED}


@pytest.mark.parametrize("suffix", MODEL_SUFFIXES)
def test_the_learning_rate_comes_back_and_the_moments_stay_out(tmp_path: Path, suffix: str) -> None:
    network = small_network()
    network.compile(optimizer=keras.optimizers.Adam(0.00123), loss="sparse_categorical_crossentropy", jit_compile=False)
    network.optimizer.build(network.trainable_variables)  # makes the moments
    path = tmp_path / f"a{suffix}"
    save_network(network, path)
    assert float(load_network(path, compiled=True).optimizer.learning_rate) == pytest.approx(0.00123)
    weights = 4 * network.count_params()
    assert 0.5 * weights < path.stat().st_size < 1.5 * weights  # `.keras` is compressed


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_bfloat16_network_is_saved_in_float32(network: keras.Model, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    save_network(with_precision(network, "mixed_bfloat16"), path)
    loaded = load_network(path)
    assert {layer.compute_dtype for layer in loaded.layers} == {"float32"}
    np.testing.assert_array_equal(outputs(loaded), outputs(network))


def test_a_failed_save_leaves_the_earlier_file(network: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    save_network(network, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="was not written"):
        save_network(classifier(layers.UnitNormalization(axis=[1, 2])), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.h5"]


@pytest.mark.parametrize("suffix", [".h5", ".hdf5"])
@pytest.mark.parametrize(
    "layer",
    [layers.LayerNormalization(axis=[1, 2, 3], center=False, scale=False), layers.UnitNormalization(axis=[1, 2])],
    ids=["layer_normalization", "unit_normalization"],
)
def test_a_layer_that_hdf5_would_change_is_not_saved_there(tmp_path: Path, suffix: str, layer: layers.Layer) -> None:
    changed = classifier(layer)
    with pytest.raises(ValueError, match=r"use a name that ends in \.keras.*axes \[1, 2"):
        save_network(changed, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []
    save_network(changed, tmp_path / "a.keras")
    np.testing.assert_array_equal(outputs(load_network(tmp_path / "a.keras")), outputs(changed))


def test_an_hdf5_file_that_keras_reads_wrongly_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.h5"
    classifier(layers.UnitNormalization(axis=[1, 2])).save(path)
    with pytest.raises(ValueError, match=r"foreign\.h5.*axes \[1, 2\] of the layer \S+ as -1"):
        load_network(path)


@pytest.mark.parametrize("suffix", MODEL_SUFFIXES)
def test_a_lambda_layer_is_refused_and_its_code_does_not_run(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    classifier(layers.Lambda(lambda x: x * 2)).save(path)
    with pytest.raises(ValueError, match=r"a\.\w+ cannot be loaded as a Keras model: .*`Lambda`") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", MODEL_SUFFIXES)
@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_a_truncated_file_is_one_line(network: keras.Model, tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f"a{suffix}"
    save_network(network, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=rf"a\{suffix}") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)


def test_a_damaged_archive_is_one_line(network: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    save_network(network, path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.keras cannot be loaded as a Keras model: .*CRC"):
        load_network(path)


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.keras").write_text("hello")
    (tmp_path / "text.h5").write_text("hello")
    (tmp_path / "model.onnx").write_text("hello")
    with zipfile.ZipFile(tmp_path / "zip.keras", "w") as archive:
        archive.writestr("photos.txt", "hello")
    with h5py.File(tmp_path / "data.hdf5", "w") as file:
        file["images"] = np.zeros(3)
    for name, words in {
        "text.keras": "no zip archive",
        "text.h5": "not an HDF5 file",
        "model.onnx": "must end in",
        "zip.keras": "config.json",
        "data.hdf5": "No model config",
    }.items():
        with pytest.raises(ValueError, match=words) as caught:
            load_network(tmp_path / name)
        assert name in str(caught.value)


def test_a_network_without_a_stated_input_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    with pytest.warns(UserWarning, match="not yet been built"):
        keras.Sequential([layers.Flatten(), layers.Dense(7)]).save(path)
    with pytest.raises(ValueError, match=r"a\.keras does not say what its network takes"):
        load_network(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.keras").mkdir()
    for name in ("missing.keras", "folder.keras"):
        with pytest.raises(FileNotFoundError, match=name):
            load_network(tmp_path / name)


def test_classes_come_from_the_card(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    names = ("neutral", *SIX_EMOTIONS[:5])
    write_card(path, {"network": "vggnet", "class_names": list(names)})
    assert classes_of(path, small_network(6)) == (names, True)


def test_classes_without_a_card_are_assumed_from_their_number(tmp_path: Path) -> None:
    assert classes_of(tmp_path / "a.keras", small_network(6)) == (SIX_EMOTIONS, False)
    with pytest.raises(ValueError, match=r"a\.keras has 5 outputs and no card.*6 or 7 outputs"):
        classes_of(tmp_path / "a.keras", small_network(5))


def test_a_card_that_contradicts_its_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    write_card(path, {"network": "vggnet", "class_names": list(SIX_EMOTIONS)})
    with pytest.raises(ValueError, match="7 outputs, but its card names 6 classes: anger, fear"):
        classes_of(path, small_network(7))


def test_what_is_no_classifier_has_no_classes(tmp_path: Path) -> None:
    pixels = keras.Input((16, 16, 1))
    x = layers.Flatten()(pixels)
    two = keras.Model(pixels, [layers.Dense(7)(x), layers.Dense(7)(x)])
    for network in (two, keras.Model(pixels, layers.Conv2D(7, 3)(pixels))):
        with pytest.raises(ValueError, match=r"a\.keras is no classifier: it must have one output \(N, classes\)"):
            classes_of(tmp_path / "a.keras", network)


def test_a_card_that_is_none_is_refused(tmp_path: Path, network: keras.Model) -> None:
    card = tmp_path / "a.json"
    for content in ("{", json.dumps([]), json.dumps({"class_names": "anger"}), json.dumps({"class_names": []})):
        card.write_text(content)
        with pytest.raises(ValueError, match=r"a\.json is not"):
            classes_of(tmp_path / "a.keras", network)
