"""What a face detector must have, and what it has beside that if it can look at parts of a picture.

:mod:`emotion_recognition.detection.face_detectors.opening` opens such detectors.
"""

from pathlib import Path
from typing import Protocol

import numpy as np

from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face


class FindsFaces(Protocol):
    """What a face detector from anywhere must have."""

    def detect(self, image: np.ndarray) -> list[Face]:
        """Finds the faces of a BGR uint8 image (height, width, 3); highest score first, empty without a face."""


class FaceDetector(FindsFaces, Protocol):
    """What every detector of this project has."""

    name: str
    framing: Framing
    settings: DetectionSettings

    @property
    def path(self) -> Path | None:
        """The file with its weights; None where they are part of a package."""

    @property
    def description(self) -> str:
        """The detector in words."""


class LooksAtSizes(FaceDetector, Protocol):
    """A detector that resizes pictures, and can do so to another size at each look."""

    def look(self, image: np.ndarray, size: int) -> list[Face]:
        """As ``detect``, with the picture's longest side resized to ``size`` pixels."""
