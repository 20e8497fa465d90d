from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection.face_detectors.directions import AnyDirection, turned_back
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class Flags:
    """Finds rectangles whose upper half is white and whose lower half is grey: upright ones alone."""

    name, path, description, framing = "flags", None, "flags", Framing(1.0, 0.0, 0.0)
    settings = DetectionSettings()

    def __init__(self, *, landmarks: bool) -> None:
        self.landmarks = landmarks

    def detect(self, image: np.ndarray) -> list[Face]:
        rows, columns = np.nonzero(image[:, :, 0])
        left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        upper, lower = image[top, left:right, 0], image[bottom - 1, left:right, 0]
        if not ((upper == 255).all() and (lower == 100).all()):
            return []
        width, height = int(right - left), int(bottom - top)
        points = ((0.2, 0.3), (0.8, 0.3), (0.5, 0.5), (0.2, 0.8), (0.8, 0.8))
        found = tuple((float(left + width * x), float(top + height * y)) for x, y in points)
        return [Face((int(left), int(top), width, height), 0.9, found if self.landmarks else None)]


def flag(width: int = 12, height: int = 20) -> np.ndarray:
    image = np.zeros((60, 100, 3), np.uint8)
    middle = 10 + height // 2
    image[10:middle, 70 : 70 + width], image[middle : 10 + height, 70 : 70 + width] = 255, 100
    return image


@pytest.mark.parametrize("direction", [0, 90, 180, 270])
@pytest.mark.parametrize("landmarks", [False, True])
def test_a_turned_picture_has_the_turned_face(direction: int, landmarks: bool) -> None:
    picture = flag() if direction == 0 else cv2.rotate(flag(), TURNS[direction])
    (face,) = AnyDirection(Flags(landmarks=landmarks)).detect(picture)
    x, y, width, height = face.box
    assert (picture[y : y + height, x : x + width] > 0).all()
    assert width * height == 12 * 20
    assert face.direction == direction
    if landmarks:
        assert face.landmarks is not None
        left_eye, _, _, left_mouth, _ = face.landmarks
        # From the mouth to the eyes is the way to the flag's white half.
        ahead = {0: (0, -10), 90: (10, 0), 180: (0, 10), 270: (-10, 0)}[direction]
        np.testing.assert_allclose(np.subtract(left_eye, left_mouth), ahead, atol=1e-9)


def test_the_crop_of_a_turned_face_is_that_of_the_upright_one(brightness_model: Path) -> None:
    for landmarks in (False, True):
        detector = EmotionDetector(brightness_model, detector=Flags(landmarks=landmarks), any_direction=True)
        crops = []
        for turn in (None, *TURNS.values()):
            square = flag(16, 16)  # whose crop lies on whole pixels, so that all of them are the same
            picture = square if turn is None else cv2.rotate(square, turn)
            crops.append(detector.crops(picture, detector.face_detector.detect(picture))[0].astype(int))
        assert crops[0].std() > 50
        for crop in crops[1:]:
            assert np.abs(crop - crops[0]).max() <= 2


def test_a_face_seen_in_two_directions_counts_once() -> None:
    class Everywhere(Flags):
        def detect(self, image: np.ndarray) -> list[Face]:
            return [Face((0, 0, image.shape[1], image.shape[0]), 0.5)]

    (face,) = AnyDirection(Everywhere(landmarks=False)).detect(flag())
    assert (face.box, face.direction) == ((0, 0, 100, 60), 0)


def test_turning_back_and_forth_leads_home() -> None:
    face = Face((3, 5, 20, 30), 0.7, ((4.0, 6.0),) * 5)
    again = turned_back(turned_back(face, 90, (100, 60)), 270, (60, 100))
    assert again == face


def test_a_picture_without_a_face_has_none_in_any_direction() -> None:
    detector = open_detector("haar", any_direction=True)
    assert detector.description.endswith("in every direction")
    assert detector.detect(np.zeros((90, 120, 3), np.uint8)) == []
    with pytest.raises(ValueError, match="image must be"):
        detector.detect(np.zeros((0, 4, 3), np.uint8))


def test_the_sample_face_is_read_alike_in_every_direction() -> None:
    sample = cv2.imread(str(Workspace(REPOSITORY / DEFAULT_BASE_PATH).sample_photo))
    assert sample is not None
    detector = EmotionDetector(detector="ssd", any_direction=True)
    for direction, turn in TURNS.items():
        (face,) = detector.detect(cv2.rotate(sample, turn))
        assert (face.direction, face.emotion) == (direction, "happy")
