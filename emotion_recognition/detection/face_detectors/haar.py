"""OpenCV's Haar cascade for frontal faces (Viola and Jones 2001), which comes with OpenCV itself.

A picture goes in, faces come out. It needs no download, but it misses faces that are turned away, tilted or covered.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import cv2.data
import numpy as np

from emotion_recognition.detection.face_detectors.boxes import faces_from_boxes
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.one_at_a_time import one_at_a_time
from emotion_recognition.pictures.bgr_image import check_bgr, grey
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face


@dataclass(frozen=True)
class HaarSettings:
    """How the cascade searches, and what its weights mean.

    On 500 photographs with 1,047 faces this cascade and its neighbours give 92 % faces among the boxes and find 32 %
    of the faces; ``haarcascade_frontalface_default`` gives 78 % and 34 %.

    Args:
        cascade: Name of the file in OpenCV's folder of cascades.
        scale_step: Ratio of one search size to the next.
        min_neighbours: Overlapping hits that make a face.
        min_size: Smallest face in pixels.
        weight_at_half: Weight of the last stage at which half the boxes are faces: from a logistic regression of
            "is a face" on the weight of the 371 boxes on those photographs (``benchmarks/box_score.py``).
        weight_slope: The slope of that regression at its middle, per unit of weight.
    """

    cascade: str = "haarcascade_frontalface_alt2.xml"
    scale_step: float = 1.1
    min_neighbours: int = 3
    min_size: int = 24
    weight_at_half: float = 54.45
    weight_slope: float = 2.2

    def score(self, weight: float) -> float:
        """The share, 0..1, of boxes with this weight that are faces, by the regression.

        Example:
            >>> HaarSettings(weight_at_half=50.0).score(50.0)
            0.5
        """
        # The logistic function, written so that it cannot overflow.
        return 0.5 + 0.5 * math.tanh(self.weight_slope * (weight - self.weight_at_half) / 2)


class HaarDetector:
    """Finds faces with the Haar cascade; the score is the share of such boxes that are faces, see HaarSettings.

    Its framing is the median over 2,000 training images of FER2013: the frame is 1.04 (quartiles 0.97, 1.12) times as
    large as the cascade's square and has the same centre, whatever is put round the image, see
    ``benchmarks/crop_margin.py``.

    Args:
        settings: Which boxes count as faces.
        search: How the cascade searches.

    Raises:
        ValueError: If this OpenCV comes without cascades, as OpenCV 5 does, or without this one.
    """

    name = "haar"
    path = None
    framing = Framing(scale=1.037, offset_x=0.0, offset_y=0.005)

    def __init__(self, settings: DetectionSettings | None = None, search: HaarSettings | None = None) -> None:
        self.settings = settings or DetectionSettings()
        self.search = search or HaarSettings()
        path = Path(cv2.data.haarcascades) / self.search.cascade
        if not hasattr(cv2, "CascadeClassifier"):
            raise ValueError(f"OpenCV {cv2.__version__} has no cascades, which OpenCV 4 has; choose another detector.")
        if not path.is_file():
            raise ValueError(f"This OpenCV comes without {self.search.cascade}; install opencv-python-headless.")
        self._cascade = cv2.CascadeClassifier(str(path))

    @classmethod
    def open(cls, files: None, settings: DetectionSettings | None, size: int | None) -> "HaarDetector":
        """Opens the detector, as the registry does; it has neither files nor a size."""
        return cls(settings)

    @property
    def description(self) -> str:
        """The detector in words."""
        return f"Haar cascade ({self.search.cascade} of OpenCV {cv2.__version__})"

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
        squares, weights = self.weighted_boxes(image)
        corners = np.hstack([squares[:, :2], squares[:, :2] + squares[:, 2:]])
        scores = np.array([self.search.score(weight) for weight in weights])
        return faces_from_boxes(corners, scores, (image.shape[1], image.shape[0]), self.settings)

    @one_at_a_time
    def weighted_boxes(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The cascade's boxes as they are, whatever counts as a face.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Returns:
            float array (N, 4): x, y, width, height in pixels; float array (N,): weight of the last stage, unbounded.

        Raises:
            ValueError: If the image is none.
        """
        check_bgr(image)
        boxes, _, weights = self._cascade.detectMultiScale3(
            grey(image),
            scaleFactor=self.search.scale_step,
            minNeighbors=self.search.min_neighbours,
            minSize=(self.search.min_size, self.search.min_size),
            outputRejectLevels=True,
        )
        # OpenCV returns empty tuples when it finds nothing.
        return np.array(boxes, np.float64).reshape(-1, 4), np.array(weights, np.float64).ravel()
