"""Average precision by the COCO evaluation (Lin et al. 2014, arXiv:1405.0312), computed by pycocotools.

Pictures with true and found boxes come in; average precision, the precision-recall curve and the matches go out. Next:
:mod:`emotion_recognition.evaluation.face_detection.figures`.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from emotion_recognition.evaluation.face_detection.matches import Matches
from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture

#: The only category.
_FACE = 1


@dataclass(frozen=True, eq=False)
class CocoFigures:
    """What the COCO evaluation says of a detector.

    Args:
        overlaps: float64 array (10,): the intersections over union 0.5, 0.55, ... 0.95 from which a box has found a
            face.
        average_precisions: float64 array (10,): average precision, 0..1, at each of them: the mean of
            ``precisions`` there.
        recalls: float64 array (101,): 0, 0.01, ... 1.
        precisions: float64 array (101,), 0..1: the highest precision at an overlap of 0.5 that any confidence with at
            least this recall gives, 0 where the detector never gets so far.
        confidences: float64 array (101,): the confidence at which the recall is reached; 0 where it never is.
        matches: Which found box is which face at an overlap of 0.5.
    """

    overlaps: np.ndarray
    average_precisions: np.ndarray
    recalls: np.ndarray
    precisions: np.ndarray
    confidences: np.ndarray
    matches: Matches

    @property
    def at_half(self) -> float:
        """Average precision at an overlap of 0.5, 0..1."""
        return float(self.average_precisions[0])

    @property
    def at_half_to_95(self) -> float:
        """The mean of the average precisions at 0.5, 0.55, ... 0.95, 0..1: it rewards boxes that fit well."""
        return float(self.average_precisions.mean())


def evaluate_with_coco(pictures: Sequence[ScoredPicture]) -> CocoFigures:
    """Holds found boxes against true ones.

    In each picture the boxes choose in the order of their scores: each takes the true face that it overlaps most, of
    those that no box has taken before; a second box round a face is a false alarm. Every box takes part, whatever
    their number and size: COCO's usual limit of 100 boxes a picture would cut off crowds (111 faces in one picture of
    the validation set), and its bands of areas are those of COCO's objects.

    An ignored box is COCO's ``iscrowd``: a region rather than a face. It is never a miss; a found box that takes no
    counted face and lies in the region with at least the share of its own area that the overlap demands (intersection
    over the found box's area, not over the union) is left out; any number of boxes may be left out for one region.

    Args:
        pictures: At least one, with at least one face that counts among them all.

    Raises:
        ValueError: If there is no picture, or no face that counts.

    Example:
        >>> face, elsewhere = (10, 10, 40, 40), (100, 100, 40, 40)
        >>> figures = evaluate_with_coco([ScoredPicture.of([face], [face, elsewhere], [0.9, 0.4])])
        >>> round(figures.at_half, 6), figures.matches.counts(0.3).precision
        (1.0, 0.5)
    """
    if not pictures:
        raise ValueError("pictures must hold at least one picture. Received: none")
    if all(picture.ignored.all() for picture in pictures):
        raise ValueError(
            f"pictures must hold at least one face that counts, or there is no recall. "
            f"Received: {len(pictures)} pictures, {sum(len(picture.ignored) for picture in pictures)} ignored boxes"
        )
    # pycocotools reports its steps with print().
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(_true_faces(pictures), _found_faces(pictures), "bbox")
        evaluation.params.maxDets = [max(1, *(len(picture.scores) for picture in pictures))]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0.0, np.inf]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    # Axes of precision and scores: overlap, recall, category, area, number of boxes; the last three have one entry.
    precisions = evaluation.eval["precision"][:, :, 0, 0, 0]
    return CocoFigures(
        overlaps=np.asarray(evaluation.params.iouThrs),
        average_precisions=precisions.mean(axis=1),
        recalls=np.asarray(evaluation.params.recThrs),
        precisions=precisions[0],
        confidences=evaluation.eval["scores"][0, :, 0, 0, 0],
        matches=_matches(pictures, evaluation.evalImgs),
    )


def _true_faces(pictures: Sequence[ScoredPicture]) -> COCO:
    boxes = np.concatenate([picture.true_boxes for picture in pictures])
    ignored = np.concatenate([picture.ignored for picture in pictures])
    numbers = _picture_numbers([len(picture.true_boxes) for picture in pictures])
    return _coco(len(pictures), boxes, numbers, [{"iscrowd": int(flag)} for flag in ignored])


def _found_faces(pictures: Sequence[ScoredPicture]) -> COCO:
    # Not by COCO.loadRes, which fails on a detector that has found nothing.
    boxes = np.concatenate([picture.found_boxes for picture in pictures])
    scores = np.concatenate([picture.scores for picture in pictures])
    numbers = _picture_numbers([len(picture.found_boxes) for picture in pictures])
    return _coco(len(pictures), boxes, numbers, [{"score": float(score)} for score in scores])


def _picture_numbers(counts: Sequence[int]) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts)


def _coco(pictures: int, boxes: np.ndarray, numbers: np.ndarray, more: Sequence[dict[str, Any]]) -> COCO:
    coco = COCO()
    coco.dataset = {
        "images": [{"id": index} for index in range(pictures)],
        "categories": [{"id": _FACE, "name": "face"}],
        "annotations": [
            # Numbered from 1: to pycocotools a match with number 0 is none.
            {
                "id": index + 1,
                "image_id": int(number),
                "category_id": _FACE,
                "bbox": box.tolist(),
                "area": float(box[2] * box[3]),
                **values,
            }
            for index, (box, number, values) in enumerate(zip(boxes, numbers, more, strict=True))
        ],
    }
    coco.createIndex()
    return coco


def _matches(pictures: Sequence[ScoredPicture], by_picture: Sequence[dict[str, Any] | None]) -> Matches:
    """Reads the matches at the first overlap; a picture without any box has None."""
    counted = ~np.concatenate([picture.ignored for picture in pictures])
    scores = np.concatenate([picture.scores for picture in pictures])
    found_at = np.full(len(counted), np.nan)
    is_hit, is_excused = np.zeros(len(scores), bool), np.zeros(len(scores), bool)
    for entry in filter(None, by_picture):
        boxes = np.array(entry["dtIds"], int) - 1
        faces = np.asarray(entry["dtMatches"][0], int) - 1
        excused = np.asarray(entry["dtIgnore"][0], bool)
        is_excused[boxes] = excused
        is_hit[boxes] = (faces >= 0) & ~excused
        taken = is_hit[boxes]
        found_at[faces[taken]] = scores[boxes[taken]]
    return Matches(found_at=found_at, counted=counted, scores=scores, is_hit=is_hit, is_excused=is_excused)
