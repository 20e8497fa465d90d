"""The face detector that comes with the repository does what its card and the README say."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.face_ssd.card import read_face_ssd
from emotion_recognition.detection.face_detectors.face_ssd.decoding import decode_outputs
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.face_ssd.network import FaceSsdNetwork
from emotion_recognition.detection.face_detectors.face_ssd.refiner_file import read_refiner, refiner_path
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.detection.face_detectors.settings import DETECTOR_SIZES
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.letterbox import Letterbox
from emotion_recognition.pictures.upright import roll_of
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)
KERAS_FILE = RELEASED.released_face_detector
ONNX_FILE = KERAS_FILE.with_suffix(".onnx")

#: The file has at most 2 MB, the network at most half a million parameters; with the second stage 2.5 MB and 600,000.
LARGEST, MOST_PARAMETERS = 2_000_000, 500_000
LARGEST_OF_BOTH, MOST_PARAMETERS_OF_BOTH = 2_500_000, 600_000

#: Eyes, nose and corners of the mouth on the sample photograph, by eye.
LANDMARKS = ((203, 102), (245, 105), (221, 127), (202, 143), (242, 145))


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


def test_both_stages_are_small_and_belong_together() -> None:
    from emotion_recognition.models.files import load_network

    second = refiner_path(KERAS_FILE)
    file = read_refiner(second)
    assert file is not None
    assert file.landmarks
    copies = (ONNX_FILE, file.copy.path)
    assert sum(path.stat().st_size for path in copies) <= LARGEST_OF_BOTH
    assert sum(load_network(path).count_params() for path in (KERAS_FILE, second)) <= MOST_PARAMETERS_OF_BOTH
    images = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3)).astype(np.float32)
    expected = np.asarray(load_network(second)(images, training=False))
    np.testing.assert_allclose(OnnxNetwork(file.copy.content, "the copy")(images), expected, atol=1e-4)


@pytest.mark.parametrize("angle", [0, 25, -40])
def test_landmarks_of_the_sample_photo_are_on_the_face_and_turn_with_it(angle: int, detector: FaceSsdDetector) -> None:
    turn = cv2.getRotationMatrix2D((225, 115), angle, 1)
    image = cv2.warpAffine(read_image(RELEASED.sample_photo), turn, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    (face,) = detector.detect(np.asarray(image))
    expected = np.array(LANDMARKS) @ turn[:, :2].T + turn[:, 2]
    assert face.landmarks is not None
    # The eyes are 42 pixels apart.
    assert np.linalg.norm(np.array(face.landmarks) - expected, axis=1).mean() < 5
    assert roll_of(face.landmarks) == pytest.approx(-angle + roll_of(LANDMARKS), abs=8)


def test_out_of_focus_there_is_no_face_that_fills_the_picture(detector: FaceSsdDetector) -> None:
    sample = read_image(RELEASED.sample_photo)
    for sigma in (12, 16):
        found = detector.detect(np.asarray(cv2.GaussianBlur(sample, (0, 0), sigma)))
        assert all(face.box[2] < 256 for face in found)


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
