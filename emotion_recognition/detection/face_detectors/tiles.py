"""Which parts of a picture a detector looks at, and how large, where the picture is far larger than its usual size.

A picture's size goes in, tiles come out; next: :mod:`emotion_recognition.detection.face_detectors.tiled` looks at them.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple


class Tile(NamedTuple):
    """A part of a picture, in its pixels, and how it is looked at.

    Attributes:
        left: First column.
        top: First row.
        right: Column behind the last.
        bottom: Row behind the last.
        size: Pixels that its longest side is resized to.
    """

    left: int
    top: int
    right: int
    bottom: int
    size: int


@dataclass(frozen=True)
class TileSettings:
    """How much is looked at, and in which pieces.

    Args:
        budget: Pixels of the network's input for the finest look at a picture, without the tiles' overlaps; the
            time is in proportion. The coarser looks add a third.
        longest_side: The longest side of a tile, in pixels of the network's input.
        overlap: How far neighbouring tiles reach into each other, in pixels of the network's input. A face up to this
            size lies whole in one of them; larger ones are found by a coarser look.
        least_gain: A look that is finer than the next coarser one by less than this factor is left out.
    """

    budget: int = 1_400_000
    longest_side: int = 1024
    overlap: int = 160
    least_gain: float = 1.4


def plan_tiles(width: int, height: int, whole: int, settings: TileSettings) -> list[list[Tile]]:
    """The looks at a picture, coarse to fine, each of them tiles that cover the picture.

    The first look shows all of it at once; each further one is twice as fine, up to the picture's own pixels or what
    the budget allows.

    Args:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        whole: The longest side, in pixels, that the whole picture is resized to for the first look.
        settings: How much is looked at.

    Example:
        >>> [len(look) for look in plan_tiles(640, 480, 320, TileSettings())]
        [1, 1]
        >>> [len(look) for look in plan_tiles(9000, 512, 320, TileSettings())]
        [1, 1, 2, 3, 6]
    """
    longest = max(width, height)
    looks = [[Tile(0, 0, width, height, whole)]]
    finest = min(1.0, math.sqrt(settings.budget / (width * height)))
    scales = []
    scale = finest
    while longest * scale >= whole * settings.least_gain:
        scales.append(scale)
        scale /= 2
    for scale in reversed(scales):
        across = _pieces(width, scale, settings)
        down = _pieces(height, scale, settings)
        looks.append(
            [
                Tile(left, top, right, bottom, max(1, round(max(right - left, bottom - top) * scale)))
                for top, bottom in down
                for left, right in across
            ]
        )
    return looks


def _pieces(side: int, scale: float, settings: TileSettings) -> list[tuple[int, int]]:
    """Starts and ends of pieces of equal length that cover a side, in pixels of the picture."""
    if side * scale <= settings.longest_side:
        return [(0, side)]
    overlap, longest = settings.overlap / scale, settings.longest_side / scale
    count = math.ceil((side - overlap) / (longest - overlap))
    length = (side + (count - 1) * overlap) / count
    starts = [i * (length - overlap) for i in range(count)]
    return [(math.floor(start), min(side, math.ceil(start + length))) for start in starts]
