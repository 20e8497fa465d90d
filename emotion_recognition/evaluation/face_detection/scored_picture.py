"""What is known and what was found in one picture: the input of everything in this package."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Boxes down to this score take part in average precision and in the calibration of scores.
LOWEST_CONFIDENCE = 0.01


@dataclass(frozen=True, eq=False)
class ScoredPicture:
    """The true boxes of one picture and those that a detector found in it.

    Args:
        true_boxes: float array (n, 4): x, y, width, height in pixels; n may be 0.
        ignored: bool array (n,): regions that neither count as found nor as missed, see
            :func:`~emotion_recognition.evaluation.face_detection.coco.evaluate_with_coco`.
        found_boxes: float array (m, 4): x, y, width, height in pixels, in any order; m may be 0.
        scores: float array (m,): the detector's confidence in each, higher is surer.

    Raises:
        ValueError: If shapes do not fit together, a number is not finite or a box is empty.

    Example:
        >>> picture = ScoredPicture.of([(10, 10, 40, 50)], [(12, 9, 40, 52)], [0.9])
        >>> picture.true_boxes.shape, picture.ignored.tolist()
        ((1, 4), [False])
    """

    true_boxes: np.ndarray
    ignored: np.ndarray
    found_boxes: np.ndarray
    scores: np.ndarray

    def __post_init__(self) -> None:
        for name, boxes in (("true_boxes", self.true_boxes), ("found_boxes", self.found_boxes)):
            if boxes.ndim != 2 or boxes.shape[1] != 4:
                raise ValueError(f"{name} must be (n, 4): x, y, width, height. Received: {boxes.shape}")
            bad = ~np.isfinite(boxes).all(axis=1) | ~(boxes[:, 2:] > 0).all(axis=1)
            if bad.any():
                first = boxes[bad][0].tolist()
                raise ValueError(f"{name} must be finite, with widths and heights above 0. Received: {first}")
        if self.ignored.dtype != bool or self.ignored.shape != (len(self.true_boxes),):
            raise ValueError(
                f"ignored must be bool ({len(self.true_boxes)},), one for each true box. "
                f"Received: {self.ignored.dtype} {self.ignored.shape}"
            )
        if self.scores.shape != (len(self.found_boxes),) or not np.isfinite(self.scores).all():
            raise ValueError(
                f"scores must be ({len(self.found_boxes)},), a finite one for each found box. "
                f"Received: {self.scores.tolist()}"
            )

    @classmethod
    def of(
        cls,
        true_boxes: Sequence[Sequence[float]] | np.ndarray,
        found_boxes: Sequence[Sequence[float]] | np.ndarray,
        scores: Sequence[float] | np.ndarray,
        ignored: Sequence[bool] | np.ndarray | None = None,
    ) -> "ScoredPicture":
        """Makes one from sequences, which may be empty; without ``ignored``, all true boxes count."""
        return cls(
            np.asarray(true_boxes, np.float64).reshape(-1, 4),
            np.zeros(len(true_boxes), bool) if ignored is None else np.asarray(ignored, bool),
            np.asarray(found_boxes, np.float64).reshape(-1, 4),
            np.asarray(scores, np.float64),
        )
