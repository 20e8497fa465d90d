"""What a detector does for a request: decodes pictures within the limit and says what is on them.

Runs in a detector's thread; bytes come in from :mod:`emotion_recognition.serving.request_bodies`, what the command line
writes as JSON comes out.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.pictures.animation import count_images
from emotion_recognition.pictures.image_file import decode_image
from emotion_recognition.pictures.image_header import LargePictureError
from emotion_recognition.serving.refusal import RefusalError
from emotion_recognition.serving.request_bodies import Upload


class Looks(Protocol):
    """What the service needs of an :class:`~emotion_recognition.EmotionDetector`."""

    def detect(self, image: np.ndarray) -> Sequence[FaceEmotion]:
        """Finds the faces of a BGR uint8 image (height, width, 3) and their emotions."""


def decode(content: bytes, name: str, max_pixels: int) -> np.ndarray:
    """Decodes a picture whose header states no more pixels than that.

    Returns:
        BGR uint8 array (height, width, 3), 0..255, upright.

    Raises:
        RefusalError: If it is no picture, damaged or too large.
    """
    try:
        return decode_image(content, name, max_pixels)
    except LargePictureError as error:
        width, height = error.size
        message = f"{name} has {width}×{height} pixels; send at most {max_pixels / 10**6:g} megapixels."
        raise RefusalError(413, "too_many_pixels", message) from error
    except ValueError as error:
        raise RefusalError(422, "not_a_picture", " ".join(str(error).split())) from error
    except MemoryError as error:
        raise RefusalError(413, "too_many_pixels", f"{name} is too large for this server's memory.") from error


def look(detector: Looks, upload: Upload, max_pixels: int) -> dict[str, Any]:
    """What is on a picture, as the command line's JSON has it.

    Raises:
        RefusalError: If it is empty, no picture, damaged or too large.
    """
    if upload.refusal is not None:
        raise upload.refusal
    image = decode(upload.content, "The picture", max_pixels)
    faces = tuple(SeenFace(face) for face in detector.detect(image))
    size = (image.shape[1], image.shape[0])
    return Sight(upload.name, size, faces, images=count_images(upload.content)).to_dict()


def look_at_all(
    detector: Looks, uploads: Sequence[Upload], max_pixels: int
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """What is on each of several pictures, and which of them could not be read, and why."""
    results: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    for upload in uploads:
        try:
            results.append(look(detector, upload, max_pixels))
        except RefusalError as refusal:
            failed.append({"file": upload.name, "error": refusal.message})
    return results, failed
