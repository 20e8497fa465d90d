"""Frames of a video file or a camera, one after the other, upright, with their time.

OpenCV decodes with the FFmpeg inside it. It says nothing about frames that it cannot decode; they are counted here, by
evidence: the number of frames that a container states is often no more than its length times a rate.
"""

import functools
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from emotion_recognition.detection.video.address import shown
from emotion_recognition.detection.video.container import container_of, fastest_rate, is_cut_short
from emotion_recognition.detection.video.streams import connect_again, open_stream
from emotion_recognition.pictures.image_header import MAX_PIXELS
from emotion_recognition.pictures.quiet_opencv import silent_opencv

#: Frames a second where a file or a camera states none.
USUAL_RATE = 25.0

#: Frames a second from which on the number is none, but the unit of the file's times: browsers record so.
_NO_RATE = 1000.0

#: Frames whose times say the rate of a file that states none.
_FRAMES_AHEAD = 10

#: A time this much before that of the frame before, in seconds, is none of a frame out of order: the times begin anew,
#: as in recordings that were joined.
_BEGINS_ANEW = 0.25

#: Seconds within which the frame after a damaged time goes on where the one before it was.
_GOES_ON = 1.0

#: Where frames come this many times as fast as on average they are unevenly spaced; less is the jitter of a clock.
_UNEVEN = 1.25

#: Frames a second of a copy, at most.
_MOST_COPY_RATE = 240.0

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
        source: The path of a video, the number of a camera, or the address of a stream (``rtsp://``, ``http(s)://``),
            which is connected to again, a few times, when it breaks off.

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

    def __init__(self, source: Path | int | str) -> None:
        #: Whether it goes on until somebody ends it, and its time is that of the clock.
        self.is_camera = isinstance(source, int)
        self.name = _name_of(source)
        self._address = source if isinstance(source, str) else None
        self._path = source if isinstance(source, Path) else None
        self._start = self._last = self._stated = 0.0
        self._earlier_start: float | None = None
        self._failed = self._gaps = 0
        self._ended = False
        self._capture = _open(source)
        if isinstance(source, str):
            # A file on a server states its frames, a live stream none.
            self.is_camera = self._capture.get(cv2.CAP_PROP_FRAME_COUNT) <= 0
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._states_rate = 0 < rate < _NO_RATE
        #: Frames a second.
        self.rate = rate if self._states_rate else USUAL_RATE
        #: About how many frames the file has; 0 when it does not say, and for a camera.
        self.announced = 0 if self.is_camera else max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self._cut_short = self._path is not None and is_cut_short(self._path)
        self._container = container_of(self._path) if self._path is not None else ""
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
        #: Frames that are read and not given yet.
        self._ahead = deque([first])
        #: Width and height in pixels.
        self.size = (first.image.shape[1], first.image.shape[0])
        self._is_given = False
        if not self._states_rate and not self.is_camera:
            self._read_ahead()

    @functools.cached_property
    def copy_rate(self) -> float:
        """Frames a second at which a copy of evenly spaced frames shows each at its time."""
        fastest = fastest_rate(self._path) if self._path is not None and self._states_rate else None
        return fastest if fastest is not None and _UNEVEN * self.rate < fastest <= _MOST_COPY_RATE else self.rate

    @property
    def lost(self) -> int:
        """Frames that could not be decoded, as far as there is evidence; meaningful after the last frame.

        Evidence is a read that failed before another frame came, and an exact number of frames that is not reached: in
        an AVI file, or in an MP4 file that is cut short or has a gap in its times; a whole one may show only a part.
        """
        missing = self.announced - self.read if self._ended else 0
        if self._container == "MP4" and not self._cut_short:
            missing = min(missing, self._gaps)
        return max(self._failed, missing if self._container else 0)

    def __iter__(self) -> Iterator[Frame]:
        """Gives each frame once, from where the last iteration ended."""
        if self.is_camera and not self._is_given:
            self._start = time.monotonic()  # what is opened between the first frame and the others takes its time
        self._is_given = True
        while (frame := self._ahead.popleft() if self._ahead else self._next()) is not None:
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
        failed = 0
        while True:
            decoded, image = self._capture.read()
            if decoded and image is not None:
                break
            # Only trying on tells a damaged frame from the end: the number of frames may be stated too low.
            failed += 1
            if self._address is not None and self.is_camera:
                self._capture, image = connect_again(self._capture, self._address)
                break
            if failed == _ATTEMPTS:
                self._ended = True
                return None
        self._failed += 0 if self.is_camera else failed
        seconds = self._seconds()
        if self.read:
            self._gaps += max(0, round((seconds - self._last) * self.rate) - 1)
        self._last = seconds
        self.read += 1
        image = _bgr(image)
        if self.read > 1 and (image.shape[1], image.shape[0]) != self.size:
            image = _fitted(image, self.size)  # a stream that was connected to again
        return Frame(self.read - 1, seconds, image)

    def _read_ahead(self) -> None:
        """Takes the rate from the times of the first frames."""
        while len(self._ahead) < _FRAMES_AHEAD and (frame := self._next()) is not None:
            self._ahead.append(frame)
        if self._ahead[-1].time > 0:
            self.rate = min((len(self._ahead) - 1) / self._ahead[-1].time, _NO_RATE)

    def _seconds(self) -> float:
        """The time of the frame that was read last, since the first one."""
        now = time.monotonic() if self.is_camera else self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        before, self._stated = self._stated, now
        if self.read == 0:
            self._start = now
            return 0.0
        if now < before - _BEGINS_ANEW:
            self._start, self._earlier_start = now - self._last - 1 / self.rate, self._start
        elif self._earlier_start is not None:
            if 0 <= now - self._earlier_start - self._last <= _GOES_ON:
                self._start = self._earlier_start  # the one before was damaged
            self._earlier_start = None
        seconds = now - self._start
        # Some containers have no times.
        return max(self._last, seconds if seconds > 0 or self.is_camera else self.read / self.rate)


def _fitted(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image in the middle of one of that width and height, as large as fits, on black."""
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    code = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    fitted = np.zeros((size[1], size[0], 3), np.uint8)
    fitted[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner, interpolation=code)
    return fitted


def _bgr(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)) if image.ndim == 2 else np.asarray(image)


def _name_of(source: Path | int | str) -> str:
    if isinstance(source, int):
        return f"camera {source}"
    return shown(source) if isinstance(source, str) else str(source)


def _open(source: Path | int | str) -> cv2.VideoCapture:
    if isinstance(source, int):
        return _open_camera(source)
    return open_stream(source) if isinstance(source, str) else _open_file(source)


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
    if not path.is_file():
        raise ValueError(f"{path} is not a video file.")  # opening a pipe would wait for its other end
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
