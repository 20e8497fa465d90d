"""Draws faces and their emotions into a picture; the last stage before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from emotion_recognition.detection.drawing.drawable import drawable
from emotion_recognition.detection.drawing.histogram import covers, draw_histogram
from emotion_recognition.detection.drawing.palette import Colour, palette
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.faces import Box

_FONT = cv2.FONT_HERSHEY_DUPLEX

#: So many faces are no crowd.
_FEW = 8

#: (left, top, width, height) in pixels.
_Rectangle = Box


@dataclass(frozen=True)
class _Sizes:
    """Sizes in pixels that suit a picture and its faces."""

    line: int
    text: int
    padding: int

    @classmethod
    def of(cls, image: np.ndarray, faces: Sequence[FaceEmotion]) -> "_Sizes":
        # Letters of 1/60 of the picture's side stay readable when it is shown as a whole on a screen; those of a crowd
        # must not cover it, and all labels together take no more room than those of a few faces, or a quarter of each
        # face's height. 8 pixels are the least that this font needs.
        side = (image.shape[0] * image.shape[1]) ** 0.5
        letters = side / 60
        if len(faces) > _FEW:
            usual_face = float(np.median([face.box[3] for face in faces]))
            letters = min(letters, max(letters * (_FEW / len(faces)) ** 0.5, usual_face / 4))
        text = max(8, round(letters))
        return cls(line=max(1, round(side / 450)), text=text, padding=max(2, text // 3))


def annotate(
    image: np.ndarray,
    faces: Sequence[FaceEmotion],
    *,
    identities: Sequence[int | None] | None = None,
    histogram: bool = False,
) -> np.ndarray:
    """Draws a box round each face, with its emotion and probability, into a copy of the picture.

    Labels stay inside the picture and, where there is room, clear of each other.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255; stays as it is.
        faces: What to draw.
        identities: A number for each face that stands before its emotion, None for no number.
        histogram: Whether to draw the probabilities of all emotions beside each face.

    Returns:
        BGR uint8 array of the same shape.

    Raises:
        ValueError: If the image is none.
    """
    check_bgr(image)
    drawn, sizes = image.copy(), _Sizes.of(image, faces)
    for face in faces:
        x, y, width, height = face.box
        corners = ((x, y), (x + width - 1, y + height - 1))
        if sizes.line > 1:
            cv2.rectangle(drawn, *corners, (0, 0, 0), sizes.line + 2)  # a rim that shows on any background
        cv2.rectangle(drawn, *corners, _colour(face), sizes.line)
    taken: list[_Rectangle] = []
    for face, identity in zip(faces, identities or [None] * len(faces), strict=True):
        others = [other.box for other in faces if other is not face]
        number = "" if identity is None else f"{identity}: "
        taken.append(
            _draw_label(drawn, face, f"{number}{drawable(face.emotion)} {face.probability:.0%}", sizes, taken, others)
        )
    if histogram:
        for face in faces:
            others = [other.box for other in faces if other is not face]
            taken.append(draw_histogram(drawn, face, palette(tuple(face.probabilities)), sizes.text, taken, others))
    return drawn


def _draw_label(
    image: np.ndarray,
    face: FaceEmotion,
    label: str,
    sizes: _Sizes,
    labels: Sequence[_Rectangle],
    others: Sequence[_Rectangle],
) -> _Rectangle:
    scale = cv2.getFontScaleFromHeight(_FONT, sizes.text)
    thickness = max(1, sizes.text // 16)
    (text_width, _), descent = cv2.getTextSize(label, _FONT, scale, thickness)
    room = image.shape[1] - 2 * sizes.padding
    if text_width > room > 0:
        scale, text_width = scale * room / text_width, room
    size = (text_width + 2 * sizes.padding, sizes.text + descent + 2 * sizes.padding)
    places = _places(face.box, size, sizes.line, (image.shape[1], image.shape[0]))
    # Covering another label is worst, another face is next; min takes the first place of equals.
    left, top, width, height = min(places, key=lambda place: (covers(place, labels), covers(place, others)))
    colour = _colour(face)
    cv2.rectangle(image, (left, top), (left + width - 1, top + height - 1), colour, cv2.FILLED)
    origin = (left + sizes.padding, top + sizes.padding + sizes.text)
    cv2.putText(image, label, origin, _FONT, scale, _text_colour(colour), thickness, cv2.LINE_AA)
    return left, top, width, height


def _places(box: Box, size: tuple[int, int], line: int, image_size: tuple[int, int]) -> list[_Rectangle]:
    """The places for a label inside the picture.

    Above the box, below it, at its top, at its bottom, from its left edge on; the same up to its right edge; beside it.
    """
    (width, height), (image_width, image_height) = size, image_size
    x, y, box_width, box_height = box
    tops = (y - height, y + box_height, y, y + box_height - height)
    corners = [(x - line // 2, top) for top in tops]
    corners += [(x + box_width + line // 2 - width, top) for top in tops]
    corners += [(x + box_width + line, y), (x - line - width, y)]
    lefts = [max(0, min(left, image_width - width)) for left, _ in corners]
    inside = [
        (left, top, width, height)
        for left, (_, top) in zip(lefts, corners, strict=True)
        if 0 <= top <= image_height - height
    ]
    return inside or [(lefts[0], 0, *size)]


def _colour(face: FaceEmotion) -> Colour:
    return palette(tuple(face.probabilities))[face.emotion]


def _text_colour(background: Colour) -> Colour:
    blue, green, red = background
    return (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 128 else (255, 255, 255)
