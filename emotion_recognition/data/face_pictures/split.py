"""One split of photographs with face boxes, in memory.

Stages before: :mod:`emotion_recognition.data.face_pictures.assembling` makes it from a source,
:mod:`emotion_recognition.data.face_pictures.hdf5` reads it from a file; next: a face detector is trained or measured.
"""

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True, eq=False)
class FaceSplit:
    """One split of a data set of N pictures with M faces in all.

    The pictures stay encoded, a tenth of their size in pixels; :meth:`image` decodes one.

    Args:
        pictures: The bytes of each picture's file, a JPEG, PNG or WebP, as uint8 array (bytes,).
        sizes: int32 array (N, 2): width and height of each picture, upright, in pixels.
        boxes: float32 array (M, 4): x, y, width and height of each face in pixels of its picture.
        first: int64 array (N + 1,): the faces of picture i are ``boxes[first[i] : first[i + 1]]``.
        ignored: bool array (M,): faces that neither count as found nor as missed.
        names: The pictures' file names, with ``/`` after each folder where the source has folders.
        sources: Where each picture, with its first box, is from, as the source says it; "" if it does not.
        masks: How each face wears a medical mask, as the source says it; "" if it does not.
        split: "train" or "val".
        source_name: Name of the file with the boxes, without its folder.
        source_sha256: SHA-256 over that file and the pictures, 64 hexadecimal digits.
        build_id: What both splits of one build share and no other build has; "" for files of earlier versions.
        landmarks: float32 array (M, 5, 2): x and y of each face's landmarks in pixels of its picture, in the order of
            :class:`~emotion_recognition.pictures.faces.Face`, NaN for a face whose landmarks are unknown; None where
            nobody has looked for any.

    Raises:
        ValueError: If an array has another dtype or shape, numbers do not fit together, or a size is not above 0.

    Example:
        >>> encoded = cv2.imencode(".png", np.zeros((40, 60, 3), np.uint8))[1].ravel()
        >>> split = FaceSplit(
        ...     pictures=[encoded],
        ...     sizes=np.array([[60, 40]], np.int32),
        ...     boxes=np.array([[10, 5, 20, 24]], np.float32),
        ...     first=np.array([0, 1]),
        ...     ignored=np.array([False]),
        ...     names=("a.png",),
        ...     sources=("",),
        ...     masks=("",),
        ...     split="val",
        ...     source_name="val.csv",
        ...     source_sha256="0" * 64,
        ... )
        >>> split.image(0).shape, split.boxes_of(0).tolist()
        ((40, 60, 3), [[10.0, 5.0, 20.0, 24.0]])
    """

    pictures: list[np.ndarray]
    sizes: np.ndarray
    boxes: np.ndarray
    first: np.ndarray
    ignored: np.ndarray
    names: tuple[str, ...]
    sources: tuple[str, ...]
    masks: tuple[str, ...]
    split: str
    source_name: str
    source_sha256: str
    build_id: str = ""
    landmarks: np.ndarray | None = None

    def __post_init__(self) -> None:
        count, faces = len(self.pictures), len(self.boxes)
        for i, picture in enumerate(self.pictures):
            if picture.dtype != np.uint8 or picture.ndim != 1 or not len(picture):
                raise ValueError(
                    f"pictures must be uint8 arrays (bytes,) of at least one byte. Received: {picture.dtype} "
                    f"{picture.shape} as picture {i}"
                )
        _check("sizes", self.sizes, np.int32, (count, 2))
        _check("boxes", self.boxes, np.float32, (faces, 4))
        _check("first", self.first, np.int64, (count + 1,))
        _check("ignored", self.ignored, np.bool_, (faces,))
        for name, texts, length in (
            ("names", self.names, count),
            ("sources", self.sources, count),
            ("masks", self.masks, faces),
        ):
            if len(texts) != length:
                raise ValueError(f"{name} must have {length} texts. Received: {len(texts)}")
        if self.landmarks is not None:
            _check("landmarks", self.landmarks, np.float32, (faces, 5, 2))
            known = np.isfinite(self.landmarks).all(axis=(1, 2))
            if not np.isnan(self.landmarks[~known]).all():
                raise ValueError("landmarks must be five finite points for each face, or NaN for all of them.")
        if (self.sizes < 1).any():
            raise ValueError(f"sizes must be at least 1. Received: {self.sizes.min()}")
        if not np.isfinite(self.boxes).all() or (self.boxes[:, 2:] <= 0).any():
            bad = np.flatnonzero(~np.isfinite(self.boxes).all(axis=1) | (self.boxes[:, 2:] <= 0).any(axis=1))[0]
            raise ValueError(
                "boxes must be finite numbers with a width and a height above 0. "
                f"Received: {self.boxes[bad].tolist()} as box {bad}"
            )
        if self.first[0] != 0 or self.first[-1] != faces or (np.diff(self.first) < 0).any():
            raise ValueError(
                f"first must rise from 0 to the number of boxes, {faces}. "
                f"Received: {np.array2string(self.first, threshold=6, edgeitems=3)}"
            )

    def __len__(self) -> int:
        return len(self.pictures)

    def content_sha256(self) -> str:
        """SHA-256 of what is learned from, the pictures by their source's, 64 hexadecimal digits."""
        digest = hashlib.sha256(f"{self.source_sha256} {self.names}".encode(errors="surrogateescape"))
        arrays = [self.sizes, self.boxes, self.first, self.ignored]
        for array in arrays if self.landmarks is None else [*arrays, self.landmarks]:
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def boxes_of(self, i: int) -> np.ndarray:
        """The boxes of a picture, float32 array (n, 4): x, y, width and height in pixels; n may be 0.

        Args:
            i: The picture's index, from 0.

        Raises:
            IndexError: If there is no such picture.
        """
        return self.boxes[self._faces_of(i)]

    def ignored_of(self, i: int) -> np.ndarray:
        """Which of a picture's faces neither count as found nor as missed, bool array (n,).

        Args:
            i: The picture's index, from 0.

        Raises:
            IndexError: If there is no such picture.
        """
        return self.ignored[self._faces_of(i)]

    def landmarks_of(self, i: int) -> np.ndarray:
        """The landmarks of a picture's faces, float32 array (n, 5, 2), NaN where they are unknown.

        Args:
            i: The picture's index, from 0.

        Raises:
            IndexError: If there is no such picture.
        """
        faces = self._faces_of(i)
        if self.landmarks is None:
            return np.full((faces.stop - faces.start, 5, 2), np.nan, np.float32)
        return self.landmarks[faces]

    def image(self, i: int) -> np.ndarray:
        """Decodes a picture.

        Args:
            i: The picture's index, from 0.

        Returns:
            BGR uint8 array (height, width, 3), 0..255, upright.

        Raises:
            IndexError: If there is no such picture.
            ValueError: If it is broken, or has another size than ``sizes`` say.
        """
        width, height = self.sizes[self._index(i)].tolist()
        try:
            image = cv2.imdecode(self.pictures[i], cv2.IMREAD_COLOR)
        except cv2.error as error:
            raise ValueError(f"{self._title(i)} cannot be decoded: {error.err}") from error
        if image is None:
            raise ValueError(f"{self._title(i)} cannot be decoded; build the data set again.")
        if image.shape[:2] != (height, width):
            raise ValueError(
                f"{self._title(i)} must have {width}×{height} pixels. Received: {image.shape[1]}×{image.shape[0]}"
            )
        return np.asarray(image)

    def _index(self, i: int) -> int:
        if not 0 <= i < len(self):
            raise IndexError(f"there are {len(self)} pictures, from 0. Received: {i}")
        return i

    def _faces_of(self, i: int) -> slice:
        return slice(int(self.first[self._index(i)]), int(self.first[i + 1]))

    def _title(self, i: int) -> str:
        return f"picture {i} ({self.names[i]}) of the {self.split} split"


def _check(name: str, array: np.ndarray, dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        wanted = f"{np.dtype(dtype).name} {shape}"
        raise ValueError(f"{name} must be an array of {wanted}. Received: {array.dtype} {array.shape}")
