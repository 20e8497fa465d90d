"""From what the network says of its prior boxes to boxes with scores.

Arrays go in, arrays come out; next: :func:`emotion_recognition.detection.face_detectors.boxes.faces_from_boxes`.
"""

import functools
import math
from collections.abc import Sequence

import numpy as np

from emotion_recognition.models.face_ssd.box_coding import decode, decode_landmarks
from emotion_recognition.models.face_ssd.priors import PriorSettings, make_priors

#: A folder of pictures has few shapes; each needs its own prior boxes.
_SHAPES_KEPT = 8


def decode_outputs(
    outputs: Sequence[np.ndarray], height: int, width: int, priors: PriorSettings, min_confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """The boxes that are sure enough; of the others nothing is computed.

    Args:
        outputs: For each stride, fine to coarse, a float array (boxes, 5): the logit of "face", dx, dy, dw and dh.
        height: Height of the network's input in pixels, a multiple of the largest stride.
        width: Its width.
        priors: The prior boxes that the outputs speak of.
        min_confidence: Lowest score, 0..1.

    Returns:
        float64 array (N, 4): left, top, right and bottom in pixels of the input; float64 array (N,): scores, 0..1.

    Example:
        >>> one = PriorSettings(strides=(64,), sizes=((16.0,),), aspect_ratio=1.0)
        >>> boxes, scores = decode_outputs([np.array([[2.0, 0, 0, 0, 0]])], 64, 64, one, 0.5)
        >>> boxes.tolist(), scores.round(3).tolist()
        ([[24.0, 24.0, 40.0, 40.0]], [0.881])
    """
    sure = _sure_rows(outputs, min_confidence)
    said = np.concatenate([output[rows] for output, rows in zip(outputs, sure, strict=True)]).astype(np.float64)
    near = _near(outputs, sure, height, width, priors)
    # tanh instead of exp, which overflows for a logit far below zero.
    return decode(said[:, 1:], near, priors.variances), 0.5 + 0.5 * np.tanh(said[:, 0] / 2)


def decode_points(
    outputs: Sequence[np.ndarray],
    points: Sequence[np.ndarray],
    height: int,
    width: int,
    priors: PriorSettings,
    min_confidence: float,
) -> np.ndarray:
    """The landmarks of the boxes that :func:`decode_outputs` gives, in their order.

    Args:
        outputs: As for :func:`decode_outputs`.
        points: For each stride, fine to coarse, a float array (boxes, 10): dx and dy of five points.
        height: As for :func:`decode_outputs`.
        width: As for :func:`decode_outputs`.
        priors: As for :func:`decode_outputs`.
        min_confidence: As for :func:`decode_outputs`.

    Returns:
        float64 array (N, 5, 2): x and y in pixels of the input.
    """
    sure = _sure_rows(outputs, min_confidence)
    said = np.concatenate([output[rows] for output, rows in zip(points, sure, strict=True)]).astype(np.float64)
    return decode_landmarks(said, _near(outputs, sure, height, width, priors), priors.variances)


def _sure_rows(outputs: Sequence[np.ndarray], min_confidence: float) -> list[np.ndarray]:
    """For each stride which of its boxes are sure enough."""
    lowest = _logit(min_confidence)
    return [np.flatnonzero(output[:, 0] >= lowest) for output in outputs]


def _near(
    outputs: Sequence[np.ndarray], rows: Sequence[np.ndarray], height: int, width: int, priors: PriorSettings
) -> np.ndarray:
    """The prior boxes of some rows, float32 array (N, 4)."""
    starts = np.cumsum([0, *map(len, outputs)])[:-1]
    picked = np.concatenate([own + start for own, start in zip(rows, starts, strict=True)])
    return np.asarray(_priors(height, width, priors)[picked])


@functools.lru_cache(maxsize=_SHAPES_KEPT)
def _priors(height: int, width: int, settings: PriorSettings) -> np.ndarray:
    priors = make_priors(height, width, settings)
    priors.flags.writeable = False
    return priors


def _logit(probability: float) -> float:
    if probability in (0.0, 1.0):
        return math.inf if probability else -math.inf
    return math.log(probability / (1 - probability))
