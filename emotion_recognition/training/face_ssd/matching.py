"""Which prior boxes are to say "a face" of a picture: matching by Jaccard overlap.

True boxes go in, targets come out; next: :mod:`emotion_recognition.training.face_ssd.loss`.
"""

from dataclasses import dataclass

import numpy as np

from emotion_recognition.pictures.overlap import overlaps

#: Columns of a target: state, then the true box's left, top, right and bottom in pixels of the input.
TARGET_COLUMNS = 5

#: Those that follow with landmarks: whether they are known, 0 or 1, then x and y of five points in pixels of the input.
LANDMARK_COLUMNS = 11

#: What a prior box is to learn.
FACE, BACKGROUND, NOTHING = 1.0, 0.0, -1.0


@dataclass(frozen=True)
class MatchingSettings:
    """Which overlap makes a prior box responsible for a face.

    Args:
        face: Prior boxes with at least this intersection over union with a face say "a face".
        background: Those with less than this with every face say "none"; between the two they learn nothing.
        at_least: Every face gets at least this many prior boxes, those that overlap most (Zhang et al. 2017,
            arXiv:1708.05237): a small face between two places overlaps little with any.
        least_overlap: But none below this.

    Raises:
        ValueError: If the overlaps are not in this order within 0..1.
    """

    face: float = 0.4
    background: float = 0.3
    at_least: int = 4
    least_overlap: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.least_overlap <= self.background <= self.face <= 1:
            raise ValueError(
                "least_overlap, background and face must rise within 0..1. "
                f"Received: {self.least_overlap}, {self.background}, {self.face}"
            )
        if self.at_least < 1:
            raise ValueError(f"at_least must be at least 1. Received: {self.at_least}")


def match(
    faces: np.ndarray,
    ignored: np.ndarray,
    prior_corners: np.ndarray,
    settings: MatchingSettings,
    landmarks: np.ndarray | None = None,
) -> np.ndarray:
    """The targets of one picture.

    Args:
        faces: float array (n, 4): left, top, right and bottom of the true boxes in pixels of the input; n may be 0.
        ignored: bool array (n,): true where prior boxes on the face are to learn nothing.
        prior_corners: float array (P, 4): left, top, right and bottom of the prior boxes.
        settings: Which overlap counts.
        landmarks: float array (n, 5, 2): x and y of each face's landmarks, NaN where they are unknown; None for targets
            without landmarks.

    Returns:
        float32 array (P, 5): :data:`FACE`, :data:`BACKGROUND` or :data:`NOTHING`, then the corners of the face, 0
        where there is none. With landmarks (P, 16): then also whether the face's landmarks are known, and these.
    """
    width = TARGET_COLUMNS if landmarks is None else TARGET_COLUMNS + LANDMARK_COLUMNS
    targets = np.zeros((len(prior_corners), width), np.float32)
    for kept in (ignored, ~ignored):  # faces last: they count where an ignored one overlaps too
        boxes = faces[kept]
        if not len(boxes):
            continue
        overlap = overlaps(prior_corners, boxes)
        best = overlap.argmax(axis=1)
        most = overlap[np.arange(len(overlap)), best]
        targets[most >= settings.background, 0] = NOTHING
        if kept is ignored:
            continue
        chosen = most >= settings.face
        count = min(settings.at_least, len(prior_corners))
        top = np.argpartition(-overlap, count - 1, axis=0)[:count]
        # Weakest claims first, so that of two faces that want the same prior the one that overlaps more gets it.
        rows, columns = top.ravel(), np.tile(np.arange(len(boxes)), count)
        order = np.argsort(overlap[rows, columns])
        for row, column in zip(rows[order], columns[order], strict=True):
            if overlap[row, column] >= settings.least_overlap and not (chosen[row] and most[row] >= settings.face):
                best[row], chosen[row] = column, True
        targets[chosen, 0] = FACE
        targets[chosen, 1:TARGET_COLUMNS] = boxes[best[chosen]]
        if landmarks is not None:
            points = landmarks[kept].reshape(len(boxes), -1)
            are_known = np.isfinite(points).all(axis=1)
            targets[chosen, TARGET_COLUMNS] = are_known[best[chosen]]
            targets[chosen, TARGET_COLUMNS + 1 :] = np.where(are_known[:, None], points, 0)[best[chosen]]
    return targets
