"""A face detector from outside the project: anything that finds faces, made complete by defaults."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from emotion_recognition.detection.face_detectors.opening import FaceDetector, FindsFaces
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.one_at_a_time import one_at_a_time
from emotion_recognition.error_about import about
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face

#: For boxes of which nothing is known: the scale in the middle of those of the detectors here that frame a face from
#: forehead to chin, 1.09 to 1.14, see their classes. ``benchmarks/crop_margin.py`` measures a detector's own.
USUAL_FRAMING = Framing(scale=1.12, offset_x=0.0, offset_y=0.0)

_PARTS = ("name", "path", "description", "framing", "settings", "detect")


def complete(detector: FindsFaces) -> FaceDetector:
    """Gives a detector what it lacks of a :class:`~emotion_recognition.detection.face_detectors.opening.FaceDetector`.

    Args:
        detector: Has ``detect``; may have ``name``, ``path``, ``description``, ``framing`` and ``settings``.

    Returns:
        The detector itself if it lacks nothing.

    Raises:
        ValueError: If it has no method ``detect``.

    Example:
        >>> class Nothing:
        ...     def detect(self, image):
        ...         return []
        >>> complete(Nothing()).name
        'Nothing'
    """
    if not callable(getattr(detector, "detect", None)):
        raise about(
            ValueError(f"detector must be a name or have a method detect(image). Received: {type(detector).__name__}"),
            "detector",
        )
    if all(hasattr(detector, part) for part in _PARTS):
        whole: Any = detector
        return whole
    return OutsideDetector(detector)


class OutsideDetector:
    """A detector with what it says of itself, and defaults for the rest.

    Args:
        detector: Finds the faces.
    """

    def __init__(self, detector: FindsFaces) -> None:
        self.name: str = getattr(detector, "name", type(detector).__name__)
        self.path: Path | None = getattr(detector, "path", None)
        self.description: str = getattr(detector, "description", self.name)
        self.framing: Framing = getattr(detector, "framing", USUAL_FRAMING)
        #: What is drawn and followed in a video; the detector itself decides which faces there are.
        self.settings: DetectionSettings = getattr(detector, "settings", DetectionSettings())
        self._detector = detector

    @one_at_a_time
    def detect(self, image: np.ndarray) -> list[Face]:
        """Finds the faces of a BGR uint8 image (height, width, 3).

        Returns:
            The faces, highest score first.

        Raises:
            ValueError: If the detector gives something else than faces.
        """
        found: Any = self._detector.detect(image)
        if not isinstance(found, Iterable):
            raise ValueError(f"{self.name}.detect must give a list of Face. Received: {type(found).__name__}")
        faces = list(found)
        for face in faces:
            if not isinstance(face, Face):
                raise ValueError(f"{self.name}.detect must give a list of Face. Received: {type(face).__name__} in it")
        return sorted(faces, key=lambda face: -face.score)
