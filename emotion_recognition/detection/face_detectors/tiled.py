"""Finds small faces in large pictures: looks at the whole, then at tiles of it, as finely as the time allows.

A face detector that resizes pictures goes in, one that chooses the sizes comes out.
"""

import dataclasses

import numpy as np

from emotion_recognition.detection.face_detectors.distinct import distinct_faces
from emotion_recognition.detection.face_detectors.looks import LooksAtSizes
from emotion_recognition.detection.face_detectors.tiles import Tile, TileSettings, plan_tiles
from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.faces import Face

#: A box that ends so near to where a tile was cut off, in pixels of the network's input, is a part of a face.
_AT_THE_CUT = 2.0


class TiledDetector:
    """A face detector that chooses from a picture's size how finely it looks at it.

    Args:
        detector: Does the looking.
        whole: The longest side, in pixels, that the whole picture is resized to for the first look.
        tiling: How much is looked at.

    Attributes:
        inner: The detector that does the looking.
        manner: What this one does more, in words.
    """

    manner = "and finer in larger pictures"

    def __init__(self, detector: LooksAtSizes, whole: int, tiling: TileSettings | None = None) -> None:
        self.name, self.framing, self.settings = detector.name, detector.framing, detector.settings
        self.path = detector.path
        self.tiling = tiling or TileSettings()
        self.inner, self._whole = detector, whole

    @property
    def description(self) -> str:
        """The detector in words."""
        return f"{self.inner.description}, {self.manner}"

    def detect(self, image: np.ndarray) -> list[Face]:
        """Finds the faces of a picture.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Returns:
            The faces, highest score first.

        Raises:
            ValueError: If the image is none.
        """
        check_bgr(image)
        size = image.shape[1], image.shape[0]
        (whole,), *finer = plan_tiles(*size, self._whole, self.tiling)
        # Not look(): the whole picture gets what else the detector does for one.
        looks = [self.inner.detect(image) if not finer else self.inner.look(image, whole.size)]
        looks += [self._of_tile(image, tile, size) for tiles in finer for tile in tiles]
        faces = distinct_faces(looks, self.settings.max_overlap)
        return faces or (self.inner.detect(image) if finer else [])

    def _of_tile(self, image: np.ndarray, tile: Tile, size: tuple[int, int]) -> list[Face]:
        # Contiguous, as OpenCV's functions want it.
        part = np.ascontiguousarray(image[tile.top : tile.bottom, tile.left : tile.right])
        near = _AT_THE_CUT * max(part.shape[:2]) / tile.size
        found = []
        for face in self.inner.look(part, tile.size):
            x, y, width, height = face.box
            x, y = x + tile.left, y + tile.top
            is_cut = (
                (tile.left > 0 and x < tile.left + near)
                or (tile.top > 0 and y < tile.top + near)
                or (tile.right < size[0] and x + width > tile.right - near)
                or (tile.bottom < size[1] and y + height > tile.bottom - near)
            )
            if not is_cut:
                points = face.landmarks
                moved = None if points is None else tuple((px + tile.left, py + tile.top) for px, py in points)
                found.append(dataclasses.replace(face, box=(x, y, width, height), landmarks=moved))
        return found
