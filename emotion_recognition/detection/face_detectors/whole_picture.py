"""No face detector: the whole picture is taken as the face, for pictures that are crops of faces already.

A picture goes in, one face comes out.
"""

import numpy as np

from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.crop import WHOLE
from emotion_recognition.pictures.faces import Face


class WholePicture:
    """Takes every picture as one face that fills it, with a score of 1.

    A square picture is classified as it is; of another one a square of the same area is, cut or continued at the sides.

    Args:
        settings: Every score reaches them.
    """

    name = "none"
    path = None
    framing = WHOLE
    description = "none: the whole picture is the face"

    def __init__(self, settings: DetectionSettings | None = None) -> None:
        self.settings = settings or DetectionSettings()

    @classmethod
    def open(cls, files: None, settings: DetectionSettings | None, size: int | None) -> "WholePicture":
        """Opens it, as the registry does; it has neither files nor a size."""
        return cls(settings)

    def detect(self, image: np.ndarray) -> list[Face]:
        """Takes the whole picture.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Raises:
            ValueError: If the image is none.
        """
        check_bgr(image)
        return [Face((0, 0, image.shape[1], image.shape[0]), 1.0)]
