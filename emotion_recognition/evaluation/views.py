"""Test-time augmentation: the views of an image whose probabilities are averaged.

Simonyan and Zisserman 2015, arXiv:1409.1556, section 4.2.
"""

from collections.abc import Iterator

import numpy as np

#: The kinds of views, with what each shows a network.
TTA = {
    "none": "each image once",
    "flip": "each image as it is and mirrored",
    "full": "each image in its place and shifted in four directions, each also mirrored",
}

#: The shifts' length, as a share of the image's side: two pixels of FER2013's 48.
SHIFT = 1 / 24


def count_views(tta: str) -> int:
    """How many views :func:`views` gives."""
    return {"none": 1, "flip": 2, "full": 10}[tta]


def views(images: np.ndarray, tta: str) -> Iterator[np.ndarray]:
    """Gives one copy of all images after the other.

    Borders that a shift opens are filled by reflection, as in training.

    Args:
        images: Array (N, height, width, channels).
        tta: Key of :data:`TTA`.

    Yields:
        Arrays of the same shape and dtype; the first one is the images as they are.

    Raises:
        ValueError: If there is no such kind.
    """
    if tta not in TTA:
        raise ValueError(f"tta must be one of {list(TTA)}. Received: {tta!r}")
    _, height, width, _ = images.shape
    down, right = max(1, round(SHIFT * height)), max(1, round(SHIFT * width))
    shifts = [(0, 0), (down, 0), (-down, 0), (0, right), (0, -right)] if tta == "full" else [(0, 0)]
    for shift in shifts:
        moved = _shifted(images, *shift)
        yield moved
        if tta != "none":
            yield moved[:, :, ::-1]


def _shifted(images: np.ndarray, down: int, right: int) -> np.ndarray:
    if not down and not right:
        return images
    _, height, width, _ = images.shape
    y, x = abs(down), abs(right)
    padded = np.pad(images, ((0, 0), (y, y), (x, x), (0, 0)), mode="reflect")
    return padded[:, y - down : y - down + height, x - right : x - right + width]
