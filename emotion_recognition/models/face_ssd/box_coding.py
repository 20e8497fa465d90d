"""Boxes as offsets from prior boxes, and back; what the network learns and what detection reads.

Needs NumPy alone. Before: :mod:`emotion_recognition.models.face_ssd.priors`.
"""

import numpy as np

#: No face is e to this power times as large as its prior; keeps an untrained network's boxes finite.
_LARGEST_LOG = 4.0


def decode(offsets: np.ndarray, priors: np.ndarray, variances: tuple[float, float]) -> np.ndarray:
    """The boxes that offsets from prior boxes stand for.

    Args:
        offsets: float array (P, 4): the network's dx, dy, dw and dh.
        priors: float array (P, 4): centre x, centre y, width and height in pixels.
        variances: See :class:`~emotion_recognition.models.face_ssd.priors.PriorSettings`.

    Returns:
        float array (P, 4): left, top, right and bottom in pixels.

    Example:
        >>> decode(np.array([[1.0, 0.0, 0.0, 0.0]]), np.array([[50.0, 50.0, 20.0, 40.0]]), (0.1, 0.2)).tolist()
        [[42.0, 30.0, 62.0, 70.0]]
    """
    centres = priors[:, :2] + offsets[:, :2] * (variances[0] * priors[:, 2:])
    halves = priors[:, 2:] * (0.5 * np.exp(np.minimum(offsets[:, 2:] * variances[1], _LARGEST_LOG)))
    return np.concatenate([centres - halves, centres + halves], axis=1)


def encode(corners: np.ndarray, priors: np.ndarray, variances: tuple[float, float]) -> np.ndarray:
    """The offsets that lead from prior boxes to boxes; :func:`decode` backwards.

    Args:
        corners: float array (P, 4): left, top, right and bottom in pixels, of positive width and height.
        priors: float array (P, 4): centre x, centre y, width and height in pixels.
        variances: As for :func:`decode`.

    Returns:
        float array (P, 4): dx, dy, dw and dh.

    Example:
        >>> encode(np.array([[42.0, 30.0, 62.0, 70.0]]), np.array([[50.0, 50.0, 20.0, 40.0]]), (0.1, 0.2)).tolist()
        [[1.0, 0.0, 0.0, 0.0]]
    """
    sizes = corners[:, 2:] - corners[:, :2]
    centres = (corners[:, :2] + corners[:, 2:]) / 2
    moved = (centres - priors[:, :2]) / (variances[0] * priors[:, 2:])
    return np.concatenate([moved, np.log(sizes / priors[:, 2:]) / variances[1]], axis=1)


def decode_landmarks(offsets: np.ndarray, priors: np.ndarray, variances: tuple[float, float]) -> np.ndarray:
    """The points that offsets from prior boxes stand for: like a centre's, each is measured in the prior's own size.

    Args:
        offsets: float array (P, 10): dx and dy of each of five points.
        priors: float array (P, 4): centre x, centre y, width and height in pixels.
        variances: As for :func:`decode`.

    Returns:
        float array (P, 5, 2): x and y in pixels.

    Example:
        >>> points = decode_landmarks(np.ones((1, 10)), np.array([[50.0, 50.0, 20.0, 40.0]]), (0.1, 0.2))
        >>> points.shape, points[0, 0].tolist()
        ((1, 5, 2), [52.0, 54.0])
    """
    moved = offsets.reshape(len(offsets), offsets.shape[1] // 2, 2) * (variances[0] * priors[:, None, 2:])
    return np.asarray(priors[:, None, :2] + moved)
