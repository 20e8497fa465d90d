"""Finds pairs of images that show the same photograph: cropped a little differently, rescaled, brighter or marked.

Arrays come in, pairs of rows go out; :mod:`emotion_recognition.data.audit.audit` reports them. Exact copies are found
too.
"""

import numpy as np

#: Images are compared as means of this many blocks along each side: small shifts and watermarks disappear in them.
_BLOCKS = 12

#: Least correlation of two images' block means. On FER2013 every one of forty pairs drawn from 0.96 to 0.98 shows one
#: photograph twice; between 0.94 and 0.96 some are different people, and at 0.91 most are.
SAME_PHOTOGRAPH = 0.96

#: Time grows with the square of the number of images: 36,000 take some seconds, this many some minutes.
MOST_IMAGES = 200_000

_ROWS_AT_ONCE = 2048


def near_pairs(images: np.ndarray, threshold: float = SAME_PHOTOGRAPH) -> tuple[np.ndarray, np.ndarray]:
    """Finds all pairs whose block means correlate.

    Args:
        images: uint8 array (N, height, width, channels), 0..255, at most :data:`MOST_IMAGES`. Images without contrast
            have no pairs.
        threshold: Least correlation, above 0 and at most 1.

    Returns:
        int64 array (P, 2), rows i < j of each pair, sorted; float32 array (P,), their correlations.

    Raises:
        ValueError: If there are too many images or the threshold is out of range.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> faces = rng.integers(0, 200, (3, 24, 24, 1), dtype=np.uint8)
        >>> faces[2] = faces[0] + 20
        >>> near_pairs(faces)[0].tolist()
        [[0, 2]]
    """
    if len(images) > MOST_IMAGES:
        raise ValueError(f"images must be at most {MOST_IMAGES:,} to be compared in pairs. Received: {len(images):,}")
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1. Received: {threshold}")
    descriptors = _descriptors(images)
    pairs, correlations = [np.empty((0, 2), np.int64)], [np.empty(0, np.float32)]
    for start in range(0, len(images), _ROWS_AT_ONCE):
        # (rows, rest): each row with itself and all rows behind it, the earlier ones have met it already.
        similarity = descriptors[start : start + _ROWS_AT_ONCE] @ descriptors[start:].T
        first, second = np.nonzero(similarity >= threshold)
        ahead = second > first
        first, second = first[ahead], second[ahead]
        pairs.append(np.stack([first, second], axis=1) + start)
        correlations.append(similarity[first, second])
    return np.concatenate(pairs), np.concatenate(correlations)


def _descriptors(images: np.ndarray) -> np.ndarray:
    """Block means without their average, at length 1, so that products are correlations: float32 (N, blocks²)."""
    # Imported here, because every build passes through this module and few compare pairs.
    import cv2

    means = np.empty((len(images), _BLOCKS * _BLOCKS), np.float32)
    for row, image in enumerate(images):
        grey = image.mean(axis=2, dtype=np.float32)
        means[row] = cv2.resize(grey, (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA).ravel()
    means -= means.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    # A length below one grey level in the mean is noise on a blank image: it correlates with nothing.
    return np.where(lengths >= _BLOCKS, means / np.maximum(lengths, 1), 0).astype(np.float32)
