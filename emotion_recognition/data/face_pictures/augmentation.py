"""Random views of photographs with face boxes, for training a face detector.

Pictures and boxes go in; one square picture of the network's size comes out, with the boxes that are in it. Before:
:mod:`emotion_recognition.data.face_pictures.split`; next: :mod:`emotion_recognition.data.face_pictures.batches`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from emotion_recognition.data.face_pictures.damages import any_damage
from emotion_recognition.pictures.letterbox import GREY, letterbox

#: Below this factor, a picture is shrunk by averaging first, or the map that follows would skip pixels.
_AVERAGED_BELOW = 0.7

#: A face that is enlarged to fill a view has at least this many pixels on either side.
_LARGE_ENOUGH = 24

#: How far out of focus: the standard deviation of the blur as a share of the view's side, even in its logarithm.
_DEFOCUS = (0.006, 0.06)

#: Which landmark is where in the mirror: eyes and corners of the mouth change sides.
MIRRORED = [1, 0, 2, 4, 3]


class View(NamedTuple):
    """A picture as the network sees it, with the faces in it.

    Attributes:
        image: BGR uint8 array (size, size, 3), 0..255.
        faces: float32 array (n, 4): left, top, right and bottom in its pixels, cut at its border.
        ignored: bool array (n,): true for faces that neither count as such nor as background.
        landmarks: float32 array (n, 5, 2): x and y of each face's landmarks in its pixels, NaN where they are unknown;
            some may lie outside.
    """

    image: np.ndarray
    faces: np.ndarray
    ignored: np.ndarray
    landmarks: np.ndarray


class Photo(NamedTuple):
    """A picture with its faces.

    Attributes:
        image: BGR uint8 array (height, width, 3), 0..255.
        boxes: float array (n, 4): x, y, width and height in its pixels.
        ignored: bool array (n,).
        landmarks: float array (n, 5, 2): x and y of each face's landmarks in its pixels, NaN where they are unknown;
            None where nothing is known of any.
    """

    image: np.ndarray
    boxes: np.ndarray
    ignored: np.ndarray
    landmarks: np.ndarray | None = None

    def points(self) -> np.ndarray:
        """The landmarks, float64 array (n, 5, 2), NaN where they are unknown."""
        if self.landmarks is None:
            return np.full((len(self.ignored), 5, 2), np.nan)
        return np.asarray(self.landmarks, np.float64).reshape(-1, 5, 2)


@dataclass(frozen=True)
class FaceAugmentation:
    """How far the random changes go; each is drawn evenly from its range unless it says otherwise.

    Args:
        mosaic: Share of the views that are put together of four pictures, 0..1 (Bochkovskiy et al. 2020,
            arXiv:2004.10934): four times the faces, and smaller ones, at the price of one view.
        smallest_zoom: Smallest enlargement over a picture that just fits, which is then on an even ground.
        largest_zoom: Largest one, which crops the picture; between the two it is drawn evenly in its logarithm.
        close_up: Share of the views of a single picture that a face fills from border to border, 0..1.
        rotation: Largest turn either way, in degrees, of a third of the pictures.
        stretch: Largest change of a quarter of the pictures' width over their height, either way, in its natural
            logarithm.
        flip: Whether half of the pictures are mirrored left to right.
        brightness: Largest change either way, as a share of the full range of 255.
        contrast: Largest relative change either way.
        saturation: Largest relative change of the colours' strength either way.
        hue: Largest change of the colours' angle either way, in degrees.
        grey: Share of the views without colour, 0..1.
        blur: Share of the views that are blurred, 0..1.
        noise: Share of the views with noise, 0..1.
        damaged: Share of the views that are damaged, see :mod:`emotion_recognition.data.face_pictures.damages`, 0..1.
        defocus: Share of the views without a face that are far out of focus, 0..1: what is left of them are spots and
            shades, in which a detector that has learned blurred faces sees faces.
        least_visible: A face of which less than this share is in the view, or whose centre is not, is ignored; 0..1.
        smallest: A face below this, the root of its area in pixels, is ignored: there is nothing left to learn from. In
            a damaged view that is a face of twice the size.

    Raises:
        ValueError: If a number is out of its range.
    """

    mosaic: float = 0.5
    smallest_zoom: float = 0.6
    largest_zoom: float = 2.2
    close_up: float = 0.08
    rotation: float = 45.0
    stretch: float = 0.25
    flip: bool = True
    brightness: float = 0.2
    contrast: float = 0.35
    saturation: float = 0.5
    hue: float = 8.0
    grey: float = 0.1
    blur: float = 0.1
    noise: float = 0.1
    damaged: float = 0.3
    defocus: float = 0.4
    least_visible: float = 0.4
    smallest: float = 6.0

    def __post_init__(self) -> None:
        shares = ("mosaic", "close_up", "stretch", "grey", "blur", "noise", "damaged", "defocus", "least_visible")
        for name in (*shares, "brightness", "contrast", "saturation"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be 0..1. Received: {getattr(self, name)}")
        if not 0 < self.smallest_zoom <= self.largest_zoom < float("inf"):
            raise ValueError(
                "smallest_zoom and largest_zoom must be finite and rise from above 0. "
                f"Received: {self.smallest_zoom}, {self.largest_zoom}"
            )
        for name, most in (("rotation", 180), ("hue", 180), ("smallest", float("inf"))):
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be 0..{most:g}. Received: {getattr(self, name)}")

    def view(self, photos: Sequence[Photo], size: int, rng: np.random.Generator) -> View:
        """Makes one view.

        Args:
            photos: One picture, or four for a mosaic.
            size: Height and width of the view in pixels.
            rng: Where the random numbers come from; the same state gives the same view.

        Raises:
            ValueError: If there are neither one nor four pictures.
        """
        if len(photos) not in (1, 4):
            raise ValueError(f"photos must be one, or four for a mosaic. Received: {len(photos)}")
        if len(photos) == 1:
            canvas = np.full((size, size, 3), rng.integers(0, 256, 3) if rng.random() < 0.5 else GREY, np.uint8)
            window = (0, 0, size, size)
            photo = photos[0]
            large = np.flatnonzero(~photo.ignored & (photo.boxes[:, 2:].min(axis=1, initial=np.inf) >= _LARGE_ENOUGH))
            if len(large) and rng.random() < self.close_up:
                face = int(rng.choice(large))
                fills = size / float(photo.boxes[face, 2:].prod() ** 0.5)
                parts = [self._place(photo, canvas, window, fills * rng.uniform(0.7, 1.2), rng, focus=face)]
            else:
                parts = [self._place(photo, canvas, window, self._fitting(photo, size, rng), rng)]
        else:
            canvas = np.empty((size, size, 3), np.uint8)
            across, down = (int(size * rng.uniform(0.3, 0.7)) for _ in range(2))
            windows = [(x, y, x2, y2) for y, y2 in ((0, down), (down, size)) for x, x2 in ((0, across), (across, size))]
            parts = []
            for photo, window in zip(photos, windows, strict=True):
                canvas[window[1] : window[3], window[0] : window[2]] = GREY
                height, width = photo.image.shape[:2]
                covering = max((window[2] - window[0]) / width, (window[3] - window[1]) / height)
                parts.append(self._place(photo, canvas, window, covering * rng.uniform(0.8, 1.5), rng))
        faces, ignored, points = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        if self.flip and rng.random() < 0.5:
            canvas = canvas[:, ::-1]
            faces = faces[:, [2, 1, 0, 3]] * (-1, 1, -1, 1) + (size, 0, size, 0)
            points = points[:, MIRRORED] * (-1, 1) + (size, 0)
        image = self.relight(np.ascontiguousarray(canvas), rng)
        if rng.random() < self.damaged:
            image = any_damage(image, rng)
            ignored = ignored | (np.sqrt((faces[:, 2:] - faces[:, :2]).prod(axis=1)) < 2 * self.smallest)
        elif not len(faces) and rng.random() < self.defocus:
            image = cv2.GaussianBlur(image, (0, 0), size * np.exp(rng.uniform(*np.log(_DEFOCUS))))
        else:
            image = self.soften(image, rng)
        return View(image, faces.astype(np.float32), ignored, points.astype(np.float32))

    def _fitting(self, photo: Photo, size: int, rng: np.random.Generator) -> float:
        zoom = np.exp(rng.uniform(np.log(self.smallest_zoom), np.log(self.largest_zoom)))
        return float(size / max(photo.image.shape[:2]) * zoom)

    def _place(
        self,
        photo: Photo,
        canvas: np.ndarray,
        window: tuple[int, int, int, int],
        scale: float,
        rng: np.random.Generator,
        *,
        focus: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draws a picture into a window of the canvas; returns its faces there, which are ignored, and landmarks."""
        left, top, right, bottom = window
        image, boxes = photo.image, np.asarray(photo.boxes, np.float64).reshape(-1, 4)
        points = photo.points()
        if rng.random() < (0.25 if self.stretch else 0):
            across = float(np.exp(rng.uniform(-self.stretch, self.stretch)))
            width = max(1, round(image.shape[1] * across))
            factors = np.array([width / image.shape[1], 1.0])
            image = cv2.resize(image, (width, image.shape[0]), interpolation=cv2.INTER_LINEAR)
            boxes, points = boxes * np.tile(factors, 2), points * factors
        if scale < _AVERAGED_BELOW:
            width, height = (max(1, round(side * scale)) for side in (image.shape[1], image.shape[0]))
            factors = np.array([width / image.shape[1], height / image.shape[0]])
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
            boxes, points = boxes * np.tile(factors, 2), points * factors
            scale = 1.0
        angle = np.deg2rad(rng.uniform(-self.rotation, self.rotation)) if rng.random() < 1 / 3 else 0.0
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centres = boxes[:, :2] + boxes[:, 2:] / 2
        middle = np.array([image.shape[1], image.shape[0]]) / 2
        shown = np.array([right - left, bottom - top], float)
        # Along each direction the picture may lie anywhere inside the window, or the window inside the picture ...
        slack = np.abs(shown - scale * 2 * middle) / 2
        target = shown / 2 + rng.uniform(-slack, slack)
        shift = target - turn @ middle
        if focus is not None:
            shift = shown * rng.uniform(0.4, 0.6, 2) - turn @ centres[focus]
        elif len(boxes):
            # ... but the centre of one of its faces stays in it.
            moved = turn @ centres[rng.integers(len(boxes))] + shift
            shift += np.clip(moved, 0.05 * shown, 0.95 * shown) - moved
        # The map leads between pixels' centres, the boxes' numbers between their edges.
        pixels = np.hstack([turn, (turn @ (0.5, 0.5) + shift - 0.5)[:, None]])
        cv2.warpAffine(
            image,
            pixels,
            (right - left, bottom - top),
            dst=(part := np.ascontiguousarray(canvas[top:bottom, left:right])),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_TRANSPARENT,
        )
        canvas[top:bottom, left:right] = part
        faces, ignored, kept = self._seen(
            centres @ turn.T + shift, boxes[:, 2:] * scale, angle, photo.ignored, shown, (left, top)
        )
        return faces, ignored, points[kept] @ turn.T + shift + (left, top)

    def _seen(
        self,
        centres: np.ndarray,
        sizes: np.ndarray,
        angle: float,
        ignored: np.ndarray,
        shown: np.ndarray,
        corner: tuple[int, int],
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The faces, which of them are ignored, and which of all faces they are."""
        # A face is an ellipse in its box; the box round the turned ellipse stays as tight as the one before.
        cosine, sine = np.cos(angle) ** 2, np.sin(angle) ** 2
        squares = sizes**2
        sizes = np.sqrt(squares * cosine + squares[:, ::-1] * sine)
        faces = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
        cut = np.clip(faces, 0, np.tile(shown, 2))
        areas, visible = sizes.prod(axis=1), (cut[:, 2:] - cut[:, :2]).prod(axis=1)
        outside = ((centres < 0) | (centres > shown)).any(axis=1)
        ignored = ignored | outside | (visible < self.least_visible * areas) | (np.sqrt(visible) < self.smallest)
        kept = visible > 0
        return cut[kept] + np.tile(corner, 2), ignored[kept], kept

    def relight(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Changes colours, brightness and contrast of a BGR uint8 picture (height, width, 3)."""
        if rng.random() < self.grey:
            image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        elif self.saturation or self.hue:
            hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
            angles = (np.arange(256) + round(rng.uniform(-self.hue, self.hue) / 2)) % 180  # OpenCV halves the angle
            strengths = np.arange(256) * rng.uniform(1 - self.saturation, 1 + self.saturation)
            tables = np.stack([angles, strengths.clip(0, 255), np.arange(256)], axis=1).astype(np.uint8)
            image = cv2.cvtColor(cv2.LUT(hsv, tables[None]), cv2.COLOR_HSV2BGR)
        gain = rng.uniform(1 - self.contrast, 1 + self.contrast)
        offset = 255 * rng.uniform(-self.brightness, self.brightness)
        table = ((np.arange(256) - 127.5) * gain + 127.5 + offset).clip(0, 255).astype(np.uint8)
        return np.asarray(cv2.LUT(image, table))

    def soften(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Blurs a BGR uint8 picture (height, width, 3), or adds noise, or neither."""
        if rng.random() < self.blur:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4))
        if rng.random() < self.noise:
            noise = rng.standard_normal(image.shape[:2], np.float32)[..., None] * rng.uniform(2, 12)
            image = (image + noise).clip(0, 255).astype(np.uint8)
        return np.asarray(image)


def plain_view(photo: Photo, size: int) -> View:
    """A view without random changes: a picture as the detector shows it to the network."""
    image, back = letterbox(photo.image, size)
    corners = np.concatenate([photo.boxes[:, :2], photo.boxes[:, :2] + photo.boxes[:, 2:]], axis=1) / np.tile(back, 2)
    points = (photo.points() / back).astype(np.float32)
    return View(image, corners.astype(np.float32), photo.ignored, points)
