"""The detector's loss: focal loss on "a face, or not", generalised overlap on the boxes."""

from typing import Any

import keras
import numpy as np
from keras import ops

from emotion_recognition.models.face_ssd.priors import LANDMARKS, OUTPUTS_PER_BOX, PriorSettings, make_priors
from emotion_recognition.training.face_ssd.matching import TARGET_COLUMNS

#: Logarithms of sizes are kept within this, as in :func:`~emotion_recognition.models.face_ssd.box_coding.decode`.
_LARGEST_LOG = 4.0

#: Below this share of a face's size, a landmark's error counts by its square: nobody knows it more exactly.
_SMOOTH = 0.01


class FaceSsdLoss(keras.losses.Loss):
    """Focal loss of the scores, generalised overlap of the boxes.

    Lin et al. 2017, arXiv:1708.02002, and Rezatofighi et al. 2019, arXiv:1902.09630; each is added up over the prior
    boxes of the batch and divided by the number of those on faces.

    Focal loss takes the place of mining hard negatives: it weighs the thousands of easy ones down instead of choosing
    among them, and needs no sorting.

    Args:
        priors: The network's prior boxes.
        size: Height and width of the input in pixels.
        alpha: Weight of the priors on faces, the others weigh ``1 - alpha``; 0..1.
        gamma: How steeply the weight of a prior falls that is already right.
        box_weight: Weight of the boxes' loss beside that of the scores.
        landmark_weight: Weight of the landmarks' loss, where targets and outputs have landmarks: the mean distance
            along x and y from where they are known to be, as a share of the face's size.
    """

    def __init__(
        self,
        priors: PriorSettings,
        size: int,
        *,
        alpha: float = 0.25,
        gamma: float = 2.0,
        box_weight: float = 2.0,
        landmark_weight: float = 50.0,
    ) -> None:
        super().__init__(name="face_ssd_loss", reduction="sum_over_batch_size")
        self._priors = ops.convert_to_tensor(make_priors(size, size, priors))
        self._variances = priors.variances
        self._alpha, self._gamma, self._box_weight = alpha, gamma, box_weight
        self._landmark_weight = landmark_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Targets and outputs, each (N, P, 5) -> a loss for each picture, (N,), whose mean is that of the batch.

        Targets are as :func:`~emotion_recognition.training.face_ssd.matching.match` makes them, outputs are a logit
        and four offsets. With landmarks targets are (N, P, 16), and outputs (N, P, 15): ten offsets more.
        """
        y_true, y_pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        face = ops.cast(y_true[..., 0] > 0.5, "float32")
        counts = ops.cast(y_true[..., 0] > -0.5, "float32")
        # Divided by the faces of the whole batch: a picture of a crowd is worth more than one without a face.
        share = ops.cast(ops.shape(face)[0], "float32") / ops.maximum(ops.sum(face), 1.0)
        scores = ops.sum(self._focal(face, y_pred[..., 0]) * counts, axis=1)
        corners, offsets = y_true[..., 1:TARGET_COLUMNS], y_pred[..., 1:OUTPUTS_PER_BOX]
        boxes = ops.sum(self._box_loss(corners, offsets, face) * face, axis=1)
        loss = scores + self._box_weight * boxes
        if y_pred.shape[-1] > OUTPUTS_PER_BOX:
            known = face * y_true[..., TARGET_COLUMNS]
            points = self._landmark_loss(y_true[..., TARGET_COLUMNS + 1 :], y_pred[..., OUTPUTS_PER_BOX:], corners)
            loss = loss + self._landmark_weight * ops.sum(points * known, axis=1)
        return share * loss

    def _focal(self, face: Any, logits: Any) -> Any:
        cross_entropy = ops.relu(logits) - logits * face + ops.log1p(ops.exp(-ops.abs(logits)))
        probability = ops.sigmoid(logits)
        wrong = face * (1 - probability) + (1 - face) * probability
        return (face * self._alpha + (1 - face) * (1 - self._alpha)) * wrong**self._gamma * cross_entropy

    def _landmark_loss(self, points: Any, offsets: Any, corners: Any) -> Any:
        """Smooth L1 (Girshick 2015, arXiv:1504.08083) of each prior box's ten coordinates, their mean."""
        # One of each face's five points after the other: the prior's centre and size, x and y, five times.
        centres = ops.tile(self._priors[:, :2], (1, LANDMARKS))
        scales = self._variances[0] * ops.tile(self._priors[:, 2:], (1, LANDMARKS))
        sides = corners[..., 2:] - corners[..., :2]
        # Where there is no face there is no size; a finite loss that the caller multiplies by zero.
        face_size = ops.sqrt(ops.maximum(sides[..., 0] * sides[..., 1], 1.0))
        error = ops.abs(centres + offsets * scales - points) / ops.expand_dims(face_size, -1)
        smooth = ops.where(error < _SMOOTH, 0.5 * error**2 / _SMOOTH, error - 0.5 * _SMOOTH)
        return ops.mean(smooth, axis=-1)

    def _box_loss(self, corners: Any, offsets: Any, face: Any) -> Any:
        centres = self._priors[:, :2] + offsets[..., :2] * (self._variances[0] * self._priors[:, 2:])
        logs = ops.clip(offsets[..., 2:] * self._variances[1], -_LARGEST_LOG, _LARGEST_LOG)
        halves = 0.5 * self._priors[:, 2:] * ops.exp(logs)
        low, high = centres - halves, centres + halves
        # Where there is no face, the prior's own box stands in: a finite loss that the caller multiplies by zero.
        mask = ops.expand_dims(face, -1)
        own = self._priors
        true_low = mask * corners[..., :2] + (1 - mask) * (own[:, :2] - own[:, 2:] / 2)
        true_high = mask * corners[..., 2:] + (1 - mask) * (own[:, :2] + own[:, 2:] / 2)
        return 1 - generalised_overlap(low, high, true_low, true_high)


def generalised_overlap(low: Any, high: Any, other_low: Any, other_high: Any) -> Any:
    """Generalised intersection over union of pairs of boxes, -1..1.

    Args:
        low: Tensor (..., 2): left and top.
        high: Tensor (..., 2): right and bottom.
        other_low: As ``low``, of the other boxes.
        other_high: As ``high``, of the other boxes.

    Example:
        >>> def corner(x, y): return np.array([[float(x), float(y)]], "float32")
        >>> value = generalised_overlap(corner(0, 0), corner(1, 1), corner(2, 0), corner(3, 1))
        >>> round(float(value[0]), 4)
        -0.3333
    """
    common = _area(ops.maximum(low, other_low), ops.minimum(high, other_high))
    union = _area(low, high) + _area(other_low, other_high) - common
    hull = _area(ops.minimum(low, other_low), ops.maximum(high, other_high))
    smallest = float(np.finfo(np.float32).eps)
    return common / ops.maximum(union, smallest) - (hull - union) / ops.maximum(hull, smallest)


def _area(low: Any, high: Any) -> Any:
    sides = ops.maximum(high - low, 0.0)
    return sides[..., 0] * sides[..., 1]
