"""From a picture file to the bytes that are stored of it: upright, and no larger than need be.

The bytes of a file go in, those to store come out, with the factor for the boxes. Next:
:mod:`emotion_recognition.data.face_pictures.assembling`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from emotion_recognition.error_about import about
from emotion_recognition.pictures.image_file import decode_image
from emotion_recognition.pictures.orientation import orientation_of
from emotion_recognition.pictures.quiet_opencv import silent_opencv
from emotion_recognition.pictures.resizing import shrink

#: How files start that every reader of the data set decodes; others are stored as JPEG.
_STORED_KINDS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


@dataclass(frozen=True)
class PictureStorage:
    """How pictures are stored.

    Args:
        longest_side: Larger pictures are shrunk to it, in pixels. Twice the side that the face detector takes in, so
            that training may cut parts out.
        jpeg_quality: 1..100, of those that are encoded anew. At 95 the loss cannot be seen.

    Raises:
        ValueError: If a number is not in its range.
    """

    longest_side: int = 640
    jpeg_quality: int = 95

    def __post_init__(self) -> None:
        if self.longest_side < 32:
            message = f"longest_side must be at least 32 pixels. Received: {self.longest_side}"
            raise about(ValueError(message), "longest_side")
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(f"jpeg_quality must be in 1..100. Received: {self.jpeg_quality}")


@dataclass(frozen=True, eq=False)
class StoredPicture:
    """A picture as it is stored.

    Args:
        encoded: uint8 array (bytes,), a JPEG, PNG or WebP file.
        width: In pixels.
        height: In pixels.
        scale: (horizontal, vertical) factors from the coordinates of the file's upright picture to the stored one's,
            at most 1.
        anew: Whether it was encoded anew, because it was too large, lay on its side, has more than 8 bits or is of
            another kind.
        turned: Whether EXIF's orientation turned it.
    """

    encoded: np.ndarray
    width: int
    height: int
    scale: tuple[float, float]
    anew: bool
    turned: bool = False

    @property
    def shrunk(self) -> bool:
        """Whether it was too large."""
        return self.scale != (1.0, 1.0)


def store_picture(encoded: bytes, name: str, storage: PictureStorage) -> StoredPicture:
    """Checks that a picture can be decoded, turns it upright and shrinks it where needed, else keeps its bytes.

    Args:
        encoded: The bytes of its file.
        name: What errors call it.
        storage: How large it may be.

    Raises:
        ValueError: If it is no picture, or damaged.
    """
    image = decode_image(encoded, name)
    height, width = image.shape[:2]
    turned = orientation_of(encoded) > 1
    image, back = shrink(image, storage.longest_side)
    if back == 1.0 and not turned and encoded.startswith(_STORED_KINDS) and _is_read_as(encoded, image):
        return StoredPicture(np.frombuffer(encoded, np.uint8), width, height, (1.0, 1.0), anew=False)
    size = image.shape[1], image.shape[0]
    _, anew = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, storage.jpeg_quality))
    scale = (size[0] / width, size[1] / height)
    return StoredPicture(np.asarray(anew).ravel(), *size, scale, anew=True, turned=turned)


def _is_read_as(encoded: bytes, image: np.ndarray) -> bool:
    """Whether the data set's readers, which know neither orientation nor bit depth, see the same picture."""
    try:
        with silent_opencv():
            seen = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return False
    return seen is not None and np.array_equal(seen, image)
