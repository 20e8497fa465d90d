"""Frames of a video file or a camera, one after the other, upright, with their time.

OpenCV decodes with the FFmpeg inside it. It says nothing about frames that it cannot decode; they are counted here.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from emotion_recognition.pictures.image_file import MAX_PIXELS
from emotion_recognition.pictures.quiet_opencv import silent_opencv

#: Frames a second where a file or a camera states none.
USUAL_RATE = 25.0

#: Attempts to get on after a frame that cannot be decoded; OpenCV skips up to 64 packets in each.
_ATTEMPTS = 50


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame.

    Args:
        number: Counted from 0 over the frames that could be decoded.
        time: Seconds since the first frame.
        image: BGR uint8 array (height, width, 3), 0..255, upright.
    """

    number: int
    time: float
    image: np.ndarray


class VideoReader:
    """Reads a video file or a camera; iterating gives its frames.

    Args:
        source: The path of a video, or the number of a camera.

    Raises:
        FileNotFoundError: If there is no such file.
        OSError: If there is no such camera, or the file cannot be read.
        ValueError: If the file is no video, or has no frames.

    Example:
        >>> VideoReader(Path("missing.mp4"))
        Traceback (most recent call last):
        ...
        FileNotFoundError: There is no video missing.mp4.
    """

    def __init__(self, source: Path | int) -> None:
        self.is_camera = isinstance(source, int)
        self.name = f"camera {source}" if isinstance(source, int) else str(source)
        self._start = 0.0
        self._capture = _open_camera(source) if isinstance(source, int) else _open_file(source)
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        #: Frames a second.
        self.rate = rate if 0 < rate < 1000 else USUAL_RATE
        #: Number of frames that the file says it has; 0 when it does not say, and for a camera.
        self.announced = 0 if self.is_camera else max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        #: Number of frames read so far.
        self.read = 0
        try:
            # The size after turning the picture upright is known for certain only from a frame.
            first = self._next()
            if first is None:
                raise (
                    OSError(f"{self.name} gives no picture.")
                    if self.is_camera
                    else ValueError(f"{self.name} has no frames that can be decoded.")
                )
        except BaseException:
            self.close()
            raise
        self._first: Frame | None = first
        #: Width and height in pixels.
        self.size = (first.image.shape[1], first.image.shape[0])

    @property
    def lost(self) -> int:
        """Frames that the file announces but that could not be decoded; meaningful after the last frame."""
        return max(0, self.announced - self.read)

    def __iter__(self) -> Iterator[Frame]:
        """Gives each frame once, from where the last iteration ended."""
        while (frame := self._first or self._next()) is not None:
            self._first = None
            yield frame

    def close(self) -> None:
        """Releases the file or the camera."""
        self._capture.release()

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next(self) -> Frame | None:
        for _ in range(_ATTEMPTS):
            decoded, image = self._capture.read()
            if decoded and image is not None:
                break
            # A file that has given all it announced has ended; a camera that is silent once may be gone.
            if not self.is_camera and self.read >= self.announced:
                return None
        else:
            return None
        if self.is_camera:
            now = time.monotonic()
            self._start = now if self.read == 0 else self._start
            seconds = now - self._start
        else:
            seconds = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            # Some containers have no times.
            seconds = seconds if seconds > 0 else self.read / self.rate
        self.read += 1
        return Frame(self.read - 1, seconds, _bgr(image))


def _bgr(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)) if image.ndim == 2 else np.asarray(image)


def _open_camera(number: int) -> cv2.VideoCapture:
    with silent_opencv():
        capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        capture.release()
        raise OSError(
            f"There is no camera {number}, or it cannot be opened; is it connected, and not in use elsewhere?"
        )
    return capture


def _open_file(path: Path) -> cv2.VideoCapture:
    if not path.exists():
        raise FileNotFoundError(f"There is no video {path}.")
    with path.open("rb"):
        pass  # a file without permission is told apart from one that is no video
    with silent_opencv():
        # Only FFmpeg: OpenCV's other readers take a name with digits for a sequence of pictures.
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        capture.release()
        raise ValueError(f"{path} is not a video, or truncated, or of a kind that OpenCV does not read.")
    width, height = (int(capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    if width * height > MAX_PIXELS:
        capture.release()
        raise ValueError(f"{path} is larger than {MAX_PIXELS // 10**6} megapixels. Received: {width}×{height} pixels")
    return capture
