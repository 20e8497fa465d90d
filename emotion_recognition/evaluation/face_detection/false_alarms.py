"""What a detector sees in pictures without a face."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class FalseAlarms:
    """False alarms in a group of pictures without a face, at one confidence.

    Args:
        pictures: Number of pictures.
        boxes: Number of boxes in them, all of them wrong.
        pictures_with_any: Number of pictures with at least one.
    """

    pictures: int
    boxes: int
    pictures_with_any: int

    @property
    def per_picture(self) -> float | None:
        """Boxes a picture; None without a picture."""
        return self.boxes / self.pictures if self.pictures else None

    def to_json(self) -> dict[str, Any]:
        """The numbers as JSON values."""
        return {
            "pictures": self.pictures,
            "boxes": self.boxes,
            "pictures_with_any": self.pictures_with_any,
            "per_picture": self.per_picture,
        }


def count_false_alarms(scores: Sequence[np.ndarray], confidence: float) -> FalseAlarms:
    """Counts the boxes of at least one confidence in pictures without a face.

    Args:
        scores: For each picture, float array (boxes,) of the found boxes' scores.
        confidence: The lowest score that counts.

    Example:
        >>> alarms = count_false_alarms([np.array([0.9, 0.2]), np.array([])], 0.5)
        >>> alarms.boxes, alarms.per_picture
        (1, 0.5)
    """
    counts = [int((found >= confidence).sum()) for found in scores]
    return FalseAlarms(pictures=len(counts), boxes=sum(counts), pictures_with_any=sum(count > 0 for count in counts))


def confidence_for(scores: Sequence[np.ndarray], per_picture: float) -> float:
    """The lowest confidence that gives at most so many false alarms a picture.

    Detectors mean different things by their scores; at the same number of false alarms they can be compared.

    Args:
        scores: For each of at least one picture without a face, float array (boxes,) of the found boxes' scores.
        per_picture: False alarms a picture that are allowed, 0 or more.

    Returns:
        A score just above that of the first box that must go, or 0 if all may stay.

    Raises:
        ValueError: If there is no picture, or ``per_picture`` is below 0.

    Example:
        >>> round(confidence_for([np.array([0.9, 0.3]), np.array([0.5])], 0.5), 6)  # one box in two pictures may stay
        0.5
    """
    if not scores:
        raise ValueError("scores must hold at least one picture. Received: none")
    if not per_picture >= 0:
        raise ValueError(f"per_picture must be at least 0. Received: {per_picture}")
    descending = np.sort(np.concatenate(scores))[::-1]
    # Rounded first: 0.05 × 60 pictures is a little below 3 in floating point.
    allowed = int(np.floor(round(per_picture * len(scores), 9)))
    if allowed >= len(descending):
        return 0.0
    return float(np.nextafter(float(descending[allowed]), np.inf))
