"""dlib's frontal face detector: a linear classifier on histograms of oriented gradients (King 2009).

A picture goes in, faces come out. dlib is an optional dependency; the detector's weights come with it.
"""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from emotion_recognition.detection.face_detectors.boxes import faces_from_boxes
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.one_at_a_time import one_at_a_time
from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.resizing import shrink


@dataclass(frozen=True)
class DlibSettings:
    """How dlib searches, and what its margins mean.

    Args:
        longest_side: Larger pictures are shrunk to this many pixels; time and memory grow with the pixels.
        doublings: How often the picture is doubled before the search: the smallest face has 80 pixels without, 40
            with one.
        lowest_margin: Lowest distance from the classifier's border that is looked at.
        margin_at_half: Margin at which half the boxes are faces: from a logistic regression on the 1,192 boxes of 500
            photographs with 1,047 faces (``benchmarks/box_score.py``).
        margin_slope: The slope of that regression at its middle, per unit of margin.
    """

    longest_side: int = 1280
    doublings: int = 1
    lowest_margin: float = -1.0
    margin_at_half: float = -0.50
    margin_slope: float = 4.74

    def score(self, margin: float) -> float:
        """The share, 0..1, of boxes with this margin that are faces, by the regression.

        Example:
            >>> DlibSettings(margin_at_half=0.25).score(0.25)
            0.5
        """
        return 0.5 + 0.5 * math.tanh(self.margin_slope * (margin - self.margin_at_half) / 2)


class DlibDetector:
    """Finds faces with dlib; the score is the share of such boxes that are faces, see DlibSettings.

    Its framing leads over the Haar cascade's boxes: on 328 faces that both found, the cascade's
    square is 1.10 (quartiles 1.00, 1.18) times as large as dlib's, see ``benchmarks/crop_margin.py``.

    Args:
        settings: Which boxes count as faces.
        search: How dlib searches.

    Raises:
        ValueError: If dlib is not installed.
    """

    name = "dlib"
    path = None
    framing = Framing(scale=1.14, offset_x=0.01, offset_y=-0.08)

    def __init__(self, settings: DetectionSettings | None = None, search: DlibSettings | None = None) -> None:
        try:
            import dlib
        except ImportError as error:
            raise ValueError(
                "The dlib detector needs dlib; install it with: pip install dlib-bin (dlib itself compiles for minutes)"
            ) from error
        self.settings = settings or DetectionSettings()
        self.search = search or DlibSettings()
        self._version: str = dlib.__version__
        self._detector: Any = dlib.get_frontal_face_detector()

    @classmethod
    def open(cls, files: None, settings: DetectionSettings | None, size: int | None) -> "DlibDetector":
        """Opens the detector, as the registry does; it has neither files nor a size."""
        return cls(settings)

    @property
    def description(self) -> str:
        """The detector in words."""
        return f"dlib {self._version} (HOG)"

    @one_at_a_time
    def detect(self, image: np.ndarray) -> list[Face]:
        """Finds the faces of a picture.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Returns:
            The faces, highest score first.

        Raises:
            ValueError: If the image is none.
        """
        boxes, margins = self.weighted_boxes(image)
        corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
        scores = np.array([self.search.score(margin) for margin in margins])
        return faces_from_boxes(corners, scores, (image.shape[1], image.shape[0]), self.settings)

    @one_at_a_time
    def weighted_boxes(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The boxes as dlib gives them, whatever counts as a face.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Returns:
            float array (N, 4): x, y, width, height in pixels; float array (N,): margin, unbounded.

        Raises:
            ValueError: If the image is none.
        """
        check_bgr(image)
        small, back = shrink(image, self.search.longest_side)
        boxes, margins, _ = self._detector.run(
            cv2.cvtColor(small, cv2.COLOR_BGR2RGB), self.search.doublings, self.search.lowest_margin
        )
        squares = [(box.left(), box.top(), box.width(), box.height()) for box in boxes]
        return np.array(squares, np.float64).reshape(-1, 4) * back, np.array(margins, np.float64)
