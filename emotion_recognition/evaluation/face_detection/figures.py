"""All figures of one face detector on one set of pictures.

Found and true boxes come in; next: :mod:`emotion_recognition.evaluation.face_detection.report`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_recognition.evaluation.face_detection.coco import CocoFigures, evaluate_with_coco
from emotion_recognition.evaluation.face_detection.face_sizes import PIXEL_BANDS, SHARE_BANDS, sizes_in_pixels
from emotion_recognition.evaluation.face_detection.false_alarms import FalseAlarms, confidence_for, count_false_alarms
from emotion_recognition.evaluation.face_detection.matches import Counts
from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture

#: False alarms a picture without faces at which detectors are compared, whatever their scores mean.
FALSE_ALARM_RATE = 0.05

#: The name of all groups of pictures without a face together.
_ALL = "all"


@dataclass(frozen=True)
class GroupRecall:
    """How many faces of one group were found.

    Args:
        name: The group.
        faces: Faces that count.
        found: Those of them that were found.
    """

    name: str
    faces: int
    found: int

    @property
    def recall(self) -> float | None:
        """Share that was found, 0..1; None for an empty group."""
        return self.found / self.faces if self.faces else None

    def to_json(self) -> dict[str, Any]:
        """The numbers as JSON values."""
        return {"faces": self.faces, "found": self.found, "recall": self.recall}


@dataclass(frozen=True)
class WorkingPoint:
    """What a detector does that reports the boxes above one confidence.

    Args:
        counts: Hits, false alarms and misses in the pictures with marked faces.
        by_share: Recall by the faces' share of their picture's longer side, in the order of
            :data:`~emotion_recognition.evaluation.face_detection.face_sizes.SHARE_BANDS`.
        by_pixels: The same by their size in pixels, in the order of ``PIXEL_BANDS``.
        by_mask: Recall by how a face wears a mask, where that is known; empty where nothing is.
        false_alarms: Wrong boxes in pictures without a face, for each group of such pictures; of several groups, first
            those of ``"all"`` together.
    """

    counts: Counts
    by_share: tuple[GroupRecall, ...]
    by_pixels: tuple[GroupRecall, ...]
    by_mask: tuple[GroupRecall, ...]
    false_alarms: dict[str, FalseAlarms]

    def to_json(self) -> dict[str, Any]:
        """The numbers as JSON values; precision and recall are 0..1."""
        counts = self.counts
        return {
            "confidence": counts.confidence,
            "hits": counts.hits,
            "false_alarms": counts.false_alarms,
            "misses": counts.misses,
            "precision": counts.precision,
            "recall": counts.recall,
            "f1": counts.f1,
            "recall_by_share_of_longer_side": {group.name: group.to_json() for group in self.by_share},
            "recall_by_pixels": {group.name: group.to_json() for group in self.by_pixels},
            "recall_by_mask": {group.name: group.to_json() for group in self.by_mask},
            "false_alarms_without_faces": {name: alarms.to_json() for name, alarms in self.false_alarms.items()},
        }


@dataclass(frozen=True, eq=False)
class DetectorFigures:
    """The figures of one detector on one set of pictures.

    Args:
        name: The detector.
        pictures: Number of pictures with marked faces, those without any included.
        faces: Number of faces that count.
        ignored: Number of regions that do not.
        coco: Average precision and precision-recall curve.
        default: At the detector's default confidence.
        at_rate: At the confidence that gives ``FALSE_ALARM_RATE`` false alarms a picture without faces; None where
            there are no such pictures.
        milliseconds: Median time for a picture; None where it was not taken.
    """

    name: str
    pictures: int
    faces: int
    ignored: int
    coco: CocoFigures
    default: WorkingPoint
    at_rate: WorkingPoint | None
    milliseconds: float | None

    def to_json(self) -> dict[str, Any]:
        """All figures as JSON values; precision and recall are 0..1."""
        coco = self.coco
        return {
            "detector": self.name,
            "pictures": self.pictures,
            "faces": self.faces,
            "ignored": self.ignored,
            "average_precision_50": coco.at_half,
            "average_precision_50_95": coco.at_half_to_95,
            "average_precision_by_overlap": {
                f"{overlap:.2f}": float(value)
                for overlap, value in zip(coco.overlaps, coco.average_precisions, strict=True)
            },
            "curve_50": {
                "recall": coco.recalls.tolist(),
                "precision": coco.precisions.tolist(),
                "confidence": coco.confidences.tolist(),
            },
            "default": self.default.to_json(),
            "at_false_alarm_rate": None
            if self.at_rate is None
            else {"rate": FALSE_ALARM_RATE, **self.at_rate.to_json()},
            "milliseconds": self.milliseconds,
        }


def evaluate_detector(
    name: str,
    pictures: Sequence[ScoredPicture],
    *,
    longer_sides: Sequence[int],
    confidence: float,
    masks: Sequence[Sequence[str]] | None = None,
    faceless: dict[str, list[np.ndarray]] | None = None,
    milliseconds: float | None = None,
) -> DetectorFigures:
    """Computes the figures of a detector.

    Args:
        name: The detector.
        pictures: What was known and found, with boxes down to a very low confidence: average precision takes all.
        longer_sides: Of each picture, in pixels, at least 1.
        confidence: The detector's default: the lowest score of what it takes for a face.
        masks: For each picture, how each of its true boxes wears a mask, "" where that is not known; None where it
            is known of none.
        faceless: For each group of pictures without a face, float array (boxes,) of scores of each picture. The rate
            of false alarms is that over all of them together.
        milliseconds: Median time for a picture.

    Raises:
        ValueError: If there is no picture or no face that counts, or the sequences do not fit together.

    Example:
        >>> picture = ScoredPicture.of([(10, 10, 40, 40), (80, 10, 12, 12)], [(10, 10, 40, 40)], [0.9])
        >>> figures = evaluate_detector("mine", [picture], longer_sides=[320], confidence=0.5)
        >>> [(group.name, group.recall) for group in figures.default.by_pixels if group.faces]
        [('under 16 px', 0.0), ('32 to 64 px', 1.0)]
    """
    if len(longer_sides) != len(pictures) or min(longer_sides, default=1) < 1:
        raise ValueError(
            f"longer_sides must be {len(pictures)}, one of at least 1 for each picture. Received: {list(longer_sides)}"
        )
    kinds = [mask for of_picture in masks or () for mask in of_picture]
    if masks is not None and [len(of_picture) for of_picture in masks] != [len(p.true_boxes) for p in pictures]:
        raise ValueError(f"masks must have a word for each true box of each picture. Received: {len(kinds)} words")
    coco = evaluate_with_coco(pictures)
    pixels = sizes_in_pixels(np.concatenate([picture.true_boxes for picture in pictures]))
    shares = pixels / np.repeat(longer_sides, [len(picture.true_boxes) for picture in pictures])
    counted = coco.matches.counted
    groups = {
        "by_share": {band.name: band.holds(shares) & counted for band in SHARE_BANDS},
        "by_pixels": {band.name: band.holds(pixels) & counted for band in PIXEL_BANDS},
        "by_mask": {kind: (np.array(kinds) == kind) & counted for kind in sorted(set(kinds) - {""})},
    }
    together = [scores for group in (faceless or {}).values() for scores in group]
    without_faces = {**({_ALL: together} if len(faceless or {}) > 1 else {}), **(faceless or {})}

    def at(lowest: float) -> WorkingPoint:
        found = coco.matches.is_found(lowest)
        recalls = {
            which: tuple(GroupRecall(group, int(has.sum()), int(found[has].sum())) for group, has in members.items())
            for which, members in groups.items()
        }
        alarms = {group: count_false_alarms(scores, lowest) for group, scores in without_faces.items()}
        return WorkingPoint(counts=coco.matches.counts(lowest), **recalls, false_alarms=alarms)

    return DetectorFigures(
        name=name,
        pictures=len(pictures),
        faces=int(counted.sum()),
        ignored=int((~counted).sum()),
        coco=coco,
        default=at(confidence),
        at_rate=at(confidence_for(together, FALSE_ALARM_RATE)) if together else None,
        milliseconds=milliseconds,
    )
