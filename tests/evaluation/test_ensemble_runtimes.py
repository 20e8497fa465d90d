"""Models that are tested by the runtime that detection uses, in place of Keras."""

from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.emotions import class_names
from emotion_recognition.evaluation.ensemble import Ensemble
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.predictions import predict
from emotion_recognition.models.export import export_model

CLASSES = class_names(7)
FLIPPED = PredictionSettings(batch_size=5, tta="flip")


@pytest.fixture
def exported(brightness_model: Path, tmp_path: Path) -> Path:
    path = tmp_path / "bright.keras"
    for suffix in (".keras", ".json"):
        path.with_suffix(suffix).write_bytes(brightness_model.with_suffix(suffix).read_bytes())
    export_model(path, ["onnx"])
    return path


def test_a_copy_is_tested_as_its_model_is(exported: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (13, 8, 8, 1), dtype=np.uint8)
    expected = Ensemble.from_files([exported], CLASSES).predict(images, FLIPPED).probabilities
    for path, runtime in ((exported, "opencv"), (exported, "auto"), (exported.with_suffix(".onnx"), None)):
        received = Ensemble.from_files([path], CLASSES, runtime=runtime).predict(images, FLIPPED).probabilities
        np.testing.assert_allclose(received, expected, atol=1e-4)


def test_a_model_without_a_copy_and_other_classes_are_refused(brightness_model: Path, exported: Path) -> None:
    with pytest.raises(FileNotFoundError, match="has no ONNX copy beside it, which a runtime would run"):
        Ensemble.from_files([brightness_model], CLASSES, runtime="opencv")
    with pytest.raises(ValueError, match="disgust"):
        Ensemble.from_files([exported.with_suffix(".onnx")], class_names(6))
    with pytest.raises(ValueError, match="runtime must be one of"):
        Ensemble.from_files([exported], CLASSES, runtime="tensorrt")


def test_what_is_no_keras_network_must_say_what_it_takes() -> None:
    with pytest.raises(ValueError, match="network_input must be given"):
        predict(lambda images: images, np.zeros((1, 8, 8, 1), np.uint8))
