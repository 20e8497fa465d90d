"""What became of the pictures and boxes of a build with face boxes, in numbers and as a table."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FaceCounts:
    """What became of the pictures and boxes of a split.

    Args:
        pictures: Pictures in the split.
        faces: Boxes in it, the ignored ones too.
        ignored: Boxes that neither count as found nor as missed.
        without_a_face: Pictures without any box.
        shrunk: Pictures that were larger than the setting.
        boxes_cut: Boxes of which a part lay outside the picture.
        boxes_dropped: Boxes that had no size, or nothing of which lay inside the picture.
        turned: Pictures with boxes that EXIF's orientation turned.
    """

    pictures: int
    faces: int
    ignored: int
    without_a_face: int
    shrunk: int
    boxes_cut: int
    boxes_dropped: int
    turned: int = 0


_TITLES = {
    "pictures": "pictures",
    "without_a_face": "  without a face",
    "shrunk": "  shrunk",
    "faces": "faces",
    "ignored": "  ignored",
    "boxes_cut": "  cut at the border",
    "boxes_dropped": "boxes dropped",
}


def counts_table(counts: Mapping[str, FaceCounts]) -> str:
    """The counts of each split and of all together, as aligned columns.

    Args:
        counts: By the name of the split.

    Example:
        >>> train, val = FaceCounts(2000, 30, 1, 5, 7, 2, 0), FaceCounts(10, 20, 0, 1, 0, 0, 3)
        >>> print(counts_table({"train": train, "val": val}))
                              train     val     all
        pictures              2,000      10   2,010
          without a face          5       1       6
          shrunk                  7       0       7
        faces                    30      20      50
          ignored                 1       0       1
          cut at the border       2       0       2
        boxes dropped             0       3       3
    """
    width = max(map(len, _TITLES.values()))
    lines = [" " * width + "".join(f"{name:>8}" for name in (*counts, "all"))]
    for name, title in _TITLES.items():
        numbers = [int(getattr(of_split, name)) for of_split in counts.values()]
        lines.append(f"{title:<{width}}" + "".join(f"{number:>8,}" for number in (*numbers, sum(numbers))))
    return "\n".join(lines)
