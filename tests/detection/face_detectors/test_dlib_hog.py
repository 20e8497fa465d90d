import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.dlib_hog import DlibDetector
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

needs_dlib = pytest.mark.skipif(importlib.util.find_spec("dlib") is None, reason="dlib is not installed")


@needs_dlib
@pytest.mark.real_data
def test_the_sixteen_portraits_are_found_one_in_each_field(real_data: Path) -> None:
    found = DlibDetector().detect(read_image(real_data / "photos" / "sixteen_expressions.jpg"))
    fields = {(int((x + w / 2) // 320), int((y + h / 2) // 212.5)) for x, y, w, h in (face.box for face in found)}
    assert len(found) == len(fields) == 16
    assert all(0.5 <= face.score <= 1 for face in found)


@needs_dlib
@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (120, 160)])
def test_an_empty_picture_of_any_shape_has_no_faces(shape: tuple[int, int]) -> None:
    assert DlibDetector().detect(np.full((*shape, 3), 128, np.uint8)) == []


@needs_dlib
def test_a_grey_array_is_refused() -> None:
    with pytest.raises(ValueError, match="image must be a BGR uint8 array"):
        DlibDetector().detect(np.zeros((9, 9), np.uint8))


def test_without_dlib_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)  # as if it were not installed
    with pytest.raises(ValueError, match="pip install dlib-bin"):
        DlibDetector()


@needs_dlib
def test_the_sample_photograph_has_one_face_at_the_default_and_patches_of_the_suit_below_it() -> None:
    image = read_image(Workspace(REPOSITORY / DEFAULT_BASE_PATH).output_folder / "testImage.jpg")
    (face,) = open_detector("dlib").detect(image)
    x, y, width, height = face.box
    assert x < 220 < x + width  # the face's middle, seen in the photograph, is at (220, 125)
    assert y < 125 < y + height
    assert len(open_detector("dlib", settings=DetectionSettings(min_confidence=0.5)).detect(image)) == 3


@needs_dlib
def test_large_pictures_give_boxes_in_their_own_pixels() -> None:
    image = read_image(Workspace(REPOSITORY / DEFAULT_BASE_PATH).output_folder / "testImage.jpg")
    detector = open_detector("dlib", settings=DetectionSettings(min_confidence=0.99))
    (small,) = detector.detect(image)
    (large,) = detector.detect(cv2.resize(image, (2048, 2048), interpolation=cv2.INTER_LINEAR))
    # Above 1,280 pixels the picture is searched smaller; four times the picture has four times the box.
    np.testing.assert_allclose(large.box, 4 * np.array(small.box), atol=60)
