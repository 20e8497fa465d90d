"""From a photograph to the crop of its face, where a face detector finds it, as detection crops it.

The detector comes from the caller: ``data`` knows what it must have and imports none. Next:
:mod:`emotion_recognition.data.sources.folders.picture_source` collects the crops.
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from emotion_recognition.data.sources.source import FramesFaces
from emotion_recognition.pictures.crop import crop_faces
from emotion_recognition.pictures.faces import Box
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.upright import turn_of


class NoFaceError(ValueError):
    """A picture that could be read and has no face that was found."""


class FoundFaceReader:
    """Reads a picture and cuts out its face, turned upright by its landmarks; of several faces the largest.

    A :class:`~emotion_recognition.data.sources.folders.picture_source.FaceReader`; it may be called on several threads.

    Args:
        detector: What finds the faces; it is asked by one thread at a time.
        image_size: Height and width of the crop in pixels.
        channels: 1 for grey, 3 for colour.
    """

    def __init__(self, detector: FramesFaces, *, image_size: int, channels: int) -> None:
        self._detector = detector
        self._image_size, self._channels = image_size, channels
        # OpenCV's networks keep what they compute between two calls, so that two threads would mix it up.
        self._lock = Lock()

    def __call__(self, path: Path, boxes: Sequence[Box] | None, stated_size: tuple[int, int] | None) -> np.ndarray:
        """Returns the face of a picture.

        Args:
            path: The picture.
            boxes: Must be None: where the faces are, the detector says.
            stated_size: Not looked at.

        Returns:
            uint8 array (1, image_size, image_size, channels), 0..255, grey or RGB.

        Raises:
            NoFaceError: If no face is found.
            ValueError: If it is no picture that can be read.
            OSError: If it cannot be read.
        """
        assert boxes is None, "faces with boxes need not be found"
        image = read_image(path)
        with self._lock:
            faces = self._detector.detect(image)
        if not faces:
            raise NoFaceError(f"no face was found on {path}")
        face = max(faces, key=lambda face: face.box[2] * face.box[3])
        return crop_faces(
            image,
            [face.box],
            self._detector.framing,
            self._image_size,
            channels=self._channels,
            rolls=[turn_of(face.landmarks, face.direction)],
        )
