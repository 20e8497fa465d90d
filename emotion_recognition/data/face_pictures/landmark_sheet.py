"""A contact sheet of faces with their landmarks, so that a person can see whether what is learned from is right.

A split with landmarks goes in, a picture file comes out.
"""

from pathlib import Path

import cv2
import numpy as np

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.pictures.image_file import write_image

#: Width and height of a field of the sheet in pixels, and how much larger than the face what it shows is.
_FIELD, _MARGIN = 96, 1.4

#: BGR: the eyes, the nose, the corners of the mouth; the left ones, as the viewer sees them, are the pure colours.
_COLOURS = ((0, 255, 0), (160, 255, 160), (0, 255, 255), (0, 0, 255), (180, 120, 255))


def draw_landmark_sheet(path: Path, split: FaceSplit, *, columns: int = 16, rows: int = 10, seed: int = 0) -> int:
    """Draws faces that were drawn at random.

    Args:
        path: The picture to write.
        split: The faces; those without landmarks are left out.
        columns: Faces in a row.
        rows: Rows of faces.
        seed: Of the draw.

    Returns:
        How many faces the sheet shows.

    Raises:
        ValueError: If no face has landmarks.
        OSError: If the file cannot be written.
    """
    landmarks = split.landmarks
    known = np.zeros(0, int) if landmarks is None else np.flatnonzero(np.isfinite(landmarks[:, 0, 0]))
    if landmarks is None or not len(known):
        raise ValueError("split must have a face with landmarks. Received: none")
    chosen = np.random.default_rng(seed).permutation(known)[: columns * rows]
    owners = np.searchsorted(split.first, chosen, side="right") - 1
    sheet = np.zeros((-(-len(chosen) // columns) * _FIELD, columns * _FIELD, 3), np.uint8)
    for place, (face, owner) in enumerate(zip(chosen.tolist(), owners.tolist(), strict=True)):
        box, points = split.boxes[face].astype(np.float64), landmarks[face].astype(np.float64)
        side = _MARGIN * float(box[2:].max())
        scale, corner = _FIELD / side, box[:2] + box[2:] / 2 - side / 2
        pixels = np.array([[scale, 0, 0.0], [0, scale, 0.0]])
        pixels[:, 2] = scale * (0.5 - corner) - 0.5
        field = cv2.warpAffine(split.image(owner), pixels, (_FIELD, _FIELD))
        for (x, y), colour in zip((points - corner) * scale, _COLOURS, strict=True):
            cv2.circle(field, (round(x), round(y)), 2, colour, -1)
        row, column = divmod(place, columns)
        sheet[row * _FIELD : (row + 1) * _FIELD, column * _FIELD : (column + 1) * _FIELD] = field
    write_image(path, sheet)
    return len(chosen)
