import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
from keras import layers, ops

from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.face_ssd.export import export_face_ssd
from emotion_recognition.models.face_ssd.network import FaceSsdSize, face_ssd
from emotion_recognition.models.face_ssd.priors import PriorSettings
from emotion_recognition.models.files import load_network, save_network
from tests.conftest import full_disk

PRIORS = PriorSettings((8, 16, 32, 64), ((10.0, 16.0), (28.0,), (60.0,), (120.0,)), 0.8)
CARD = {"network": "face_ssd", "class_names": ["face"], "stages": [{"epochs": 3}], **PRIORS.to_card()}

#: An earlier model's copy.
STALE = b"stale"


def with_random_state(network: keras.Model) -> keras.Model:
    """Gives every weight a value that training might have left, the moving figures of batch normalisation too."""
    rng = np.random.default_rng(3)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            gamma, beta, mean, variance = (weight.shape for weight in layer.weights)
            scale, spread = rng.uniform(0.5, 1.5, gamma), rng.uniform(0.5, 2, variance)
            layer.set_weights([scale, rng.normal(0, 0.3, beta), rng.normal(0, 0.3, mean), spread])
        elif layer.name.startswith("stride"):
            layer.set_weights([rng.normal(0, 1, weight.shape) for weight in layer.weights])
    return network


def save(network: keras.Model, folder: Path, card: dict[str, Any] | None = None) -> Path:
    """Writes the network and its card beside the copy of an earlier model."""
    path = folder / "detector.keras"
    save_network(network, path)
    write_card(path, CARD if card is None else card)
    path.with_suffix(".onnx").write_bytes(STALE)
    return path


def pooled(operation: Callable[[Any], Any] = lambda pixels: pixels, channels: tuple[int, ...] = (10, 5, 5, 5)) -> Any:
    """A network with the outputs of a detector and hardly anything else, after any operation on the pixels."""
    pixels = keras.Input((None, None, 3), name="pixels")
    x = operation(pixels)
    outputs = [
        layers.Conv2D(count, 1, name=f"stride{stride}")(layers.AveragePooling2D(stride)(x))
        for count, stride in zip(channels, PRIORS.strides, strict=True)
    ]
    return keras.Model(pixels, outputs, name="face_ssd")


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small detector with its card and its copy; tests only read them."""
    keras.utils.set_random_seed(1)
    network = with_random_state(face_ssd(PRIORS, FaceSsdSize((4, 8), (8, 4, 6, 4), (1, 1, 0, 0), 8)))
    path = save(network, tmp_path_factory.mktemp("exported"))
    assert export_face_ssd(path) == path.with_suffix(".onnx")
    return path


@pytest.fixture(scope="module")
def pooled_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of :func:`pooled`, of which tests take copies."""
    return save(pooled(), tmp_path_factory.mktemp("pooled"))


def test_opencv_runs_the_copy_as_keras_runs_the_network_whatever_the_picture_s_shape(exported: Path) -> None:
    network = load_network(exported)
    copy = cv2.dnn.readNetFromONNX(str(exported.with_suffix(".onnx")))
    rng = np.random.default_rng(0)
    # One after another, as a video's are; none is a shape that the export itself tries.
    for height, width in ((64, 128), (256, 64), (192, 192), (64, 448), (320, 256), (64, 128)):
        pixels = rng.uniform(0, 255, (1, height, width, 3)).astype(np.float32)
        copy.setInput(pixels)
        found = {output.shape: np.array(output) for output in copy.forward(copy.getUnconnectedOutLayersNames())}
        assert list(map(len, found.values())) == [1] * 4
        for stride, count, expected in zip(PRIORS.strides, (2, 1, 1, 1), network(pixels, training=False), strict=True):
            expected = np.asarray(expected)
            assert expected.shape == (1, height // stride, width // stride, 5 * count)
            assert np.ptp(expected) > 0.5
            np.testing.assert_allclose(found[expected.shape], expected, atol=1e-3)


def test_every_weight_is_in_the_copy_once(exported: Path) -> None:
    # Four bytes a parameter, and the graph: half a million of them are 2 MB.
    content = exported.with_suffix(".onnx").stat().st_size
    assert content <= 4 * load_network(exported).count_params() + 50_000


def test_the_card_keeps_what_it_had_and_learns_of_the_copy(exported: Path) -> None:
    card = read_card(exported)
    assert card is not None
    entry = card.pop("onnx")
    assert card.pop("model_sha256") == entry["model_sha256"]
    assert card == {
        "network": "face_ssd",
        "class_names": ["face"],
        "stages": [{"epochs": 3}],
        "priors": {
            "strides": [8, 16, 32, 64],
            "sizes": [[10, 16], [28], [60], [120]],
            "aspect_ratio": 0.8,
            "variances": [0.1, 0.2],
        },
    }
    assert set(entry) == {"sha256", "model_sha256", "max_difference"}
    assert entry["sha256"] == hashlib.sha256(exported.with_suffix(".onnx").read_bytes()).hexdigest()
    assert entry["model_sha256"] == hashlib.sha256(exported.read_bytes()).hexdigest()
    assert 0 <= entry["max_difference"] <= 1e-3


def test_the_copy_replaces_an_earlier_one_and_nothing_else_is_left(exported: Path) -> None:
    assert names_in(exported.parent) == ["detector.json", "detector.keras", "detector.onnx"]
    assert exported.with_suffix(".onnx").read_bytes() != STALE


def test_a_missing_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no model .*missing\.keras"):
        export_face_ssd(tmp_path / "missing.keras")


class TestRefusal:
    """Models that are no such detectors: nothing is written."""

    @pytest.fixture
    def model(self, pooled_model: Path, tmp_path: Path) -> Path:
        return Path(shutil.copy(pooled_model, tmp_path))

    def test_without_a_card(self, model: Path) -> None:
        with pytest.raises(ValueError, match=r"detector\.keras has no card beside it that says what its outputs mean"):
            export_face_ssd(model)
        assert names_in(model.parent) == ["detector.keras"]

    @pytest.mark.parametrize(
        ("card", "words"),
        [
            ({**CARD, "network": "vggnet"}, r"must be a face_ssd with its card. Received: the card of 'vggnet'"),
            (
                {"network": "face_ssd", "class_names": ["face"]},
                r"detector\.json: the card describes no prior boxes. Received: None",
            ),
            (
                {**CARD, "priors": {**PRIORS.to_card()["priors"], "aspect_ratio": 0}},
                r"detector\.json: aspect_ratio must be a number above 0. Received: 0.0",
            ),
            (
                {**CARD, "priors": {**PRIORS.to_card()["priors"], "sizes": [[10], [28], [60], [120]]}},
                r"detector\.keras must have the outputs \[\(None, None, None, 5\), .* as its card says. Received: "
                r"\[\(None, None, None, 10\), ",
            ),
            (
                {**CARD, "priors": {**PRIORS.to_card()["priors"], "strides": [8, 16], "sizes": [[10, 16], [28]]}},
                r"must have the outputs \[\(None, None, None, 10\), \(None, None, None, 5\)\], as its card says",
            ),
        ],
    )
    def test_with_a_card_of_another(self, card: dict[str, Any], words: str, model: Path) -> None:
        write_card(model, card)
        before = model.with_suffix(".json").read_bytes()
        with pytest.raises(ValueError, match=words):
            export_face_ssd(model)
        assert names_in(model.parent) == ["detector.json", "detector.keras"]
        assert model.with_suffix(".json").read_bytes() == before


class TestFailure:
    """Whatever goes wrong, no copy is left, the stale one neither, and the card knows of none."""

    def fails(self, path: Path, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words) as caught:
            export_face_ssd(path)
        assert "\n" not in str(caught.value)
        assert names_in(path.parent) == ["detector.json", "detector.keras"]
        card = read_card(path)
        assert card is not None
        assert "onnx" not in card

    def test_opencv_runs_it_otherwise(self, tmp_path: Path) -> None:
        # OpenCV 4 averages over several axes wrongly, and a bare operation is exported as it is.
        network = pooled(lambda pixels: pixels - ops.mean(pixels, axis=(1, 2, 3), keepdims=True))
        self.fails(
            save(network, tmp_path), ValueError, r"as Keras runs the model: an output differs by \d.* than 0.001;"
        )

    def test_opencv_runs_it_not_at_all(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        # The exact error function is no layer of OpenCV 4.
        path = save(pooled(lambda pixels: ops.gelu(pixels, approximate=False)), tmp_path)
        self.fails(
            path, ValueError, r"OpenCV does not run the ONNX copy of .*detector\.keras: .*; no copy was written\."
        )
        assert capfd.readouterr() == ("", "")

    def test_its_weights_are_no_numbers(self, tmp_path: Path) -> None:
        network = pooled()
        network.get_layer("stride16").set_weights([np.full((1, 1, 3, 5), np.nan), np.zeros(5)])
        self.fails(
            save(network, tmp_path), ValueError, "an output differs by nan, more than 0.001; no copy was written"
        )

    def test_keras_cannot_export_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*arguments: object, **options: object) -> None:
            raise RuntimeError("no converter")

        monkeypatch.setattr(keras.Model, "export", broken)
        self.fails(save(pooled(), tmp_path), ValueError, "face_ssd cannot be exported as onnx: no converter")

    def test_the_disk_is_full(self, tmp_path: Path) -> None:
        path = save(pooled(), tmp_path)
        with full_disk(500):
            self.fails(path, OSError, "File too large")
