"""A face with what it expresses: the result for one face of a picture, which annotation draws."""

from collections.abc import Mapping
from dataclasses import dataclass

from emotion_recognition.pictures.faces import Box, Landmarks


@dataclass(frozen=True)
class FaceEmotion:
    """A face and what it expresses.

    Args:
        box: (x, y, width, height) in pixels of the upright image.
        score: The face detector's confidence, 0..1.
        probabilities: Probability, 0..1, of each emotion, in label order.
        landmarks: Points (x, y) in pixels of the upright image, as in
            :class:`~emotion_recognition.pictures.faces.Face`; None from a detector that finds none.
    """

    box: Box
    score: float
    probabilities: Mapping[str, float]
    landmarks: Landmarks | None = None

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def probability(self) -> float:
        """The probability of :attr:`emotion`, 0..1."""
        return self.probabilities[self.emotion]
