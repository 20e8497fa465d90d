"""From a detector's raw boxes to faces: sure enough, inside the picture, each face once."""

from dataclasses import dataclass

import cv2
import numpy as np

from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.overlap import corners_of, overlaps


@dataclass(frozen=True)
class Crowding:
    """How boxes that overlap are weighed against each other, in place of dropping all but the surest.

    Args:
        votes: Boxes whose intersection over union with the surest is at least this, and that are at least half as sure,
            vote on its place and its landmarks (box voting, Gidaris and Komodakis 2015, arXiv:1505.01749), 0..1.
        second: Up to this intersection over union, 0..1, a box that overlaps more than ``max_overlap`` with a surer one
            may be a second face behind it: its score is multiplied by 1 - overlap (Soft-NMS, Bodla et al. 2017,
            arXiv:1704.04503).
    """

    votes: float
    second: float


def faces_from_boxes(
    corners: np.ndarray,
    scores: np.ndarray,
    image_size: tuple[int, int],
    settings: DetectionSettings,
    *,
    landmarks: np.ndarray | None = None,
    crowding: Crowding | None = None,
) -> list[Face]:
    """Turns raw boxes into faces.

    A box whose centre lies outside the picture is dropped, the others are cut at the picture's border; of boxes
    that overlap too much only the one with the highest score stays.

    Args:
        corners: float array (N, 4): left, top, right, bottom in pixels of the picture; any values, NaN too.
        scores: float array (N,), 0..1; what rounding lifts above 1 counts as 1.
        image_size: Width and height of the picture in pixels.
        settings: The lowest score and the highest overlap.
        landmarks: float array (N, points, 2): x and y of each box's landmarks in pixels; None from a detector that
            finds none.
        crowding: What boxes that overlap have to do with each other beside that; None for nothing.

    Returns:
        The faces, highest score first.
    """
    width, height = image_size
    centre_x, centre_y = (corners[:, 0] + corners[:, 2]) / 2, (corners[:, 1] + corners[:, 3]) / 2
    keep = scores >= settings.min_confidence
    # Comparisons with NaN are false, so a box without numbers goes too.
    keep &= (centre_x >= 0) & (centre_x < width) & (centre_y >= 0) & (centre_y < height)
    cut = np.clip(corners[keep], 0, (width, height, width, height))
    whole = np.rint(cut).astype(int)
    boxes = np.hstack([whole[:, :2], whole[:, 2:] - whole[:, :2]])
    kept_scores = scores[keep]
    filled = (boxes[:, 2:] > 0).all(axis=1)
    boxes, kept_scores, cut = boxes[filled], kept_scores[filled], cut[filled]
    points = None if landmarks is None else landmarks[keep][filled]
    most = settings.max_overlap if crowding is None else max(settings.max_overlap, crowding.second)
    distinct = cv2.dnn.NMSBoxes(boxes.tolist(), kept_scores.tolist(), score_threshold=0.0, nms_threshold=most)
    chosen = np.asarray(distinct, np.intp).reshape(-1)
    own, own_scores, own_points = boxes[chosen], kept_scores[chosen], None if points is None else points[chosen]
    if crowding is not None and len(chosen):
        near = overlaps(corners_of(own), corners_of(boxes)) >= crowding.votes
        near &= kept_scores >= own_scores[:, np.newaxis] / 2
        votes = near * kept_scores
        votes /= votes.sum(axis=1, keepdims=True)
        places = np.rint(votes @ cut).astype(int)
        own = np.hstack([places[:, :2], places[:, 2:] - places[:, :2]])
        own_points = None if points is None else np.tensordot(votes, points, axes=1)
        # Less trust in those that overlap too much with surer ones, which come before them.
        crossing = np.tril(overlaps(corners_of(own), corners_of(own)), -1)
        own_scores = own_scores * np.where(crossing > settings.max_overlap, 1 - crossing, 1.0).prod(axis=1)
        order = np.argsort(-own_scores, kind="stable")
        order = order[own_scores[order] >= settings.min_confidence]
        own, own_scores = own[order], own_scores[order]
        own_points = None if own_points is None else own_points[order]
    marks = [None] * len(own) if own_points is None else own_points.tolist()
    return [
        Face(
            box=(x, y, w, h),
            score=min(1.0, score),
            landmarks=None if mark is None else tuple((px, py) for px, py in mark),
        )
        for (x, y, w, h), score, mark in zip(own.tolist(), own_scores.tolist(), marks, strict=True)
    ]
