"""Which found box is which true face: counts at any confidence follow from it.

Before: :mod:`emotion_recognition.evaluation.face_detection.coco` matches; next:
:mod:`emotion_recognition.evaluation.face_detection.figures`.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Counts:
    """Hits and faults of a detector that reports the boxes above one confidence.

    Args:
        confidence: The lowest score that counts.
        hits: Faces that were found.
        false_alarms: Boxes that are no face, and every box but the first one round a face.
        misses: Faces that were not found.
    """

    confidence: float
    hits: int
    false_alarms: int
    misses: int

    @property
    def precision(self) -> float:
        """Share of faces among the boxes, 0..1; 0 without a box."""
        return self.hits / max(1, self.hits + self.false_alarms)

    @property
    def recall(self) -> float:
        """Share of the faces that were found, 0..1; 0 without a face."""
        return self.hits / max(1, self.hits + self.misses)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0..1; 0 if both are 0."""
        return 2 * self.hits / max(1, 2 * self.hits + self.false_alarms + self.misses)


@dataclass(frozen=True, eq=False)
class Matches:
    """Found boxes held against true faces, at an intersection over union of 0.5.

    Boxes choose in the order of their scores, so leaving out those below a confidence changes no other box's match:
    one matching holds for every confidence.

    Args:
        found_at: float64 array (faces,): the score of the box that found each true face, NaN where none did. Faces are
            in the order of the pictures and, in each, of its ``true_boxes``.
        counted: bool array (faces,): False for ignored ones.
        scores: float64 array (boxes,): of the found boxes, in the order of the pictures and their ``found_boxes``.
        is_hit: bool array (boxes,): whether the box found a face that counts.
        is_excused: bool array (boxes,): whether it is neither hit nor false alarm: it lies on an ignored region.
    """

    found_at: np.ndarray
    counted: np.ndarray
    scores: np.ndarray
    is_hit: np.ndarray
    is_excused: np.ndarray

    def is_found(self, confidence: float) -> np.ndarray:
        """Which true faces a box of at least this score has found, bool array (faces,)."""
        # Comparisons with NaN are false.
        return np.asarray(self.found_at >= confidence)

    def is_false_alarm(self, confidence: float) -> np.ndarray:
        """Which boxes of at least this score are false alarms, bool array (boxes,)."""
        return np.asarray((self.scores >= confidence) & ~self.is_hit & ~self.is_excused)

    def counts(self, confidence: float) -> Counts:
        """Hits, false alarms and misses of the boxes with at least this score."""
        hits = int((self.is_found(confidence) & self.counted).sum())
        return Counts(
            confidence=confidence,
            hits=hits,
            false_alarms=int(self.is_false_alarm(confidence).sum()),
            misses=int(self.counted.sum()) - hits,
        )
