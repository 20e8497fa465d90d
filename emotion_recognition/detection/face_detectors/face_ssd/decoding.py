"""From what the network says of its prior boxes to boxes with scores.

Arrays go in, arrays come out; next: :func:`emotion_recognition.detection.face_detectors.boxes.faces_from_boxes`.
"""

import functools
import math
from collections.abc import Sequence

import numpy as np

from emotion_recognition.models.face_ssd.box_coding import decode
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
    lowest = _logit(min_confidence)
    picked, rows, start = [], [], 0
    for output in outputs:
        sure = np.flatnonzero(output[:, 0] >= lowest)
        picked.append(sure + start)
        rows.append(output[sure])
        start += len(output)
    said = np.concatenate(rows).astype(np.float64)
    near = _priors(height, width, priors)[np.concatenate(picked)]
    # tanh instead of exp, which overflows for a logit far below zero.
    return decode(said[:, 1:], near, priors.variances), 0.5 + 0.5 * np.tanh(said[:, 0] / 2)


@functools.lru_cache(maxsize=_SHAPES_KEPT)
def _priors(height: int, width: int, settings: PriorSettings) -> np.ndarray:
    priors = make_priors(height, width, settings)
    priors.flags.writeable = False
    return priors


def _logit(probability: float) -> float:
    if probability in (0.0, 1.0):
        return math.inf if probability else -math.inf
    return math.log(probability / (1 - probability))
