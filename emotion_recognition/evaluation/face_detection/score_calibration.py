"""What a detector's score must be for it to be a probability: Platt scaling (Platt 1999).

Matches on ``val`` go in; a slope and an intercept come out, by which the network's logits are changed, so that a score
of 0.5 is a box that holds a face as often as not.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from emotion_recognition.evaluation.face_detection.matches import Matches

#: Nearer to 0 or 1 than this, a score's logit says nothing but its rounding.
_CLOSEST = 1e-6


@dataclass(frozen=True)
class ScoreCalibration:
    """How logits become those of a probability.

    Args:
        slope: What a logit is multiplied by; above 0.
        intercept: What is added.
        boxes: How many boxes this rests on.
        hits: How many of them are faces.
    """

    slope: float
    intercept: float
    boxes: int
    hits: int


def fit_scores(matches: Matches) -> ScoreCalibration:
    """Fits the probability of being a face to the scores of a detector's boxes, by maximum likelihood.

    Args:
        matches: Which boxes are faces; boxes that are excused do not count.

    Raises:
        ValueError: If there are not both hits and false alarms, their scores do not overlap, or higher scores do not
            mean faces.

    Example:
        >>> scores, nothing = np.array([0.2, 0.2, 0.2, 0.6, 0.6, 0.6]), np.zeros(0)
        >>> is_hit = np.array([True, False, False, True, True, False])
        >>> fitted = fit_scores(Matches(nothing, nothing.astype(bool), scores, is_hit, np.zeros(6, bool)))
        >>> logits = fitted.slope * np.log(scores / (1 - scores)) + fitted.intercept
        >>> (1 / (1 + np.exp(-logits))).round(3).tolist()
        [0.333, 0.333, 0.333, 0.667, 0.667, 0.667]
    """
    counted = ~matches.is_excused
    is_hit = matches.is_hit[counted]
    if is_hit.all() or not is_hit.any():
        raise ValueError(
            f"matches must have both hits and false alarms. Received: {is_hit.sum()} of {len(is_hit)} hits"
        )
    scores = matches.scores[counted].clip(_CLOSEST, 1 - _CLOSEST)
    lowest_hit, highest_alarm = scores[is_hit].min(), scores[~is_hit].max()
    if lowest_hit >= highest_alarm and scores.min() < scores.max():
        # The likelihood then rises with the slope for ever, and where the fit stops is chance.
        raise ValueError(
            "scores of hits and of false alarms must overlap, or any slope fits: too few boxes to calibrate on. "
            f"Received: hits from {lowest_hit:.3g}, false alarms up to {highest_alarm:.3g}"
        )
    regression = LogisticRegression(C=np.inf, max_iter=1000, tol=1e-8)
    regression.fit(np.log(scores / (1 - scores))[:, None], is_hit)
    slope, intercept = float(regression.coef_[0, 0]), float(regression.intercept_[0])
    if not slope > 0:
        raise ValueError(
            f"Higher scores do not mean faces: the detector has learned nothing. Received: slope {slope:.3g}"
        )
    return ScoreCalibration(slope, intercept, len(is_hit), int(is_hit.sum()))
