"""A face with what it expresses: the result for one face of a picture, which annotation draws."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from emotion_recognition.pictures.faces import Box, Landmarks

#: Digits after the point that results are written with: of scores and probabilities, and of seconds.
DIGITS = 6


@dataclass(frozen=True)
class FaceEmotion:
    """A face and what it expresses.

    Args:
        box: (x, y, width, height) in pixels of the upright image.
        score: The face detector's confidence, 0..1.
        probabilities: Probability, 0..1, of each emotion, in label order.
        landmarks: Points (x, y) in pixels of the upright image, as in
            :class:`~emotion_recognition.pictures.faces.Face`; None from a detector that finds none.
        direction: How far the face is turned clockwise, to the next quarter turn, in degrees; as in ``Face``.
        embedding: The classifier's feature vector of the face, float32 array (features,), where it was asked for; not
            compared.
    """

    box: Box
    score: float
    probabilities: Mapping[str, float]
    landmarks: Landmarks | None = None
    direction: int = 0
    embedding: np.ndarray | None = field(default=None, compare=False)

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def probability(self) -> float:
        """The probability of :attr:`emotion`, 0..1."""
        return self.probabilities[self.emotion]

    def to_dict(self) -> dict[str, Any]:
        """Everything that is known of the face, as values that JSON has.

        Scores, probabilities and feature vectors are rounded to a millionth, landmarks to a tenth of a pixel. Without a
        feature vector there is no ``embedding``, of an upright face no ``direction``.

        Example:
            >>> FaceEmotion((1, 2, 30, 40), 0.875, {"happy": 0.25, "sad": 0.75}).to_dict()["emotion"]
            'sad'
        """
        embedding = {} if self.embedding is None else {"embedding": [round(float(x), DIGITS) for x in self.embedding]}
        return {
            "box": list(self.box),
            "score": round(self.score, DIGITS),
            "emotion": self.emotion,
            "probabilities": {name: round(value, DIGITS) for name, value in self.probabilities.items()},
            "landmarks": None if self.landmarks is None else [[round(x, 1), round(y, 1)] for x, y in self.landmarks],
            **({"direction": self.direction} if self.direction else {}),
            **embedding,
        }

    def to_json(self) -> str:
        """:meth:`to_dict` as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)
