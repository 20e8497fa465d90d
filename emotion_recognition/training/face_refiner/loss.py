"""The second stage's loss: cross-entropy on "a face, or not", smooth L1 on the box and the landmarks."""

from typing import Any

import keras
from keras import ops

from emotion_recognition.models.face_refiner.outputs import BOX, OUTPUTS

#: Below this, in shares of the view's side, an error of the box counts by its square; the same of a landmark.
_SMOOTH_BOX, _SMOOTH_POINT = 0.02, 0.005


class RefinerLoss(keras.losses.Loss):
    """Cross-entropy of the logits; smooth L1 (Girshick 2015, arXiv:1504.08083) of boxes and landmarks.

    Args:
        box_weight: Weight of the boxes' loss beside that of the logits.
        landmark_weight: The same of the landmarks, where they are known.
    """

    def __init__(self, box_weight: float = 4.0, landmark_weight: float = 20.0) -> None:
        super().__init__(name="face_refiner_loss", reduction="sum_over_batch_size")
        self._box_weight, self._landmark_weight = box_weight, landmark_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Targets (N, 16), as the patches' views have them, and outputs (N, 15) -> a loss for each view, (N,)."""
        y_true, y_pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        face, known = y_true[:, 0], y_true[:, 1]
        logits = y_pred[:, 0]
        cross_entropy = ops.relu(logits) - logits * face + ops.log1p(ops.exp(-ops.abs(logits)))
        boxes = _smooth(y_pred[:, BOX] - y_true[:, 2:6], _SMOOTH_BOX)
        points = _smooth(y_pred[:, BOX.stop : OUTPUTS] - y_true[:, 6:], _SMOOTH_POINT)
        return cross_entropy + self._box_weight * face * boxes + self._landmark_weight * known * points


def _smooth(error: Any, border: float) -> Any:
    """(N, n) -> (N,)."""
    error = ops.abs(error)
    return ops.mean(ops.where(error < border, 0.5 * error**2 / border, error - 0.5 * border), axis=-1)
