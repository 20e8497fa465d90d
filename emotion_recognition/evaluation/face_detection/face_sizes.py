"""Bands of face sizes: small faces are what detectors miss, so recall is told by size.

A face's size is the longer side of its true box, in pixels of the picture as it is stored or as a share of the
picture's longer side: the share says what is left of a face when the picture is shrunk to a network's input.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SizeBand:
    """Sizes from ``low`` up to, but without, ``high``.

    Args:
        name: What it is called in tables.
        low: In pixels, or a share 0..1.
        high: The same; may be infinite.
    """

    name: str
    low: float
    high: float

    def holds(self, sizes: np.ndarray) -> np.ndarray:
        """Which of the sizes, float array (N,), lie in the band, bool array (N,)."""
        return np.asarray((sizes >= self.low) & (sizes < self.high))


#: By the share of the picture's longer side.
SHARE_BANDS = (
    SizeBand("under 1/32", 0.0, 1 / 32),
    SizeBand("1/32 to 1/16", 1 / 32, 1 / 16),
    SizeBand("1/16 to 1/8", 1 / 16, 1 / 8),
    SizeBand("1/8 to 1/4", 1 / 8, 1 / 4),
    SizeBand("1/4 and more", 1 / 4, np.inf),
)

#: By pixels of the stored picture.
PIXEL_BANDS = (
    SizeBand("under 16 px", 0.0, 16.0),
    SizeBand("16 to 32 px", 16.0, 32.0),
    SizeBand("32 to 64 px", 32.0, 64.0),
    SizeBand("64 px and more", 64.0, np.inf),
)


def sizes_in_pixels(boxes: np.ndarray) -> np.ndarray:
    """The longer sides of boxes.

    Args:
        boxes: float array (N, 4): x, y, width, height in pixels.

    Returns:
        float array (N,), in pixels.

    Example:
        >>> sizes_in_pixels(np.array([[0.0, 0.0, 30.0, 40.0]])).tolist()
        [40.0]
    """
    return np.asarray(boxes[:, 2:].max(axis=1, initial=0.0))
