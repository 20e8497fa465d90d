"""Sorts the boxes of pictures into hits, misses and false alarms; :mod:`emotion_recognition.plots` draws them."""

from collections.abc import Sequence

import numpy as np

from emotion_recognition.evaluation.face_detection.coco import evaluate_with_coco
from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture

#: A kind of box, and x, y, width and height in pixels.
KindOfBox = tuple[str, tuple[float, float, float, float]]


def sort_boxes(pictures: Sequence[ScoredPicture], confidence: float) -> list[list[KindOfBox]]:
    """Says of every box of each picture what it is.

    Args:
        pictures: What is true and what was found.
        confidence: The lowest score of a found box that counts.

    Returns:
        For each picture its true boxes, ``"face"`` for a face that was found and ``"missed"`` for one that was not,
        then the found ones, ``"hit"`` or ``"false alarm"``. Ignored regions, and boxes that lie in them, are left out.

    Example:
        >>> face, elsewhere = (10, 10, 40, 40), (80, 80, 40, 40)
        >>> [kind for kind, _ in sort_boxes([ScoredPicture.of([face], [elsewhere], [0.9])], 0.5)[0]]
        ['missed', 'false alarm']
    """
    # One more picture with a face, because the COCO evaluation refuses pictures that all have none.
    matches = evaluate_with_coco([*pictures, ScoredPicture.of([(0, 0, 1, 1)], [], [])]).matches
    found, false = matches.is_found(confidence), matches.is_false_alarm(confidence)
    hit = matches.is_hit & (matches.scores >= confidence)
    outcomes, face, box = [], 0, 0
    for picture in pictures:
        faces, boxes = slice(face, face + len(picture.true_boxes)), slice(box, box + len(picture.scores))
        face, box = faces.stop, boxes.stop
        outcomes.append(
            [
                *_of_kind("face", picture.true_boxes[found[faces] & ~picture.ignored]),
                *_of_kind("missed", picture.true_boxes[~found[faces] & ~picture.ignored]),
                *_of_kind("hit", picture.found_boxes[hit[boxes]]),
                *_of_kind("false alarm", picture.found_boxes[false[boxes]]),
            ]
        )
    return outcomes


def _of_kind(kind: str, boxes: np.ndarray) -> list[KindOfBox]:
    return [(kind, (float(x), float(y), float(width), float(height))) for x, y, width, height in boxes]
