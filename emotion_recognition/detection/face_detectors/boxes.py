"""From a detector's raw boxes to faces: sure enough, inside the picture, each face once."""

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np

from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.faces import Face


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
    faces = []
    for i in distinct:
        box, own = boxes[i], None if points is None else points[i]
        if crowding is not None:
            near = (_overlaps(boxes[i], boxes) >= crowding.votes) & (kept_scores >= kept_scores[i] / 2)
            votes = kept_scores[near]
            left, top, right, bottom = np.rint(np.average(cut[near], axis=0, weights=votes)).astype(int)
            box = (left, top, right - left, bottom - top)
            own = None if points is None else np.average(points[near], axis=0, weights=votes)
        x, y, w, h = map(int, box)
        faces.append(
            Face(
                box=(x, y, w, h),
                score=min(1.0, float(kept_scores[i])),
                landmarks=None if own is None else tuple((float(px), float(py)) for px, py in own),
            )
        )
    return faces if crowding is None else _doubted(faces, settings)


def _doubted(faces: list[Face], settings: DetectionSettings) -> list[Face]:
    """The faces, highest score first, with less trust in those that overlap too much with surer ones."""
    boxes = np.array([face.box for face in faces], np.float64).reshape(-1, 4)
    weighed = []
    for i, face in enumerate(faces):
        overlaps = _overlaps(boxes[i], boxes[:i])
        score = face.score * float(np.prod(1 - overlaps[overlaps > settings.max_overlap]))
        if score >= settings.min_confidence:
            weighed.append(dataclasses.replace(face, score=score))
    return sorted(weighed, key=lambda face: -face.score)


def _overlaps(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of a box and others, all (x, y, width, height) with pixels: float64 (N,)."""
    sides = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    common = np.clip(sides, 0, None).prod(axis=1)
    return np.asarray(common / (box[2:].prod() + boxes[:, 2:].prod(axis=1) - common))
