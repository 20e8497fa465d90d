from pathlib import Path

import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection.crop import Framing
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.faces import Box, Face
from emotion_recognition.emotions import FER2013_EMOTIONS


class KnownFaces:
    """A face detector that was told where the faces are."""

    name = "known"
    description = "known faces"
    framing = Framing(scale=1.0, offset_x=0.0, offset_y=0.0)

    def __init__(self, *boxes: Box) -> None:
        self.faces = [Face(box, 0.9 - 0.1 * i) for i, box in enumerate(boxes)]

    def detect(self, image: np.ndarray) -> list[Face]:
        return self.faces


def test_each_face_gets_the_emotion_of_its_own_pixels(brightness_model: Path) -> None:
    # 200 wide, 90 high: with x and y swapped, the second box would lie outside.
    photo = np.zeros((90, 200, 3), np.uint8)
    photo[10:40, 120:150] = 255
    photo[50:80, 20:50] = 128
    faces = EmotionDetector(
        brightness_model, detector=KnownFaces((20, 50, 30, 30), (120, 10, 30, 30), (60, 10, 30, 30))
    ).detect(photo)
    assert [face.emotion for face in faces] == ["happy", "neutral", "anger"]
    assert [face.box for face in faces] == [(20, 50, 30, 30), (120, 10, 30, 30), (60, 10, 30, 30)]
    assert [face.score for face in faces] == [pytest.approx(score) for score in (0.9, 0.8, 0.7)]


def test_probabilities_are_in_label_order_and_sum_to_1(brightness_model: Path) -> None:
    (face,) = EmotionDetector(brightness_model, detector=KnownFaces((2, 2, 9, 9))).detect(
        np.zeros((20, 20, 3), np.uint8)
    )
    assert tuple(face.probabilities) == FER2013_EMOTIONS
    assert sum(face.probabilities.values()) == pytest.approx(1)
    assert face.probability == max(face.probabilities.values())


def test_no_face_is_an_empty_list(brightness_model: Path) -> None:
    assert EmotionDetector(brightness_model, detector="haar").detect(np.zeros((60, 60, 3), np.uint8)) == []


def test_most_probable_emotion() -> None:
    face = FaceEmotion((0, 0, 5, 5), 0.9, {"anger": 0.2, "happy": 0.5, "sad": 0.3})
    assert (face.emotion, face.probability) == ("happy", 0.5)


def test_another_class_count_is_an_error(brightness_model: Path) -> None:
    with pytest.raises(ValueError, match="the choice of 6 classes has 6"):
        EmotionDetector(brightness_model, num_emotions=6, detector="haar")
