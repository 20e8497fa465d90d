"""The whole walk of every network that has a name: it trains, is saved, exported, run by OpenCV, explained, detects."""

import os
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.detection.drawing.explanation import Explanation
from emotion_recognition.models import NETWORKS
from emotion_recognition.models.card import read_card
from emotion_recognition.models.export import export_trained
from emotion_recognition.models.export_formats.onnx import MAX_DIFFERENCE
from emotion_recognition.models.files import load_network
from emotion_recognition.models.networks.transfer import backbone_layers
from emotion_recognition.models.onnx_copy import read_copy
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.saving import save_trained
from emotion_recognition.training.settings import ALL_FROZEN, StageSettings
from emotion_recognition.training.stages import fit_stages
from emotion_recognition.training.start import open_start

SIDE = 32
NAMES = ("anger", "happy", "neutral")

#: Up to minutes of a core each, and built like others here: ``EVERY_NETWORK=1`` runs them too.
SLOW = ("vggnet_large", "vgg16", "vgg19", "resnet50", "densenet121")


class OneFace:
    """A face detector that takes the whole picture for a face."""

    framing = Framing(scale=1.0, offset_x=0.0, offset_y=0.0)

    def detect(self, image: np.ndarray) -> list[Face]:
        return [Face((0, 0, image.shape[1], image.shape[0]), 1.0)]


def split(name: str) -> Split:
    images = np.random.default_rng(len(name)).integers(0, 256, (6, SIDE, SIDE, 1), dtype=np.uint8)
    return Split(images, np.arange(6, dtype=np.uint8) % 3, NAMES, name, "made.csv", "0" * 64)


@pytest.mark.parametrize("name", NETWORKS)
def test_it_trains_is_saved_exported_explained_and_detects(name: str, tmp_path: Path) -> None:
    if name in SLOW and not os.environ.get("EVERY_NETWORK"):
        pytest.skip("EVERY_NETWORK=1 runs this one too")
    on_backbone = NETWORKS[name].has_imagenet
    train, val, path = split("train"), split("val"), tmp_path / "model.keras"
    settings = StageSettings(
        epochs=1,
        batch_size=6,
        learning_rate=1e-3,
        augmentation=None,
        freeze=ALL_FROZEN if on_backbone else None,
    )
    options = {"weights": "none", "backbone_size": SIDE} if on_backbone else None
    start = open_start(train, settings, network=name, network_options=options)
    before = {layer.name: layer.get_weights() for layer in start.network.layers if layer.weights}
    done = fit_stages(start, train, val, [settings], TrainingRun.beside(path, verbose=0))
    frozen = {layer.name for layer in backbone_layers(start.network)} if on_backbone else set()
    for layer_name, weights in before.items():
        now = start.network.get_layer(layer_name).get_weights()
        same = all(np.array_equal(a, b) for a, b in zip(weights, now, strict=True))
        assert same == (layer_name in frozen), layer_name
    save_trained(start, path, train, val, done)

    loaded = load_network(path)
    images = val.images.astype(np.float32)
    expected = keras.ops.convert_to_numpy(start.network(images, training=False))
    np.testing.assert_allclose(loaded(images, training=False), expected, atol=1e-5)
    # Nothing in the network says by itself that it is in training.
    np.testing.assert_allclose(loaded(images), expected, atol=1e-5)

    written, reason = export_trained(path, ())
    assert (written, reason) == ([tmp_path / "model.onnx"], "")
    copy = read_copy(path)
    assert copy is not None
    # The export has just run it in OpenCV, image by image and in batches, on images of its own.
    assert copy.entry.max_difference <= MAX_DIFFERENCE

    detector = EmotionDetector(path, classes=NAMES, detector=OneFace())
    picture = cv2.cvtColor(val.images[0], cv2.COLOR_GRAY2BGR)
    (face,) = detector.detect(picture)
    card = read_card(path)
    assert card is not None
    # Calibration takes a probability below 1e-12 for that.
    powers = np.maximum(expected[0].astype(np.float64), 1e-12) ** (1 / card["calibration"]["temperature"])
    np.testing.assert_allclose(list(face.probabilities.values()), powers / powers.sum(), atol=1e-3)
    (heat,) = Explanation([path], detector).heat_maps(val.images[:1], [0])
    assert heat.shape == (SIDE, SIDE)
    assert np.isfinite(heat).all()
