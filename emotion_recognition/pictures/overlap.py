"""How much boxes overlap: intersection over union, also called the Jaccard index."""

from collections.abc import Sequence

import numpy as np


def overlap(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two boxes, 0..1.

    Args:
        first: x, y, width and height, at least one of them with an area.
        second: The same.

    Example:
        >>> overlap((0, 0, 2, 2), (1, 0, 2, 2))  # 2 of 6 pixels
        0.3333333333333333
    """
    width = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    height = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    both = max(0, width) * max(0, height)
    return both / (first[2] * first[3] + second[2] * second[3] - both)


def overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of every box with every other.

    Args:
        boxes: float array (N, 4): left, top, right and bottom.
        others: float array (M, 4).

    Returns:
        float array (N, M), 0..1; 0 for two empty boxes.

    Example:
        >>> overlaps(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])).round(3).tolist()
        [[0.333]]
    """
    # Side by side in place of stacked: with thousands of prior boxes, four times as fast.
    left, top, right, bottom = boxes.T[:, :, None]
    other_left, other_top, other_right, other_bottom = others.T[:, None, :]
    width = np.minimum(right, other_right) - np.maximum(left, other_left)
    height = np.minimum(bottom, other_bottom) - np.maximum(top, other_top)
    common = np.maximum(width, 0) * np.maximum(height, 0)
    union = (right - left) * (bottom - top) + (other_right - other_left) * (other_bottom - other_top) - common
    return np.asarray(np.divide(common, union, out=np.zeros(common.shape), where=union > 0))


def corners_of(boxes: np.ndarray | Sequence[Sequence[float]]) -> np.ndarray:
    """Left, top, right and bottom of boxes.

    Args:
        boxes: array (N, 4) or a sequence of x, y, width and height; N may be 0.

    Returns:
        float64 array (N, 4).

    Example:
        >>> corners_of([(1, 2, 3, 4)]).tolist()
        [[1.0, 2.0, 4.0, 6.0]]
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    return np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
