"""Draws faces and their emotions into a picture; the last stage before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from emotion_recognition.detection.bgr_image import check_bgr
from emotion_recognition.detection.face_emotion import FaceEmotion

#: Blue, green, red of each emotion: distinct hues, neutral without one.
COLOURS = {
    "anger": (48, 48, 222),
    "disgust": (76, 153, 0),
    "fear": (178, 62, 140),
    "happy": (40, 196, 250),
    "sad": (200, 110, 40),
    "surprise": (30, 130, 255),
    "neutral": (190, 190, 190),
}

_FONT = cv2.FONT_HERSHEY_DUPLEX

#: (left, top, width, height) in pixels.
_Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Sizes:
    """Sizes in pixels that suit a picture."""

    line: int
    text: int
    padding: int

    @classmethod
    def of(cls, image: np.ndarray) -> "_Sizes":
        # Text 1/40 of the picture's mean side stays readable when the picture is shown as a whole on a screen, and
        # 11 pixels are the least that this font needs.
        side = (image.shape[0] * image.shape[1]) ** 0.5
        text = max(11, round(side / 60))
        return cls(line=max(1, round(side / 400)), text=text, padding=max(2, text // 3))


def annotate(image: np.ndarray, faces: Sequence[FaceEmotion]) -> np.ndarray:
    """Draws a box round each face, with its emotion and probability, into a copy of the picture.

    Labels stay inside the picture and, where there is room, clear of each other.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255; stays as it is.
        faces: What to draw.

    Returns:
        BGR uint8 array of the same shape.

    Raises:
        ValueError: If the image is none.
    """
    check_bgr(image)
    drawn, sizes = image.copy(), _Sizes.of(image)
    for face in faces:
        x, y, width, height = face.box
        corners = ((x, y), (x + width - 1, y + height - 1))
        cv2.rectangle(drawn, *corners, (0, 0, 0), sizes.line + 2, cv2.LINE_AA)  # seen on any background
        cv2.rectangle(drawn, *corners, COLOURS[face.emotion], sizes.line, cv2.LINE_AA)
    taken: list[_Rectangle] = []
    for face in faces:
        taken.append(_draw_label(drawn, face, sizes, taken))
    return drawn


def _draw_label(image: np.ndarray, face: FaceEmotion, sizes: _Sizes, taken: Sequence[_Rectangle]) -> _Rectangle:
    label = f"{face.emotion} {face.probability:.0%}"
    scale = cv2.getFontScaleFromHeight(_FONT, sizes.text)
    thickness = max(1, sizes.text // 16)
    (text_width, _), descent = cv2.getTextSize(label, _FONT, scale, thickness)
    room = image.shape[1] - 2 * sizes.padding
    if text_width > room > 0:
        scale, text_width = scale * room / text_width, room
    size = (text_width + 2 * sizes.padding, sizes.text + descent + 2 * sizes.padding)
    left, top, width, height = _place(face, size, sizes.line, (image.shape[1], image.shape[0]), taken)
    colour = COLOURS[face.emotion]
    cv2.rectangle(image, (left, top), (left + width - 1, top + height - 1), colour, cv2.FILLED)
    origin = (left + sizes.padding, top + sizes.padding + sizes.text)
    cv2.putText(image, label, origin, _FONT, scale, _text_colour(colour), thickness, cv2.LINE_AA)
    return left, top, width, height


def _place(
    face: FaceEmotion,
    size: tuple[int, int],
    line: int,
    image_size: tuple[int, int],
    taken: Sequence[_Rectangle],
) -> _Rectangle:
    """The first place inside the picture and free of labels: above the box, below it, at its top or its bottom."""
    (width, height), (image_width, image_height) = size, image_size
    x, y, _, box_height = face.box
    left = max(0, min(x - line // 2, image_width - width))
    places = [
        (left, max(0, min(top, image_height - height)), width, height)
        for top in (y - height, y + box_height, y, y + box_height - height)
        if 0 <= top <= image_height - height
    ] or [(left, 0, width, height)]
    free = (place for place in places if not any(_overlap(place, other) for other in taken))
    return next(free, places[0])


def _overlap(a: _Rectangle, b: _Rectangle) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def _text_colour(background: tuple[int, int, int]) -> tuple[int, int, int]:
    blue, green, red = background
    return (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 128 else (255, 255, 255)
