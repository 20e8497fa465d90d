"""A network that knows only how bright a picture is, saved and measured: what its scores must become is known.

Of four grey pictures one has a face, of five bright ones four have; the network finds the same box in all of them.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.detection.face_detectors.face_ssd.card import read_face_ssd
from emotion_recognition.evaluation.face_detection.calibrated_saving import SavedDetector, save_calibrated
from emotion_recognition.models.card import read_card
from emotion_recognition.models.face_ssd.priors import PriorSettings
from emotion_recognition.models.files import load_network
from emotion_recognition.models.precision import with_precision

PRIORS = PriorSettings((8, 16, 32, 64), ((10.0,), (28.0,), (60.0,), (120.0,)), 0.8)
CARD = {"network": "face_ssd", "class_names": ["face"], "input": {"size": 64}, "stages": [], **PRIORS.to_card()}

GREY, BRIGHT = 100, 200
GREYS = [GREY] * 4 + [BRIGHT] * 5
HAS_FACE = [True, False, False, False, True, True, True, True, False]
BOX = (10, 10, 40, 40)


@dataclass(frozen=True)
class Found:
    box: tuple[int, int, int, int]
    score: float


def picture(grey: int) -> np.ndarray:
    return np.full((64, 64, 3), grey, np.uint8)


def val(has_face: list[bool] = HAS_FACE, ignored: bool = False) -> FaceSplit:
    count = sum(has_face)
    return FaceSplit(
        pictures=[np.asarray(cv2.imencode(".png", picture(grey))[1]).ravel() for grey in GREYS],
        sizes=np.full((9, 2), 64, np.int32),
        boxes=np.array([BOX] * count, np.float32).reshape(-1, 4),
        first=np.cumsum([0, *has_face]).astype(np.int64),
        ignored=np.full(count, ignored),
        names=("",) * 9,
        sources=("",) * 9,
        masks=("",) * count,
        split="val",
        source_name="val.csv",
        source_sha256="0" * 64,
    )


def network() -> keras.Model:
    """Its logits are 0 for the grey pictures and 2 for the bright ones; trained in bfloat16."""
    pixels = keras.Input((None, None, 3), name="pixels")
    outputs = [
        layers.Conv2D(5, 1, name=f"stride{stride}")(layers.AveragePooling2D(stride)(layers.Rescaling(1 / 100)(pixels)))
        for stride in PRIORS.strides
    ]
    made = keras.Model(pixels, outputs, name="face_ssd")
    kernel = np.full((1, 1, 3, 5), 0.25)
    kernel[..., 0] = (1, 0.5, 0.5)
    for stride in PRIORS.strides:
        made.get_layer(f"stride{stride}").set_weights([kernel, np.array([-2, 0, 0, 0, 0])])
    return with_precision(made, "mixed_bfloat16")


def open_copy(path: Path) -> Callable[[np.ndarray], list[Found]]:
    """Finds the box in every picture, as sure as the copy's coarsest output says."""
    copy = cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8))

    def detect(image: np.ndarray) -> list[Found]:
        copy.setInput(image[None].astype(np.float32))
        outputs = {output.shape: output for output in copy.forward(copy.getUnconnectedOutLayersNames())}
        return [Found(BOX, float(1 / (1 + np.exp(-outputs[1, 1, 1, 5][0, 0, 0, 0]))))]

    return detect


def find_nothing(path: Path) -> Callable[[np.ndarray], list[Found]]:
    return lambda image: []


@pytest.fixture(scope="module")
def trained() -> Any:
    return network()


@pytest.fixture(scope="module")
def calibrated(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SavedDetector]:
    """The detector and what was said of it; tests only read them."""
    path = tmp_path_factory.mktemp("calibrated") / "detector.keras"
    return path, save_calibrated(trained, path, CARD, val(), open_copy=open_copy, confidence=0.5)


def logits_of(model: keras.Model, grey: int) -> list[float]:
    outputs = model(picture(grey)[None].astype(np.float32), training=False)
    return [float(np.asarray(output, np.float32)[0, 0, 0, 0]) for output in outputs]


def test_scores_become_the_shares_of_faces(calibrated: tuple[Path, SavedDetector]) -> None:
    detect = open_copy(calibrated[0].with_suffix(".onnx"))
    assert detect(picture(GREY))[0].score == pytest.approx(1 / 4, abs=1e-3)
    assert detect(picture(BRIGHT))[0].score == pytest.approx(4 / 5, abs=1e-3)


def test_the_model_file_is_calibrated_like_its_copy_in_every_feature_map(
    calibrated: tuple[Path, SavedDetector],
) -> None:
    model = load_network(calibrated[0])
    assert logits_of(model, GREY) == pytest.approx([math.log(1 / 3)] * 4, abs=3e-3)
    assert logits_of(model, BRIGHT) == pytest.approx([math.log(4)] * 4, abs=3e-3)
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}


def test_what_was_measured_is_what_was_saved(calibrated: tuple[Path, SavedDetector]) -> None:
    _, saved = calibrated
    assert saved.why_uncalibrated == ""
    assert saved.calibration is not None
    assert saved.calibration.slope == pytest.approx((math.log(4) - math.log(1 / 3)) / 2, abs=2e-3)
    assert saved.calibration.intercept == pytest.approx(math.log(1 / 3), abs=2e-3)
    assert (saved.calibration.boxes, saved.calibration.hits) == (9, 5)
    # At 0.5 only the bright pictures' boxes count, four of which are faces, of five in all; before the calibration the
    # grey pictures' had a score of 0.5 too.
    assert (saved.metrics["precision"], saved.metrics["recall"]) == (0.8, 0.8)
    # Precision 1 up to a recall of 4/5, then 5/6.
    assert saved.metrics["average_precision_50"] == pytest.approx((81 + 20 * 5 / 6) / 101, abs=0.003)


def test_the_card_says_so(calibrated: tuple[Path, SavedDetector]) -> None:
    path, saved = calibrated
    card = read_card(path)
    assert card is not None
    assert {key: card[key] for key in ("network", "class_names", "input", "stages")} == {
        key: CARD[key] for key in ("network", "class_names", "input", "stages")
    }
    assert card["metrics"] == {"val": saved.metrics}
    assert saved.calibration is not None
    assert card["score_calibration"] == vars(saved.calibration)
    assert card["onnx"]["model_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card["onnx"]["sha256"] == hashlib.sha256(path.with_suffix(".onnx").read_bytes()).hexdigest()
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["detector.json", "detector.keras", "detector.onnx"]


def test_detection_reads_the_files(calibrated: tuple[Path, SavedDetector]) -> None:
    file = read_face_ssd(calibrated[0])
    assert (file.priors, file.size) == (PRIORS, 64)


@pytest.mark.usefixtures("calibrated")
def test_the_trained_network_stays_as_it_is(trained: Any) -> None:
    assert logits_of(trained, GREY) == pytest.approx([0] * 4, abs=0.02)
    assert logits_of(trained, BRIGHT) == pytest.approx([2] * 4, abs=0.02)


def test_a_detector_that_finds_nothing_is_saved_as_it_is(trained: Any, tmp_path: Path) -> None:
    path = tmp_path / "detector.keras"
    saved = save_calibrated(trained, path, CARD, val(), open_copy=find_nothing, confidence=0.5)
    assert saved.calibration is None
    assert saved.why_uncalibrated == "matches must have both hits and false alarms. Received: 0 of 0 hits"
    assert (saved.metrics["average_precision_50"], saved.metrics["recall"]) == (0, 0)
    card = read_card(path)
    assert card is not None
    assert card["score_calibration"] is None
    assert card["metrics"] == {"val": saved.metrics}
    read_face_ssd(path)  # refuses files that do not belong together
    detect = open_copy(path.with_suffix(".onnx"))
    assert detect(picture(BRIGHT))[0].score == pytest.approx(1 / (1 + math.exp(-2)), abs=1e-3)


def test_scores_that_fall_where_faces_are_stay_as_they_are(trained: Any, tmp_path: Path) -> None:
    # Faces in three of the four grey pictures and in one of the five bright ones.
    has_face = [True, True, True, False, True, False, False, False, False]
    saved = save_calibrated(
        trained, tmp_path / "detector.keras", CARD, val(has_face), open_copy=open_copy, confidence=0.5
    )
    assert saved.calibration is None
    assert saved.why_uncalibrated.startswith("Higher scores do not mean faces")
    assert saved.metrics["recall"] == 1


def test_without_a_face_that_counts_nothing_can_be_measured(trained: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one face that counts"):
        save_calibrated(
            trained, tmp_path / "detector.keras", CARD, val(ignored=True), open_copy=open_copy, confidence=0.5
        )


def test_a_network_without_numbers_has_no_copy(tmp_path: Path) -> None:
    broken = network()
    broken.get_layer("stride8").set_weights([np.full((1, 1, 3, 5), np.nan), np.zeros(5)])
    with pytest.raises(ValueError, match="an output differs by nan"):
        save_calibrated(broken, tmp_path / "detector.keras", CARD, val(), open_copy=open_copy, confidence=0.5)
    assert not (tmp_path / "detector.onnx").exists()
