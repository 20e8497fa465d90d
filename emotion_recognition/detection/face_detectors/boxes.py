"""From a detector's raw boxes to faces: sure enough, inside the picture, each face once."""

import cv2
import numpy as np

from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.faces import Face


def faces_from_boxes(
    corners: np.ndarray,
    scores: np.ndarray,
    image_size: tuple[int, int],
    settings: DetectionSettings,
    *,
    landmarks: np.ndarray | None = None,
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
    boxes, kept_scores = boxes[filled], kept_scores[filled]
    points = None if landmarks is None else landmarks[keep][filled]
    distinct = cv2.dnn.NMSBoxes(
        boxes.tolist(), kept_scores.tolist(), score_threshold=0.0, nms_threshold=settings.max_overlap
    )
    return [
        Face(
            box=(int(x), int(y), int(w), int(h)),
            score=min(1.0, float(kept_scores[i])),
            landmarks=None if points is None else tuple((float(px), float(py)) for px, py in points[i]),
        )
        for i, (x, y, w, h) in ((i, boxes[i]) for i in distinct)
    ]
