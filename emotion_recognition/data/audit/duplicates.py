"""Finds images that occur more than once, pixel for pixel.

FER2013 repeats many photographs, some across its splits. Evaluation uses this to tell how much of a test split
was already seen in training, the audit to list the repeats.
"""

import hashlib
from collections.abc import Iterable

import numpy as np


def has_twin(images: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Tells which images have an exact twin in another array.

    Digests of 128 bits stand for the images, so that memory stays small however many there are.

    Args:
        images: uint8 array (N, height, width, channels), 0..255.
        among: uint8 array (M, height, width, channels), 0..255, images of the same shape.

    Returns:
        Boolean array (N,): whether ``among`` holds the same image.

    Raises:
        ValueError: If the arrays are not uint8 or their images differ in shape.

    Example:
        >>> images = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1)
        >>> has_twin(images, among=images[1:2]).tolist()
        [False, True, False]
    """
    if images.dtype != np.uint8 or among.dtype != np.uint8 or images.shape[1:] != among.shape[1:]:
        raise ValueError(
            "images and among must be uint8 arrays with images of the same shape. "
            f"Received: {images.dtype} {images.shape}, {among.dtype} {among.shape}"
        )
    known = {_digest(image) for image in among}
    return np.fromiter((_digest(image) in known for image in images), dtype=bool, count=len(images))


def exact_groups(images: Iterable[np.ndarray]) -> list[np.ndarray]:
    """Groups images that are the same.

    Digests of 128 bits stand for the images, so that memory stays small however many there are.

    Args:
        images: uint8 arrays (height, width, channels), one after the other.

    Returns:
        An ascending int64 array of rows for each image that occurs more than once, in the order of their first rows.

    Example:
        >>> images = np.array([7, 1, 7, 2, 7, 1], np.uint8).reshape(6, 1, 1, 1)
        >>> [rows.tolist() for rows in exact_groups(images)]
        [[0, 2, 4], [1, 5]]
    """
    rows_of: dict[bytes, list[int]] = {}
    for row, image in enumerate(images):
        rows_of.setdefault(_digest(image), []).append(row)
    return [np.array(rows, np.int64) for rows in rows_of.values() if len(rows) > 1]


def _digest(image: np.ndarray) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()
