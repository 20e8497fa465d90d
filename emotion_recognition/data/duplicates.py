"""Finds images that occur in another set of images, pixel for pixel.

FER2013 repeats many photographs, some across its splits. Evaluation uses this to tell how much of a test split
was already seen in training.
"""

import numpy as np


def has_twin(images: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Tells which images have an exact twin in another array.

    The whole images are compared, not a digest of them, so that there are no false twins.

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
    known = {image.tobytes() for image in among}
    return np.fromiter((image.tobytes() in known for image in images), dtype=bool, count=len(images))
