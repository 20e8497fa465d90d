"""Random views of patches, for training a face detector's second stage.

A patch round a box goes in, a view as the network sees it and its target come out. Before:
:mod:`emotion_recognition.data.face_pictures.patches`; next:
:mod:`emotion_recognition.data.face_pictures.patch_batches`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from emotion_recognition.data.face_pictures.augmentation import MIRRORED, FaceAugmentation
from emotion_recognition.data.face_pictures.damages import any_damage
from emotion_recognition.data.face_pictures.patches import COVERS, PATCH_SIZE
from emotion_recognition.pictures.letterbox import GREY

#: Columns of a target: whether it is a face, whether its landmarks are known, four of the box, ten of the landmarks.
TARGET_COLUMNS = 16

#: Colours, light, blur and noise change as in the first stage's views.
_LIGHT = FaceAugmentation()

#: How far beyond its box a face is cut off, as shares of the box's half width and height.
_CUT = (-0.15, 0.35)

#: Side, in pixels, of what a small face is made of.
_SMALL = (12, 40)


class Patch(NamedTuple):
    """One of :class:`~emotion_recognition.data.face_pictures.patches.Patches`.

    Attributes:
        image: uint8 array (160, 160, 3), BGR, 0..255.
        size: float array (2,): width and height of the face as multiples of the box's size.
        landmarks: float array (5, 2): from the middle, as multiples of the box's size; NaN where unknown.
        is_face: Whether it shows a face.
    """

    image: np.ndarray
    size: np.ndarray
    landmarks: np.ndarray
    is_face: bool


@dataclass(frozen=True)
class PatchAugmentation:
    """How far the random changes go; each is drawn evenly from its range unless it says otherwise.

    Shift and zoom are what a first stage's boxes differ from the true ones by.

    Args:
        shift: Largest shift either way, across and down, as a share of the box's size, 0..0.25.
        zoom: Largest change of the box's size either way, in its natural logarithm, 0..0.35.
        rotation: Largest turn either way of half of the patches, in degrees.
        slant: Largest turn either way of the others, in degrees.
        flip: Whether half of the patches are mirrored left to right.
        damaged: Share of the views that are damaged, see :mod:`emotion_recognition.data.face_pictures.damages`, 0..1.
        small: Share of the views that are enlarged from a few pixels, 0..1.
        cut: Share of the patches that end near the box, as a picture does that a face fills, 0..1; what lies beyond is
            grey or repeats the border.

    Raises:
        ValueError: If a number is out of its range.
    """

    shift: float = 0.18
    zoom: float = 0.25
    rotation: float = 60.0
    slant: float = 20.0
    flip: bool = True
    damaged: float = 0.25
    small: float = 0.2
    cut: float = 0.15

    def __post_init__(self) -> None:
        most_of = {"shift": 0.25, "zoom": 0.35, "rotation": 180, "slant": 180, "damaged": 1, "small": 1, "cut": 1}
        for name, most in most_of.items():
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be 0..{most:g}. Received: {getattr(self, name)}")

    def view(self, patch: Patch, size: int, context: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Makes one view.

        Args:
            patch: What it is of.
            size: Height and width of the view in pixels.
            context: Its side as a multiple of the box's size, before it is zoomed.
            rng: Where the random numbers come from; the same state gives the same view.

        Returns:
            uint8 array (size, size, 3), BGR, 0..255; and the target, float32 array (16,), in the units of
            :func:`~emotion_recognition.models.face_refiner.outputs.decode`.
        """
        most = self.slant if rng.random() < 0.5 else self.rotation
        angle = np.deg2rad(rng.uniform(-most, most))
        shift = rng.uniform(-self.shift, self.shift, 2)
        zoom = float(np.exp(rng.uniform(-self.zoom, self.zoom)))
        mirrored = self.flip and rng.random() < 0.5
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / (context * zoom)
        if mirrored:
            turn[0] = -turn[0]
        # From the box's sizes to the view's side; the map leads between pixels' centres, these numbers between edges.
        pixels = turn * size * COVERS / PATCH_SIZE
        middle = size / 2 - turn @ shift * size + pixels @ np.full(2, 0.5 - PATCH_SIZE / 2) - 0.5
        image = cv2.warpAffine(
            _cut_out(patch, rng) if rng.random() < self.cut else patch.image,
            np.hstack([pixels, middle[:, None]]),
            (size, size),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(GREY, GREY, GREY),
        )
        target = np.zeros(TARGET_COLUMNS, np.float32)
        if patch.is_face:
            target[0] = 1
            # A face is an ellipse in its box; the box round the turned ellipse stays as tight as the one before.
            squares, cosine, sine = patch.size.astype(np.float64) ** 2, np.cos(angle) ** 2, np.sin(angle) ** 2
            target[2:4] = -turn @ shift
            target[4:6] = np.log(np.sqrt(squares * cosine + squares[::-1] * sine) / zoom)
            points = (patch.landmarks.astype(np.float64) - shift) @ turn.T
            if np.isfinite(points).all():
                target[1] = 1
                target[6:] = (points[MIRRORED] if mirrored else points).ravel()
        return self._changed(np.asarray(image), rng), target

    def _changed(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        image = _LIGHT.relight(image, rng)
        if rng.random() < self.damaged:
            return any_damage(image, rng)
        image = _LIGHT.soften(image, rng)
        if rng.random() < self.small:
            side, size = int(rng.integers(*_SMALL)), (image.shape[1], image.shape[0])
            few = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
            image = np.asarray(cv2.resize(few, size, interpolation=cv2.INTER_LINEAR))
        return image


def _cut_out(patch: Patch, rng: np.random.Generator) -> np.ndarray:
    """The patch as if its picture ended near the box on every side."""
    halves = np.tile(patch.size.astype(np.float64) / 2, 2) * (1 + rng.uniform(*_CUT, 4))
    left, top, right, bottom = np.rint((halves / COVERS) * PATCH_SIZE).astype(int).tolist()
    middle = PATCH_SIZE // 2
    part = patch.image[middle - top : middle + bottom, middle - left : middle + right]
    kind = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    borders = (middle - top, middle - bottom, middle - left, middle - right)
    return np.asarray(cv2.copyMakeBorder(part, *borders, kind, value=(GREY, GREY, GREY)))
