"""Makes a hard test set of marked photographs: damaged as scans, prints and bad light do, stretched, small, crowded.

Pictures with marked faces go in; :mod:`benchmarks.face_detectors` measures on what comes out. The damages are those of
:mod:`emotion_recognition.data.face_pictures.damages`, half as strong as they can be; detectors trained here have seen
such damages, though on other pictures.
"""

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from benchmarks.face_pictures import MarkedPicture
from emotion_recognition.data.face_pictures.damages import DAMAGES
from emotion_recognition.evaluation.face_detection.coco import evaluate_with_coco
from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.letterbox import GREY

#: A picture, BGR uint8 (height, width, 3), with its boxes, float64 (n, 4).
Marked = tuple[np.ndarray, np.ndarray]

#: From the pictures of a kind's group to the one that is looked at.
Maker = Callable[[Sequence[Marked], np.random.Generator], Marked]

_AMOUNT = 0.5


def damage_table(
    pictures: Sequence[MarkedPicture],
    detectors: Mapping[str, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]],
    progress: Callable[[str], None] = lambda kind: None,
) -> dict[str, dict[str, float]]:
    """Average precision at an overlap of 0.5 for every kind of damage.

    Args:
        pictures: Pictures with marked faces.
        detectors: By name, from a picture to boxes, float64 array (n, 4), and scores, float64 array (n,).
        progress: Told of each kind before it is measured.

    Returns:
        For each kind of damage the average precision, 0..1, of each detector.
    """
    table = {}
    for kind, (group, make) in KINDS.items():
        progress(kind)
        scored: dict[str, list[ScoredPicture]] = {name: [] for name in detectors}
        for start in range(0, len(pictures) - group + 1, group):
            marked = [(read_image(one.path), one.boxes) for one in pictures[start : start + group]]
            image, boxes = make(marked, np.random.default_rng(start))
            for name, detect in detectors.items():
                scored[name].append(ScoredPicture.of(boxes, *detect(image)))
        table[kind] = {name: evaluate_with_coco(found).at_half for name, found in scored.items()}
    return table


def to_text(table: Mapping[str, Mapping[str, float]]) -> str:
    """The table as Markdown.

    Example:
        >>> print(to_text({"blur": {"ssd": 0.75}}))
        | damage | `ssd` |
        |---|---|
        | blur | 0.750 |
    """
    names = list(next(iter(table.values())))
    lines = [f"| damage | {' | '.join(f'`{name}`' for name in names)} |", "|---" * (1 + len(names)) + "|"]
    lines += [f"| {kind} | {' | '.join(f'{row[name]:.3f}' for name in names)} |" for kind, row in table.items()]
    return "\n".join(lines)


def stretched(picture: Marked, across: float) -> Marked:
    """A picture of another width; its boxes are stretched along."""
    image, boxes = picture
    width = max(1, round(image.shape[1] * across))
    resized = np.asarray(cv2.resize(image, (width, image.shape[0]), interpolation=cv2.INTER_AREA))
    factor = width / image.shape[1]
    return resized, boxes * (factor, 1, factor, 1)


def in_a_corner(picture: Marked, rng: np.random.Generator) -> Marked:
    """A picture on a grey ground of twice its width and height, so that its faces are half as large."""
    image, boxes = picture
    height, width = image.shape[:2]
    left, top = (int(rng.integers(side + 1)) for side in (width, height))
    ground = np.full((2 * height, 2 * width, 3), GREY, np.uint8)
    ground[top : top + height, left : left + width] = image
    return ground, boxes + np.array([left, top, 0, 0])


def side_by_side(pictures: Sequence[Marked], size: int = 320) -> Marked:
    """Four pictures in one of twice ``size`` pixels: as many faces as in all of them."""
    ground = np.full((2 * size, 2 * size, 3), GREY, np.uint8)
    boxes = []
    for place, (image, own) in enumerate(pictures):
        scale = size / max(image.shape[:2])
        width, height = (max(1, round(side * scale)) for side in (image.shape[1], image.shape[0]))
        left, top = size * (place % 2), size * (place // 2)
        ground[top : top + height, left : left + width] = cv2.resize(
            image, (width, height), interpolation=cv2.INTER_AREA
        )
        boxes.append(own * scale + np.array([left, top, 0, 0]))
    return ground, np.concatenate(boxes)


def _damaged(name: str) -> Maker:
    def make(pictures: Sequence[Marked], rng: np.random.Generator) -> Marked:
        ((image, boxes),) = pictures
        return DAMAGES[name](image, _AMOUNT, rng), boxes

    return make


#: How many pictures make one of a kind, and how.
KINDS: Mapping[str, tuple[int, Maker]] = {
    "none": (1, lambda pictures, rng: pictures[0]),
    **{name: (1, _damaged(name)) for name in DAMAGES},
    "width × 0.7": (1, lambda pictures, rng: stretched(pictures[0], 0.7)),
    "width × 1.4": (1, lambda pictures, rng: stretched(pictures[0], 1.4)),
    "half as large": (1, lambda pictures, rng: in_a_corner(pictures[0], rng)),
    "four in one": (4, lambda pictures, rng: side_by_side(pictures)),
}
