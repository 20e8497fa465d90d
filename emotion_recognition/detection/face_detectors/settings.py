"""The numbers that decide which of a detector's boxes count as faces; the registry takes its own from here."""

import operator
from dataclasses import dataclass
from typing import Literal

from emotion_recognition.error_about import about

#: Least and most pixels that the longest side of a picture may be resized to for a detector. Below, a face is a few
#: pixels; above, the network's maps take gigabytes.
DETECTOR_SIZES = (64, 4096)

#: Stands for sizes, and tiles, that are chosen for each picture.
AUTO_SIZE: Literal["auto"] = "auto"

#: The longest side that pictures are resized to, in pixels, or ``"auto"``.
DetectorSize = int | Literal["auto"]

#: The longest side, in pixels, that YuNet shrinks a larger picture to. It was trained on 640 × 640 and finds faces of
#: about 10 to 300 pixels, so that this decides both its time and which faces are too small or too large.
YUNET_SIDE = 640


@dataclass(frozen=True)
class DetectionSettings:
    """What counts as a face.

    Args:
        min_confidence: Lowest detector score that counts, 0..1. On 300 photographs with marked faces the precision of
            OpenCV's SSD is 0.72 from a score of 0.2, 0.80 from 0.4, 0.81 from 0.5 and no higher after that, while
            it finds 65 %, 56 %, 54 % and 49 % (from 0.7) of the faces.
        max_overlap: Two boxes whose intersection over union is above this are one face, 0..1; the project's own SSD
            doubts the second one instead, and takes it for the same from 0.5 on. Faces side by side overlap less. At
            0.45, on the same photographs, a few second boxes stay at low scores and no more faces are found.

    Raises:
        ValueError: If a value is outside 0..1.
    """

    min_confidence: float = 0.5
    max_overlap: float = 0.3

    def __post_init__(self) -> None:
        for name in ("min_confidence", "max_overlap"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise about(ValueError(f"{name} must be within 0..1. Received: {value}"), name)


def check_detector_size(size: DetectorSize) -> DetectorSize:
    """Returns the longest side, in pixels, that pictures are to be resized to for a detector.

    Raises:
        ValueError: If it is neither ``"auto"`` nor within :data:`DETECTOR_SIZES`.
    """
    return AUTO_SIZE if size == AUTO_SIZE else check_pixels(size)


def check_pixels(size: object) -> int:
    """Returns a size that is a number of pixels.

    Raises:
        ValueError: If it is none within :data:`DETECTOR_SIZES`.
    """
    smallest, largest = DETECTOR_SIZES
    # NumPy's whole numbers too; not True.
    pixels = operator.index(size) if hasattr(size, "__index__") and not isinstance(size, bool) else 0
    if not smallest <= pixels <= largest:
        raise about(
            ValueError(f"The detector's size must be within {smallest}..{largest} pixels. Received: {size}"),
            "detector_size",
        )
    return pixels
