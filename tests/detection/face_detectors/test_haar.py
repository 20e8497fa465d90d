import cv2
import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.haar import HaarDetector, HaarSettings
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.workspace import Workspace
from tests.conftest import REPOSITORY

SAMPLE = Workspace(REPOSITORY / "FacialExpressionRecognition").sample_photo

#: The astronaut's eyes in the sample photograph, x and y in pixels, marked by hand.
EYES = ((201, 100), (247, 100))


def test_the_face_of_the_sample_photo_is_found() -> None:
    (face,) = HaarDetector().detect(read_image(SAMPLE))
    x, y, width, height = face.box
    assert width == height
    assert all(x < eye_x < x + width and y < eye_y < y + height / 2 for eye_x, eye_y in EYES)
    assert 0.5 <= face.score <= 1
    assert face.landmarks is None


def test_a_box_lies_where_the_face_is_in_a_picture_that_is_not_square() -> None:
    photo = read_image(SAMPLE)[:256]
    shifted = np.full((300, 900, 3), 128, np.uint8)
    shifted[30:286, 350:862] = photo
    (before,), (after,) = HaarDetector().detect(photo), HaarDetector().detect(shifted)
    moved = np.add(before.box, (350, 30, 0, 0))
    np.testing.assert_allclose(after.box, moved, atol=before.box[2] * 0.1)


def test_no_face_is_an_empty_list() -> None:
    assert HaarDetector().detect(np.full((300, 200, 3), 90, np.uint8)) == []
    assert HaarDetector().detect(np.zeros((1, 1, 3), np.uint8)) == []


def test_min_confidence_is_obeyed() -> None:
    photo = read_image(SAMPLE)
    (face,) = HaarDetector().detect(photo)
    higher = (face.score + 1) / 2
    assert HaarDetector(DetectionSettings(min_confidence=higher)).detect(photo) == []


def test_the_score_is_the_logistic_function_of_the_weight() -> None:
    search = HaarSettings(weight_at_half=54.0, weight_slope=2.0)
    # 1 / (1 + e^−2) and its complement.
    assert search.score(55.0) == pytest.approx(0.8807971)
    assert search.score(53.0) == pytest.approx(0.1192029)


def test_a_weight_far_below_scores_0() -> None:
    assert HaarSettings().score(-1e4) == pytest.approx(0.0)


def test_a_missing_cascade_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"comes without no_such\.xml"):
        HaarDetector(search=HaarSettings(cascade="no_such.xml"))


def test_an_opencv_without_cascades_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "CascadeClassifier")  # as in OpenCV 5
    with pytest.raises(ValueError, match="has no cascades"):
        HaarDetector()
