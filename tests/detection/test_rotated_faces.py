"""What turning faces upright by their landmarks gains: on sixteen portraits, each turned by known angles."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.pictures.crop import crop_faces
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY


@pytest.mark.real_data
def test_tilted_faces_are_read_nearly_as_upright_ones(real_data: Path) -> None:
    detector = EmotionDetector(
        Workspace(REPOSITORY / DEFAULT_BASE_PATH).released_model(7),
        detector=open_detector("yunet", model=real_data / "face_detector"),
    )
    photo = read_image(real_data / "photos" / "sixteen_expressions.jpg")
    corners = [(212 * row, 320 * column) for row in range(4) for column in range(4)]
    fields = [photo[top : top + 212, left : left + 320] for top, left in corners]
    expected, turned_upright, as_they_are = [], [], []
    for field in fields:
        (upright,) = detector.detect(field)
        for degrees in (-60, -40, 40, 60):
            turn = cv2.getRotationMatrix2D((160, 106), -degrees, 1.0)
            tilted = cv2.warpAffine(field, turn, (320, 212), borderMode=cv2.BORDER_REPLICATE)
            faces = detector.detect(tilted)
            if faces:
                expected.append(list(upright.probabilities.values()))
                turned_upright.append(list(faces[0].probabilities.values()))
                as_they_are.append(without_turning(detector, tilted, faces[0].box))
    assert len(expected) >= 60  # of 64
    same = np.argmax(expected, axis=1) == np.argmax(turned_upright, axis=1)
    same_without = np.argmax(expected, axis=1) == np.argmax(as_they_are, axis=1)
    # Measured with the released model: 18 faces are read as if upright only when turned, 1 only when not.
    assert (same & ~same_without).sum() >= 10
    assert (~same & same_without).sum() <= 3
    # Measured: probabilities that differ by 0.11 from those of the upright face, without turning by 0.40.
    assert distance(expected, turned_upright) < 0.5 * distance(expected, as_they_are)


def distance(first: list[list[float]], second: list[list[float]]) -> float:
    """The mean over the faces of half the sum of the probabilities' differences, 0..1."""
    return float(np.abs(np.array(first) - np.array(second)).sum(axis=1).mean() / 2)


def without_turning(detector: EmotionDetector, image: np.ndarray, box: tuple[int, int, int, int]) -> list[float]:
    crops = crop_faces(image, [box], detector.face_detector.framing, detector.classifier.size)
    return list(map(float, detector.classifier.probabilities(crops)[0]))
