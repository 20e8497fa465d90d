"""Landmarks for face boxes that have none, from a detector that finds landmarks: the teacher.

A split of photographs with face boxes goes in, the same with landmarks comes out; next: the detector learns them.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.detection.face_detectors.looks import FindsFaces
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.overlap import corners_of, overlaps


@dataclass(frozen=True)
class TeachingSettings:
    """Which of the teacher's faces teach.

    Args:
        min_score: Lowest score of the teacher's face, 0..1.
        overlap: A teacher's face is the marked one from this intersection over union on, 0..1.
        smallest: Faces below this, the root of their area in pixels, have no landmarks that could be trusted.
        margin: A face that is not found in the whole picture is looked for in a square of this many times its size ...
        size: ... that is resized to this many pixels.
    """

    min_score: float = 0.7
    overlap: float = 0.5
    smallest: float = 12.0
    margin: float = 2.0
    size: int = 160


def teach_landmarks(
    split: FaceSplit,
    teacher: FindsFaces,
    settings: TeachingSettings | None = None,
    *,
    step: Callable[[], None] = lambda: None,
) -> FaceSplit:
    """Adds the landmarks that a teacher finds to every face that it is sure of.

    Args:
        split: The pictures.
        teacher: A detector that finds landmarks.
        settings: Which of its faces teach.
        step: Called after each picture, to show progress.

    Returns:
        The split with landmarks, NaN where the teacher is not sure.

    Raises:
        ValueError: If the teacher finds faces without landmarks, or a picture is broken.
    """
    settings = settings or TeachingSettings()
    landmarks = np.full((len(split.boxes), 5, 2), np.nan, np.float32)
    for i in range(len(split)):
        boxes = split.boxes_of(i)
        if len(boxes):
            image = split.image(i)
            found = _sure(teacher.detect(image), settings)
            for j, box in enumerate(boxes):
                if (box[2] * box[3]) ** 0.5 < settings.smallest:
                    continue
                points = _points_of(box, found, settings)
                if points is None:
                    points = _looked_for(image, box, teacher, settings)
                if points is not None:
                    landmarks[int(split.first[i]) + j] = points
        step()
    return dataclasses.replace(split, landmarks=landmarks)


def _sure(faces: list[Face], settings: TeachingSettings) -> list[Face]:
    if any(face.landmarks is None for face in faces):
        raise ValueError("teacher must find landmarks. Received: faces without any")
    return [face for face in faces if face.score >= settings.min_score]


def _points_of(box: np.ndarray, found: list[Face], settings: TeachingSettings) -> np.ndarray | None:
    """float64 array (5, 2) of the found face that is in a marked box; None without one."""
    if not found:
        return None
    corners = corners_of(np.array([face.box for face in found], np.float64))
    overlap = overlaps(corners_of(box[None].astype(np.float64)), corners)[0]
    best = int(overlap.argmax())
    return np.asarray(found[best].landmarks) if overlap[best] >= settings.overlap else None


def _looked_for(
    image: np.ndarray, box: np.ndarray, teacher: FindsFaces, settings: TeachingSettings
) -> np.ndarray | None:
    side = settings.margin * float(box[2] * box[3]) ** 0.5
    corner = box[:2] + box[2:] / 2 - side / 2
    scale = settings.size / side
    # The map leads between pixels' centres, the boxes' numbers between their edges.
    pixels = np.array([[scale, 0, 0.0], [0, scale, 0.0]])
    pixels[:, 2] = scale * (0.5 - corner) - 0.5
    look = cv2.warpAffine(image, pixels, (settings.size, settings.size), borderMode=cv2.BORDER_REPLICATE)
    there = np.concatenate([(box[:2] - corner) * scale, box[2:] * scale])
    points = _points_of(there, _sure(teacher.detect(look), settings), settings)
    return None if points is None else points / scale + corner
