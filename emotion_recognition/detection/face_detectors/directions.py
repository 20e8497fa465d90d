"""Finds faces in every direction: looks at the picture as it is and turned by 90, 180 and 270 degrees.

A face detector goes in, one that takes four times as long comes out; its faces know their direction, by which cropping
turns them upright.
"""

import dataclasses

import cv2
import numpy as np

from emotion_recognition.detection.face_detectors.distinct import distinct_faces
from emotion_recognition.detection.face_detectors.looks import FaceDetector
from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.faces import DIRECTIONS, Face

#: What turns a picture so that faces of a direction stand upright in it.
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


class AnyDirection:
    """A face detector that also finds faces lying on their side and upside down.

    Args:
        detector: Finds faces that are upright to within some degrees.

    Attributes:
        inner: That detector.
        manner: What this one does more, in words.

    Example:
        >>> from emotion_recognition.detection.face_detectors.opening import open_detector
        >>> AnyDirection(open_detector("haar")).detect(np.zeros((90, 120, 3), np.uint8))
        []
    """

    manner = "in every direction"

    def __init__(self, detector: FaceDetector) -> None:
        self.name, self.framing, self.settings = detector.name, detector.framing, detector.settings
        self.path = detector.path
        self.inner = detector

    @property
    def description(self) -> str:
        """The detector in words."""
        return f"{self.inner.description}, {self.manner}"

    def detect(self, image: np.ndarray) -> list[Face]:
        """Finds the faces of a picture.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Returns:
            The faces with their directions, highest score first.

        Raises:
            ValueError: If the image is none.
        """
        check_bgr(image)
        size = image.shape[1], image.shape[0]
        looks = []
        for direction in DIRECTIONS:
            view = image if direction == 0 else np.asarray(cv2.rotate(image, _TURNS[direction]))
            looks.append([turned_back(face, direction, size) for face in self.inner.detect(view)])
        return distinct_faces(looks, self.settings.max_overlap)


def turned_back(face: Face, direction: int, size: tuple[int, int]) -> Face:
    """A face of a turned picture as it lies in the picture itself.

    Args:
        face: As found where the picture had been turned so that faces of ``direction`` stand upright.
        direction: One of :data:`~emotion_recognition.pictures.faces.DIRECTIONS`.
        size: Width and height of the picture itself in pixels.

    Example:
        >>> turned_back(Face((10, 20, 30, 40), 0.9), 90, (200, 100)).box  # 200 - 20 - 40 from the left
        (140, 10, 40, 30)
    """
    if direction == 0:
        return face
    width, height = size
    x, y, across, down = face.box
    boxes = {
        90: (width - y - down, x, down, across),
        180: (width - x - across, height - y - down, across, down),
        270: (y, height - x - across, down, across),
    }
    points = {
        90: lambda px, py: (width - py, px),
        180: lambda px, py: (width - px, height - py),
        270: lambda px, py: (py, height - px),
    }
    landmarks = None if face.landmarks is None else tuple(points[direction](px, py) for px, py in face.landmarks)
    return dataclasses.replace(
        face, box=boxes[direction], landmarks=landmarks, direction=(face.direction + direction) % 360
    )
