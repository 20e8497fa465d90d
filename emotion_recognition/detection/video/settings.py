"""The numbers that decide what a video's results look like; parsers take their defaults from here."""

import math
from dataclasses import dataclass

from emotion_recognition.error_about import about


@dataclass(frozen=True)
class VideoSettings:
    """How a video is looked at.

    Args:
        every: Every N-th frame is looked at; the others repeat what it showed. At least 1.
        smooth: Seconds over which the probabilities of a face are smoothed, see
            :class:`~emotion_recognition.detection.video.smoothing.Smoother`; 0 for none.

    Raises:
        ValueError: If a value is out of its range.
    """

    every: int = 1
    smooth: float = 0.5

    def __post_init__(self) -> None:
        if self.every < 1:
            raise about(ValueError(f"every must be at least 1. Received: {self.every}"), "every")
        if not 0 <= self.smooth < math.inf:
            raise about(
                ValueError(f"smooth must be a number of seconds, at least 0. Received: {self.smooth}"), "smooth"
            )
