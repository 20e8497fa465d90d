"""Feature vectors of faces: in Python, in tables, and through the script."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from pyarrow import parquet

import EmotionDetector as Script
from emotion_recognition import EmotionDetector
from emotion_recognition.detection import EmotionClassifier, to_dataframe
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.models.card import write_card
from emotion_recognition.models.files import save_network
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)


def test_keras_gives_what_the_last_dense_layer_sees(brightness_model: Path) -> None:
    crops = np.stack([np.full((8, 8, 1), value, np.uint8) for value in (0, 51, 255)])
    classifier = EmotionClassifier(brightness_model, 7)
    probabilities, features = classifier.with_features(crops)
    # That network's only feature is the mean pixel.
    assert np.allclose(features, [[0], [0.2], [1]])
    assert np.array_equal(probabilities, classifier.probabilities(crops))


def test_opencv_gives_what_keras_gives(tmp_path: Path) -> None:
    model = RELEASED.released_model(7)
    for path in (model, model.with_suffix(".json")):
        shutil.copy(path, tmp_path / path.name)
    crops = np.random.default_rng(0).integers(0, 256, (9, 48, 48, 1), dtype=np.uint8)
    by_opencv = EmotionClassifier(model, 7).with_features(crops)
    by_keras = EmotionClassifier(tmp_path / model.name, 7).with_features(crops)
    assert by_opencv[1].shape == (9, 256)
    assert np.allclose(by_opencv[1], by_keras[1], atol=1e-4)
    assert np.array_equal(by_opencv[0], EmotionClassifier(model, 7).probabilities(crops))


def test_several_models_and_mirrored_crops(brightness_model: Path) -> None:
    crops = np.stack([np.full((8, 8, 1), 51, np.uint8)])
    classifier = EmotionClassifier([brightness_model, brightness_model], 7, mirrored=True)
    assert np.allclose(classifier.with_features(crops)[1], [[0.2, 0.2]])
    assert classifier.with_features(crops[:0])[1].shape[0] == 0


def test_a_network_without_a_last_dense_layer_is_refused(tmp_path: Path) -> None:
    pixels = keras.Input((8, 8, 1))
    maps = keras.layers.Conv2D(7, 8)(pixels)
    network = keras.Model(pixels, keras.layers.Softmax()(keras.layers.Flatten()(maps)))
    path = tmp_path / "convolution.keras"
    save_network(network, path)
    write_card(path, {"network": "convolution", "class_names": list(EmotionClassifier(path, 7).class_names)})
    with pytest.raises(ValueError, match=r"convolution\.keras has no feature vectors: it does not end in a dense"):
        EmotionClassifier(path, 7).with_features(np.zeros((1, 8, 8, 1), np.uint8))
    with pytest.raises(ValueError, match=r"convolution\.keras has no feature vectors"):
        EmotionDetector(path, detector="none", embeddings=True)  # before any picture


def test_faces_have_them_on_request_and_the_rest_stays(tmp_path: Path) -> None:
    without = EmotionDetector(detector="haar").detect(RELEASED.sample_photo)
    result = EmotionDetector(detector="haar", embeddings=True).detect(RELEASED.sample_photo)
    assert without[0].embedding is None
    assert "embedding" not in without.to_dict()["faces"][0]
    assert "embedding" not in without.to_dataframe()
    assert result == without
    (row,) = result.to_dataframe().to_dict("records")
    assert row["embedding"].shape == (256,)
    assert result.to_dict()["faces"][0]["embedding"] == [round(float(x), 6) for x in row["embedding"]]


def test_a_table_of_frames() -> None:
    face = FaceEmotion((1, 2, 30, 40), 0.5, {"happy": 0.25, "sad": 0.75})
    frames = [
        Sight("film.mp4", (64, 48), [SeenFace(face, identity=3)], frame=7, time=0.28),
        Sight("film.mp4", (64, 48), [], 8, 0.32),
    ]
    table = to_dataframe(frames)
    columns = ["file", "frame", "time", "carried", "identity", "x", "y", "width", "height", "score", "emotion"]
    assert list(table.columns) == [*columns, "happy", "sad"]
    assert table.to_numpy().tolist() == [["film.mp4", 7, 0.28, False, 3, 1, 2, 30, 40, 0.5, "sad", 0.25, 0.75]]


def test_the_script_writes_them(tmp_path: Path) -> None:
    files = ["--json", str(tmp_path / "a.json"), "--parquet", str(tmp_path / "a.parquet")]
    arguments = ["--detector", "haar", "-o", str(tmp_path / "a.png"), "-i", str(RELEASED.sample_photo), *files]
    assert Script.main([*arguments, "--embeddings"]) == 0
    (row,) = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    (face,) = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["results"][0]["faces"]
    assert row["embedding"] == pytest.approx(face["embedding"], abs=1e-6)
    assert len(row["embedding"]) == 256
    assert Script.main(arguments) == 0
    assert "embedding" not in parquet.read_schema(tmp_path / "a.parquet").names


def test_the_script_needs_a_place_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert Script.main(["--embeddings"]) == 2
    assert capsys.readouterr().err == "error: --embeddings needs a file to write them to: --json or --parquet.\n"
