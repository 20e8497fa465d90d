"""A detector with a second stage beside it: which files belong together, and what the detector makes of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.face_ssd.refiner_file import read_refiner, refiner_path
from emotion_recognition.detection.face_detectors.face_ssd.refining import LEAST_SCORE, SHARE
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.models.card import write_card
from emotion_recognition.models.export_formats.onnx import write_copy
from emotion_recognition.models.face_refiner.fusion import Fusion
from emotion_recognition.models.face_refiner.network import RefinerSize, face_refiner
from emotion_recognition.models.face_refiner.outputs import FaceView
from emotion_recognition.models.files import save_network
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)
VIEW = FaceView(32, 1.5)


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released detector with an untrained second stage beside it, which leaves faces where they are."""
    folder = tmp_path_factory.mktemp("second_stage")
    for ending in (".onnx", ".json"):
        shutil.copy(RELEASED.released_face_detector.with_suffix(ending), folder)
    network = face_refiner(VIEW, RefinerSize((4, 4, 4, 8, 8, 8), 4))
    dense = network.get_layer("exact_face")
    dense.set_weights([1e-3 * dense.get_weights()[0], dense.get_weights()[1]])
    path = refiner_path(folder / "face_ssd.keras")
    save_network(network, path)
    card = {
        "network": "face_refiner",
        "class_names": ["face"],
        **VIEW.to_card(),
        **Fusion(1.0, 0.0, 0.0).to_card(),
        "landmarks": 5,
        "min_confidence": 0.55,
    }
    write_card(path, card)
    write_copy(path, network, ["face"], path.with_suffix(".onnx"), tolerance=1e-3)
    return folder / "face_ssd.onnx"


@pytest.fixture
def detector(untrained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(untrained.parent, tmp_path / "detector")) / untrained.name


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return read_image(RELEASED.sample_photo)


def change_card(detector: Path, **changes: Any) -> Path:
    path = refiner_path(detector).with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return path


def test_a_face_gets_landmarks_and_keeps_its_place(untrained: Path, photo: np.ndarray) -> None:
    (alone,) = FaceSsdDetector(untrained, second_stage=False).detect(photo)
    (face,) = FaceSsdDetector(untrained).detect(photo)
    assert alone.landmarks is None
    assert face.landmarks is not None
    # It says that the face is as wide as it is high.
    x, y, width, height = alone.box
    size = (width * height) ** 0.5
    sides = np.array([width, height]) + SHARE * (size - np.array([width, height]))
    expected = [*(np.array([x + width / 2, y + height / 2]) - sides / 2), *sides]
    assert np.abs(np.subtract(face.box, expected)).max() <= 1
    assert face.score == pytest.approx(alone.score, abs=1e-6)


def test_landmarks_that_nobody_has_taught_it_are_not_reported(detector: Path, photo: np.ndarray) -> None:
    change_card(detector, landmarks=0)
    (face,) = FaceSsdDetector(detector).detect(photo)
    assert face.landmarks is None


def test_the_card_of_the_second_stage_states_the_confidence_of_both(detector: Path) -> None:
    assert FaceSsdDetector(detector).settings.min_confidence == 0.55
    assert FaceSsdDetector(detector, second_stage=False).settings.min_confidence == 0.6
    change_card(detector, min_confidence=None)
    assert FaceSsdDetector(detector).settings == DetectionSettings()


def test_the_second_stage_may_raise_what_the_first_one_doubts(detector: Path, photo: np.ndarray) -> None:
    change_card(detector, fusion={"first": 1.0, "second": 0.0, "intercept": 9.0})
    least = min(face.score for face in FaceSsdDetector(detector).propose(photo, 320, LEAST_SCORE))
    faces = FaceSsdDetector(detector).detect(photo)
    assert least < 0.6
    assert faces
    assert all(face.score > 0.9 for face in faces)
    change_card(detector, fusion={"first": 1.0, "second": 0.0, "intercept": -20.0})
    assert FaceSsdDetector(detector).detect(photo) == []


def test_a_second_stage_from_elsewhere_is_taken_when_it_is_named(
    detector: Path, tmp_path: Path, photo: np.ndarray
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in detector.parent.glob("face_ssd_refiner.*"):
        shutil.move(path, elsewhere / path.name)
    assert {face.landmarks is None for face in FaceSsdDetector(detector).detect(photo)} == {True}
    named = FaceSsdDetector(detector, second_stage=elsewhere / "face_ssd_refiner.onnx")
    assert {face.landmarks is None for face in named.detect(photo)} == {False}
    with pytest.raises(FileNotFoundError, match=r"There is no second stage .*none\.onnx\."):
        FaceSsdDetector(detector, second_stage=elsewhere / "none.onnx")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network": "face_ssd"}, r"must be the card of a face_refiner network\. Received: 'face_ssd'"),
        ({"view": {"size": 32}}, r"face_ssd_refiner\.json: view must hold a size and a context"),
        ({"fusion": None}, r"face_ssd_refiner\.json: fusion must hold first, second and intercept\. Received: None"),
        ({"landmarks": 4}, r"face_ssd_refiner\.json: the card must state 5 landmarks, or none"),
        ({"min_confidence": 2}, r"must state a min_confidence within 0\.\.1\. Received: 2"),
        ({"onnx": None}, "does not describe the ONNX copy as it must"),
    ],
)
def test_a_card_that_does_not_describe_it_is_refused(changes: dict[str, Any], words: str, detector: Path) -> None:
    change_card(detector, **changes)
    with pytest.raises(ValueError, match=words):
        FaceSsdDetector(detector)


def test_another_file_under_its_name_is_refused(detector: Path) -> None:
    refiner_path(detector).write_bytes(detector.read_bytes())
    with pytest.raises(ValueError, match="is not the copy that the model's card describes; delete it"):
        FaceSsdDetector(detector)


def test_the_second_stage_in_place_of_the_detector_is_called_what_it_is(detector: Path) -> None:
    with pytest.raises(ValueError, match=r"must be the card of a face_ssd network\. Received: 'face_refiner'"):
        open_detector("auto", model=refiner_path(detector))


def test_without_the_file_there_is_none(tmp_path: Path) -> None:
    assert read_refiner(tmp_path / "face_ssd_refiner.onnx") is None
