"""Draws the probabilities of all emotions beside a face, as bars; annotation calls it."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from emotion_recognition.detection.drawing.drawable import drawable
from emotion_recognition.detection.drawing.palette import Colour
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.pictures.faces import Box

_FONT = cv2.FONT_HERSHEY_SIMPLEX

#: How much of the picture stays visible behind the bars, 0..1.
_SHINES_THROUGH = 0.25


def draw_histogram(
    image: np.ndarray,
    face: FaceEmotion,
    colours: Mapping[str, Colour],
    text: int,
    taken: Sequence[Box],
    others: Sequence[Box],
) -> Box:
    """Draws a bar for each emotion beside a face, into the picture itself.

    The panel stands to the right of the face, or to the left, or where it covers least; in a picture that is too small
    for it, it shrinks.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255.
        face: The face.
        colours: Blue, green and red of each emotion.
        text: Height of letters in pixels that suits the picture.
        taken: Rectangles (left, top, width, height) in pixels that should stay visible before everything else.
        others: The boxes of the other faces.

    Returns:
        The panel's rectangle: left, top, width, height in pixels.
    """
    names = list(face.probabilities)
    shown = list(map(drawable, names))
    image_height, image_width = image.shape[:2]
    row = max(3, min(round(text * 1.4), image_height // len(names)))
    letters = max(2, round(row * 0.6))
    scale = cv2.getFontScaleFromHeight(_FONT, letters)
    name_width = max(cv2.getTextSize(name, _FONT, scale, 1)[0][0] for name in shown)
    gap = max(1, row // 5)
    width = min(image_width, name_width + 3 * gap + 4 * row)
    height = min(image_height, len(names) * row + 2 * gap)
    places = _places(face.box, (width, height), (image_width, image_height))
    left, top, _, _ = min(places, key=lambda place: (covers(place, taken), covers(place, others)))
    panel = image[top : top + height, left : left + width]
    panel[:] = (panel * _SHINES_THROUGH).astype(np.uint8)
    bars_left, bars_width = left + name_width + 2 * gap, width - name_width - 3 * gap
    for i, name in enumerate(names):
        bottom = top + gap + (i + 1) * row
        if bottom > top + height:
            break
        cv2.putText(
            image, shown[i], (left + gap, bottom - (row - letters) // 2), _FONT, scale, (255, 255, 255), 1, cv2.LINE_AA
        )
        length = round(face.probabilities[name] * bars_width)
        if length > 0 and bars_width > 0:
            corner = (bars_left + length - 1, bottom - gap)
            cv2.rectangle(image, (bars_left, bottom - row + gap), corner, colours[name], cv2.FILLED)
    return left, top, width, height


def covers(place: Box, others: Sequence[Box]) -> int:
    """The number of rectangles (left, top, width, height) that a place has pixels in common with."""
    left, top, width, height = place
    return sum(left < x + w and x < left + width and top < y + h and y < top + height for x, y, w, h in others)


def _places(box: Box, size: tuple[int, int], image_size: tuple[int, int]) -> list[Box]:
    """Right of the box, left of it, below, above, and last over its right edge; moved into the picture."""
    (x, y, box_width, box_height), (width, height), (image_width, image_height) = box, size, image_size
    corners = ((x + box_width + 2, y), (x - width - 2, y), (x, y + box_height + 2), (x, y - height - 2))
    fitting = [(left, top) for left, top in corners if 0 <= left <= image_width - width]
    fitting += [(x + box_width - width, y)]
    return [
        (max(0, min(left, image_width - width)), max(0, min(top, image_height - height)), width, height)
        for left, top in fitting
    ]
