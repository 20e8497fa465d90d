"""How the scores of a detector's two stages make a probability: logistic regression on ``val``.

What both stages say of boxes, and which of them are faces, comes in; a
:class:`~emotion_recognition.models.face_refiner.fusion.Fusion` goes into the second stage's card.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from emotion_recognition.models.face_refiner.fusion import Fusion, logit

#: The smallest weight that a stage may have; below, it says nothing, or the opposite.
_LEAST = 1e-3

#: The inverse strength of the penalty on the weights, which keeps those of few boxes finite.
_INVERSE_PENALTY = 10.0


def fit_fusion(first: np.ndarray, second: np.ndarray, is_face: np.ndarray) -> Fusion:
    """Fits the probability of being a face to what both stages say.

    Args:
        first: float array (N,): the first stage's scores, 0..1.
        second: float array (N,): the second stage's logits.
        is_face: bool array (N,).

    Raises:
        ValueError: If there are not both faces and others, or higher scores of a stage do not mean faces.

    Example:
        >>> first = np.array([0.2, 0.4, 0.6, 0.8] * 2)
        >>> second = np.array([-1.0, 1, -1, 1, 1, -1, 1, 1])
        >>> fusion = fit_fusion(first, second, np.array([0, 0, 0, 1, 0, 0, 1, 1], bool))
        >>> fusion.first > 0, fusion.second > 0
        (True, True)
    """
    is_face = np.asarray(is_face, bool)
    if is_face.all() or not is_face.any():
        raise ValueError(f"is_face must have both faces and others. Received: {is_face.sum()} of {len(is_face)} faces")
    regression = LogisticRegression(C=_INVERSE_PENALTY, max_iter=1000)
    regression.fit(np.stack([logit(first), np.asarray(second, np.float64)], axis=1), is_face)
    weights, intercept = regression.coef_[0].tolist(), float(regression.intercept_[0])
    if min(weights) < _LEAST:
        raise ValueError(
            f"Higher scores of a stage do not mean faces. Received: weights {weights[0]:.3g}, {weights[1]:.3g}"
        )
    return Fusion(*(round(number, 6) for number in (*weights, intercept)))
