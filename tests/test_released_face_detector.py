"""The face detector that comes with the repository does what its card and the README say."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.face_ssd.card import read_face_ssd
from emotion_recognition.detection.face_detectors.face_ssd.decoding import decode_outputs
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.face_ssd.network import FaceSsdNetwork
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.detection.face_detectors.settings import DETECTOR_SIZES
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.letterbox import Letterbox
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)
KERAS_FILE = RELEASED.released_face_detector
ONNX_FILE = KERAS_FILE.with_suffix(".onnx")

#: The file has at most 2 MB, the network at most half a million parameters.
LARGEST, MOST_PARAMETERS = 2_000_000, 500_000


@pytest.fixture(scope="module")
def detector() -> FaceSsdDetector:
    return FaceSsdDetector(ONNX_FILE)


def blank() -> np.ndarray:
    return np.full((480, 640, 3), 128, np.uint8)


def gradient() -> np.ndarray:
    return np.asarray(np.add.outer(np.arange(480), np.arange(640))[..., None].repeat(3, 2) / 1120 * 255, np.uint8)


def noise(sigma: float) -> np.ndarray:
    """Noise, blurred; BGR uint8 (480, 640, 3) with the full contrast."""
    pixels = np.random.default_rng(0).uniform(0, 255, (480, 640, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(pixels, (0, 0), sigma) if sigma else pixels
    return np.asarray(cv2.normalize(blurred, np.empty_like(blurred), 0, 255, cv2.NORM_MINMAX), np.uint8)


def test_it_is_small_and_its_files_belong_together() -> None:
    from emotion_recognition.models.files import load_network

    read_face_ssd(KERAS_FILE)  # refuses a file whose hash, or whose model's hash, is another than the card's
    assert ONNX_FILE.stat().st_size <= LARGEST
    assert load_network(KERAS_FILE).count_params() <= MOST_PARAMETERS


def test_auto_takes_it() -> None:
    assert open_detector("auto", base_path=RELEASED.base_path).name == "ssd"


def test_the_face_of_the_sample_photo_is_found(detector: FaceSsdDetector) -> None:
    (face,) = detector.detect(read_image(RELEASED.sample_photo))
    x, y, width, height = face.box
    # The middle between eyes and mouth, and the face from chin to forehead.
    assert x < 225 < x + width
    assert y < 115 < y + height
    assert 70 <= (width * height) ** 0.5 <= 150


@pytest.mark.parametrize("size", [320, 640])
@pytest.mark.parametrize(
    "picture",
    [blank(), gradient(), noise(0), noise(2), noise(8), noise(32)],
    ids=["blank", "gradient", "noise", "fine", "medium", "coarse"],
)
def test_nothing_is_no_face(picture: np.ndarray, size: int) -> None:
    assert FaceSsdDetector(ONNX_FILE, size=size).detect(picture) == []


@pytest.mark.parametrize("shape", [(1, 1), (10, 4000), (4000, 10), (63, 65)])
def test_a_picture_of_any_shape_goes_through(shape: tuple[int, int], detector: FaceSsdDetector) -> None:
    assert detector.detect(np.full((*shape, 3), 90, np.uint8)) == []


@pytest.mark.parametrize("size", [DETECTOR_SIZES[0], 320, 640])
def test_opencv_and_keras_say_the_same_of_the_sample_photo(size: int) -> None:
    _check_parity(RELEASED.sample_photo, size)


@pytest.mark.real_data
@pytest.mark.parametrize("size", [320, 640])
def test_opencv_and_keras_say_the_same_of_the_sixteen_portraits(size: int, real_data: Path) -> None:
    _check_parity(real_data / "photos" / "sixteen_expressions.jpg", size)


@pytest.mark.real_data
def test_the_sixteen_portraits_are_found_one_in_each_field(detector: FaceSsdDetector, real_data: Path) -> None:
    found = detector.detect(read_image(real_data / "photos" / "sixteen_expressions.jpg"))
    fields = {(int((x + w / 2) // 320), int((y + h / 2) // 212.5)) for x, y, w, h in (face.box for face in found)}
    assert len(found) == len(fields) == 16
    assert [face.score for face in found] == sorted((face.score for face in found), reverse=True)


@pytest.mark.real_data
def test_a_face_moves_with_the_picture(detector: FaceSsdDetector, real_data: Path) -> None:
    portrait = read_image(real_data / "photos" / "sixteen_expressions.jpg")[:212, :320]
    (before,) = detector.detect(portrait)
    (mirrored,) = detector.detect(np.ascontiguousarray(portrait[:, ::-1]))
    x, y, width, height = before.box
    np.testing.assert_allclose(mirrored.box, (320 - x - width, y, width, height), atol=8)


def _check_parity(photo: Path, size: int) -> None:
    """Every score, and every box as a share of the input's size, is the same to 1e-4."""
    from emotion_recognition.models.files import load_network

    file = read_face_ssd(ONNX_FILE)
    pixels, _ = Letterbox(size, file.priors.strides[-1])(read_image(photo))
    height, width = pixels.shape[1:3]
    said = [np.asarray(output).reshape(-1, 5) for output in load_network(KERAS_FILE)(pixels, training=False)]
    expected_boxes, expected_scores = decode_outputs(said, height, width, file.priors, 0.0)
    boxes, scores = decode_outputs(FaceSsdNetwork(file)(pixels), height, width, file.priors, 0.0)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-4)
    np.testing.assert_allclose(boxes / size, expected_boxes / size, atol=1e-4)
