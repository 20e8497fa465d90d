import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.emotions import class_names
from emotion_recognition.models import build_network
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.export import export_model
from emotion_recognition.models.export_formats import FORMATS, parse_formats
from emotion_recognition.models.export_formats.onnx import probe_images
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.models.keras_export import silence
from emotion_recognition.models.layers import standardise
from emotion_recognition.models.onnx_copy import copy_path, read_copy
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.models.portable import portable

#: How far a copy's probabilities may be from the model's.
TOLERANCE = 1e-4


def saved(network: keras.Model, folder: Path) -> Path:
    path = folder / "model.keras"
    save_network(network, path)
    return path


def with_random_state(network: keras.Model) -> keras.Model:
    """Gives every weight a value that training might have left, the moving figures of batch normalisation too."""
    rng = np.random.default_rng(3)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            gamma, beta, mean, variance = (weight.shape for weight in layer.weights)
            scale, spread = rng.uniform(0.5, 1.5, gamma), rng.uniform(0.5, 2, variance)
            layer.set_weights([scale, rng.normal(0, 0.3, beta), rng.normal(0, 0.3, mean), spread])
    return network


def residual_network() -> keras.Model:
    """What modern classifiers are made of: shortcuts, squeeze and excitation, depthwise and strided convolutions."""
    pixels = keras.Input((24, 24, 3))
    x = standardise(pixels)
    x = layers.Conv2D(8, 3, padding="same")(x)
    for _ in range(2):
        shortcut = x
        x = layers.BatchNormalization()(x)
        x = layers.Activation("swish")(x)
        x = layers.DepthwiseConv2D(3, padding="same")(x)
        x = layers.Conv2D(8, 1)(x)
        weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
        weights = layers.Dense(4, activation="relu")(layers.Flatten()(weights))
        weights = layers.Reshape((1, 1, 8))(layers.Dense(8, activation="sigmoid")(weights))
        x = layers.Add()([layers.Multiply()([x, weights]), shortcut])
    x = layers.Conv2D(16, 3, strides=2, padding="same")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(pixels, layers.Dense(7, activation="softmax")(x))


def test_a_layer_that_resizes_does_not_put_the_copy_into_training(tmp_path: Path) -> None:
    # Keras's Resizing is in training by default, and so is all that is exported behind it.
    pixels = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3)(layers.Resizing(16, 16)(layers.Rescaling(1 / 255)(pixels)))
    x = layers.GlobalAveragePooling2D()(layers.Activation("relu")(layers.BatchNormalization()(x)))
    path = saved(with_random_state(keras.Model(pixels, layers.Dense(7, activation="softmax")(x))), tmp_path)
    export_model(path, ["onnx"])
    copy = read_copy(path)
    assert copy is not None
    assert copy.entry.max_difference <= TOLERANCE


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(lambda: [layers.CenterCrop(8, 8)], id="crop"),
        pytest.param(lambda: [layers.RandomFlip(), layers.RandomRotation(0.3)], id="augmentation"),
    ],
)
def test_no_copy_is_in_training(changes: Callable[[], list[keras.layers.Layer]], tmp_path: Path) -> None:
    pixels = keras.Input((12, 12, 1))
    x = layers.Rescaling(1 / 255)(pixels)
    for layer in changes():
        x = layer(x)
    x = layers.Dropout(0.5)(layers.BatchNormalization()(layers.Conv2D(8, 3)(x)))
    x = layers.Dense(7, activation="softmax")(layers.Flatten()(x))
    path = saved(with_random_state(keras.Model(pixels, x)), tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (40, 12, 12, 1), dtype=np.uint8)
    expected = probabilities(path, images.astype(np.float32))
    export_model(path, ["onnx", "saved_model", "onnx_int8"], images)
    served = keras.layers.TFSMLayer(path.with_name("model_saved_model"), call_endpoint="serve")
    np.testing.assert_allclose(served(images.astype(np.float32)), expected, atol=TOLERANCE)
    card = read_card(path.with_name("model_int8.onnx"))
    assert card is not None
    received = OnnxNetwork(path.with_name("model_int8.onnx").read_bytes(), "int8", "onnxruntime")(
        images.astype(np.float32)
    )
    # Of as many images as there are, all are looked at; the card's figures are those of Keras.
    same = float(np.mean(received.argmax(axis=1) == expected.argmax(axis=1)))
    assert card["quantization"]["same_class"] == pytest.approx(same)
    assert card["onnx"]["max_difference"] == pytest.approx(np.abs(received - expected).max(), abs=1e-6)


def test_logits_of_another_range_of_pixels_are_compared_as_they_are_used(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    pixels = keras.Input((16, 16, 1))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(16, 3, activation="relu")(pixels))
    network = keras.Model(pixels, layers.Dense(7)(x))
    kernel, bias = network.layers[-1].get_weights()
    network.layers[-1].set_weights([kernel * 300, bias])
    path = saved(network, tmp_path)
    write_card(path, {"network": "theirs", "class_names": list(class_names(7)), "input": {"pixels": "-1..1"}})
    export_model(path, ["onnx"])
    copy = read_copy(path)
    assert copy is not None
    images = np.random.default_rng(0).uniform(-1, 1, (4, 16, 16, 1)).astype(np.float32)
    expected = probabilities(path, images)
    # Of the range that the network takes: shown 0..255, its outputs would differ by 128 times as much.
    assert copy.entry.max_difference < 1e-4 * np.abs(expected).max()
    np.testing.assert_allclose(OnnxNetwork(copy.content, "copy")(images), expected, rtol=1e-3, atol=1e-3)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ``vggnet`` with its card and all copies that need no training images."""
    path = saved(
        with_random_state(build_network("vggnet", num_classes=7, image_size=16)), tmp_path_factory.mktemp("exported")
    )
    write_card(path, {"network": "vggnet", "class_names": list(class_names(7)), "calibration": {"temperature": 1.5}})
    written = export_model(path, [row.name for row in FORMATS.values() if not row.needs_images])
    assert [target.name for target in written] == [
        "model.onnx",
        "model.tflite",
        "model_saved_model",
        "model_float16.keras",
        "model_compact.keras",
    ]
    return path


def probabilities(path: Path, images: np.ndarray) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(load_network(path)(images, training=False)))


def test_the_onnx_copy_gives_the_model_s_probabilities(exported: Path) -> None:
    images = probe_images(16, 1)
    network = OnnxNetwork(copy_path(exported).read_bytes(), "copy")
    np.testing.assert_allclose(network(images), probabilities(exported, images), atol=TOLERANCE)


def test_the_batch_size_may_change_from_call_to_call(exported: Path) -> None:
    images = np.random.default_rng(1).integers(0, 256, (200, 16, 16, 1)).astype(np.float32)
    expected = probabilities(exported, images)
    network = OnnxNetwork(copy_path(exported).read_bytes(), "copy")
    for count in (1, 3, 200, 2, 64, 65):
        np.testing.assert_allclose(network(images[:count]), expected[:count], atol=TOLERANCE)


def test_outputs_of_an_earlier_call_stay_as_they_are(exported: Path) -> None:
    network = OnnxNetwork(copy_path(exported).read_bytes(), "copy")
    images = probe_images(16, 1)
    first = network(images[:2])
    kept = first.copy()
    network(images[2:4])
    np.testing.assert_array_equal(first, kept)


def test_the_litert_copy_gives_the_model_s_probabilities(exported: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    images = probe_images(16, 1)
    interpreter = Interpreter(model_path=str(exported.with_suffix(".tflite")))
    entry = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(entry, images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(entry, images)
    interpreter.invoke()
    outputs = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(outputs, probabilities(exported, images), atol=TOLERANCE)


def test_the_saved_model_gives_the_model_s_probabilities(exported: Path) -> None:
    images = probe_images(16, 1)
    layer = keras.layers.TFSMLayer(exported.with_name("model_saved_model"), call_endpoint="serve")
    np.testing.assert_allclose(layer(images), probabilities(exported, images), atol=TOLERANCE)


def test_a_network_of_today_s_blocks_is_exported_rightly(tmp_path: Path) -> None:
    path = saved(with_random_state(residual_network()), tmp_path)
    export_model(path, ["onnx"])
    images = np.random.default_rng(2).integers(0, 256, (5, 24, 24, 3)).astype(np.float32)
    network = OnnxNetwork(copy_path(path).read_bytes(), "copy")
    for count in (5, 1):
        np.testing.assert_allclose(network(images[:count]), probabilities(path, images[:count]), atol=TOLERANCE)


def test_rewriting_changes_no_probability() -> None:
    network = with_random_state(build_network("vggnet", num_classes=7, image_size=16))
    images = probe_images(16, 1)
    np.testing.assert_allclose(portable(network)(images, training=False), network(images, training=False), atol=1e-5)


def test_the_card_keeps_what_it_had_and_learns_of_the_copy(exported: Path) -> None:
    card = read_card(exported)
    assert card is not None
    assert card["calibration"] == {"temperature": 1.5}
    assert card["onnx"]["sha256"] == hashlib.sha256(copy_path(exported).read_bytes()).hexdigest()
    assert card["onnx"]["model_sha256"] == hashlib.sha256(exported.read_bytes()).hexdigest()
    assert (card["onnx"]["image_size"], card["onnx"]["channels"]) == (16, 1)
    assert 0 <= card["onnx"]["max_difference"] <= TOLERANCE


def test_a_model_without_a_card_gets_one_with_the_assumed_classes(exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    shutil.copy(exported, path)
    export_model(path, ["onnx"])
    copy = read_copy(path)
    assert copy is not None
    assert copy.card["class_names"] == list(class_names(7))


def test_a_copy_replaces_an_earlier_one(exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    shutil.copy(exported, path)
    earlier = tmp_path / "model_saved_model"
    earlier.mkdir()
    (earlier / "notes.txt").touch()
    with pytest.raises(FileExistsError, match="model_saved_model is no SavedModel, and is not replaced"):
        export_model(path, ["saved_model"])
    assert (earlier / "notes.txt").exists()
    (earlier / "saved_model.pb").touch()
    export_model(path, ["saved_model"])
    assert not (earlier / "notes.txt").exists()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["model.keras", "model_saved_model"]


def test_nothing_is_printed(exported: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shutil.copy(exported, tmp_path / "model.keras")
    export_model(tmp_path / "model.keras", ["litert"])
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_copy_that_opencv_would_run_wrongly_is_not_written(tmp_path: Path) -> None:
    # OpenCV 4 averages over several axes wrongly, and a bare operation is exported as it is.
    pixels = keras.Input((24, 24, 1))
    centred = pixels - keras.ops.mean(pixels, axis=(1, 2, 3), keepdims=True)
    x = layers.Flatten()(layers.Conv2D(2, 3)(centred))
    network = keras.Model(pixels, layers.Dense(7, activation="softmax")(layers.Rescaling(0.01)(x)))
    path = saved(network, tmp_path)
    with pytest.raises(ValueError, match=r"OpenCV does not run the ONNX copy of .*model\.keras as Keras"):
        export_model(path, ["onnx"])
    assert [file.name for file in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.parametrize("shape", [(8, 12, 1), (None, None, 1), (64,)])
def test_a_network_of_other_input_is_an_error(shape: tuple[int | None, ...], tmp_path: Path) -> None:
    pixels = keras.Input(shape)
    x = layers.GlobalAveragePooling2D()(pixels) if len(shape) == 3 else pixels
    path = saved(keras.Model(pixels, layers.Dense(7, activation="softmax")(x)), tmp_path)
    with pytest.raises(ValueError, match="must take square images of one size"):
        export_model(path, ["onnx"])


def test_a_missing_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no model"):
        export_model(tmp_path / "missing.keras", ["onnx"])


@pytest.mark.parametrize("text", ["", "onnx,", "tflite", "ONNX", "onnx,,litert"])
def test_an_unknown_format_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="export must be some of onnx,onnx_int8,litert,saved_model,float16,compact"):
        parse_formats(text)


def test_formats_are_named_once() -> None:
    assert parse_formats("litert, onnx,litert") == ("litert", "onnx")


class TestReadCopy:
    """Whether an ONNX file beside a model is that model's copy."""

    @pytest.fixture
    def model(self, exported: Path, tmp_path: Path) -> Path:
        for suffix in (".keras", ".onnx", ".json"):
            shutil.copy(exported.with_suffix(suffix), tmp_path / f"model{suffix}")
        return tmp_path / "model.keras"

    def test_it_is(self, model: Path) -> None:
        copy = read_copy(model)
        assert copy is not None
        assert copy.content == model.with_suffix(".onnx").read_bytes()

    def test_it_may_be_named_itself_and_be_there_alone(self, model: Path) -> None:
        model.unlink()
        for name in (model, model.with_suffix(".onnx")):
            copy = read_copy(name)
            assert copy is not None
            assert copy.path == model.with_suffix(".onnx")

    def test_no_file_is_no_copy(self, model: Path) -> None:
        model.with_suffix(".onnx").unlink()
        assert read_copy(model) is None

    def test_another_file_is_an_error(self, model: Path) -> None:
        with model.with_suffix(".onnx").open("ab") as file:
            file.write(b"\0")
        with pytest.raises(ValueError, match=r"model\.onnx is not the copy .*; delete it, or export the model again$"):
            read_copy(model)

    def test_the_copy_of_an_earlier_model_is_an_error(self, model: Path) -> None:
        with model.open("ab") as file:
            file.write(b"\0")
        with pytest.raises(ValueError, match=r"is the copy of an earlier model\.keras"):
            read_copy(model)

    def test_the_card_of_another_model_is_an_error(self, model: Path) -> None:
        card = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
        model.with_suffix(".json").write_text(json.dumps({**card, "model_sha256": 64 * "0"}), encoding="utf-8")
        with pytest.raises(ValueError, match=r"model\.json is the card of another model than model\.keras"):
            read_copy(model)

    def test_a_copy_that_the_card_does_not_know_is_an_error(self, model: Path) -> None:
        write_card(model, {"network": "vggnet", "class_names": list(class_names(7))})
        with pytest.raises(ValueError, match=r"model\.onnx is unknown to .*model\.json"):
            read_copy(model)

    def test_a_copy_without_a_card_is_an_error(self, model: Path) -> None:
        model.with_suffix(".json").unlink()
        with pytest.raises(ValueError, match=r"model\.onnx is unknown to .*model\.json"):
            read_copy(model)

    @pytest.mark.parametrize("entry", [[], {}, {"sha256": "0"}, "text", None])
    def test_a_card_that_describes_it_wrongly_is_an_error(self, entry: object, model: Path) -> None:
        card = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
        write_card(model, {**card, "onnx": entry})
        with pytest.raises(ValueError, match=r"model\.json does not describe the ONNX copy"):
            read_copy(model)


def test_bytes_that_are_no_network_are_an_error() -> None:
    with pytest.raises(ValueError, match="copy is not a network that OpenCV can read"):
        OnnxNetwork(b"no network", "copy")


def test_images_of_another_size_are_an_error(exported: Path) -> None:
    with pytest.raises(ValueError, match="copy does not run on images"):
        OnnxNetwork(copy_path(exported).read_bytes(), "copy")(np.zeros((2, 20, 20, 1), np.float32))


def test_a_doubled_map_of_any_height_and_width_is_exported_for_opencv(tmp_path: Path) -> None:
    # A feature pyramid in small: what a repetition becomes in ONNX, OpenCV 4 does not run.
    pixels = keras.Input((None, None, 3))
    fine = layers.Conv2D(4, 3, padding="same")(pixels)
    coarse = layers.Conv2D(4, 1)(layers.AveragePooling2D(2)(fine))
    network = keras.Model(pixels, layers.Add()([fine, layers.UpSampling2D(2)(coarse)]))
    copy = portable(network)
    copy(np.zeros((1, 8, 8, 3), np.float32))
    with silence():
        copy.export(str(tmp_path / "a.onnx"), format="onnx", verbose=False)
    read = cv2.dnn.readNetFromONNX(np.frombuffer((tmp_path / "a.onnx").read_bytes(), np.uint8))
    for height, width in ((8, 8), (4, 12), (16, 6)):
        images = np.random.default_rng(0).uniform(0, 1, (1, height, width, 3)).astype(np.float32)
        expected = np.asarray(network(images, training=False))
        np.testing.assert_allclose(copy(images, training=False), expected, atol=1e-6)
        read.setInput(images)
        np.testing.assert_allclose(read.forward(), expected, atol=1e-5)


@pytest.mark.parametrize("options", [{"size": (2, 3)}, {"size": 3}, {"interpolation": "bilinear"}])
def test_any_other_enlargement_stays_as_it_is(options: dict[str, object]) -> None:
    pixels = keras.Input((4, 6, 2))
    network = keras.Model(pixels, layers.UpSampling2D(**options)(pixels))
    images = np.random.default_rng(0).uniform(0, 1, (2, 4, 6, 2)).astype(np.float32)
    assert type(portable(network).layers[-1]) is layers.UpSampling2D
    np.testing.assert_allclose(portable(network)(images), network(images), atol=1e-6)
