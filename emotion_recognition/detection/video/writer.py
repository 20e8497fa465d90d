"""Writes annotated frames into a video file, whole or not at all.

OpenCV's writer says nothing when a disk is full. So the file is read again once it is closed, and takes its name only
when every frame has arrived.
"""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from emotion_recognition.atomic_file import check_can_write, replace_when_complete
from emotion_recognition.detection.results.whole_text_file import naming
from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.quiet_opencv import silent_opencv

#: The codec for each kind of file: those that every wheel of OpenCV can write, and that are not patented.
_CODECS = {".mp4": "mp4v", ".m4v": "mp4v", ".mov": "mp4v", ".mkv": "mp4v", ".avi": "MJPG"}

#: The kinds of video file that can be written.
VIDEO_OUTPUT_SUFFIXES = tuple(_CODECS)

#: How often, in frames, the disk is asked for its free space, and how many bytes there must be.
_FRAMES_BETWEEN_LOOKS, _LEAST_FREE_BYTES = 100, 1 << 20


class VideoWriter:
    """Takes frames one after the other; made by :func:`open_video`.

    Args:
        path: Where OpenCV writes.
        name: The file's final name, for messages.
        size: Width and height of the frames in pixels.
        rate: Frames a second.
    """

    def __init__(self, path: Path, name: Path, size: tuple[int, int], rate: float) -> None:
        self.frames = 0
        self._name, self._size, self._folder = name, size, path.parent
        codec = cv2.VideoWriter.fourcc(*_CODECS[name.suffix.lower()])
        with silent_opencv():
            self._writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, codec, rate, even(size))
        if not self._writer.isOpened():
            raise OSError(f"{name} cannot be written; {size[0]}×{size[1]} pixels may be too large for it.")

    def write(self, image: np.ndarray) -> None:
        """Adds a frame.

        Args:
            image: BGR uint8 array (height, width, 3) of the video's size.

        Raises:
            ValueError: If it is none, or has another size.
            OSError: If the disk is full.
        """
        check_bgr(image)
        height, width = image.shape[:2]
        if (width, height) != self._size:
            raise ValueError(f"image must have the video's size, {self._size}. Received: {(width, height)}")
        if self.frames % _FRAMES_BETWEEN_LOOKS == 0 and shutil.disk_usage(self._folder).free < _LEAST_FREE_BYTES:
            raise OSError(errno.ENOSPC, "No space left on device", str(self._name))
        full_width, full_height = even(self._size)
        if (full_width, full_height) != self._size:
            image = cv2.copyMakeBorder(image, 0, full_height - height, 0, full_width - width, cv2.BORDER_REPLICATE)
        with silent_opencv():
            self._writer.write(image)
        self.frames += 1

    def release(self) -> None:
        """Ends the file."""
        with silent_opencv():
            self._writer.release()


@contextlib.contextmanager
def open_video(path: Path, size: tuple[int, int], rate: float) -> Iterator[VideoWriter]:
    """Opens a video to write; it becomes ``path`` when the block ends without an error and every frame can be read.

    Args:
        path: The file to write or replace; its suffix decides the format.
        size: Width and height of the frames in pixels. An odd one becomes even, which codecs need: the last column
            or row is there twice.
        rate: Frames a second.

    Raises:
        ValueError: If the suffix is none that can be written.
        OSError: If it cannot be written, or not completely; nothing is left behind.
    """
    check_video_output(path)
    with naming(path):
        check_can_write(path)  # OpenCV would not say why it cannot
    with replace_when_complete(path) as partial:
        writer = VideoWriter(partial, path, size, rate)
        try:
            yield writer
        finally:
            writer.release()
        arrived = count_frames(partial)
        if arrived != writer.frames:
            raise OSError(
                f"{path} cannot be written: {arrived:,} of {writer.frames:,} frames arrived. Is the disk full?"
            )


def check_video_output(path: Path) -> None:
    """Refuses a path whose suffix is no kind of video that can be written.

    Raises:
        ValueError: If so.
    """
    if path.suffix.lower() not in _CODECS:
        raise ValueError(
            f"An annotated video's name must end in one of {', '.join(VIDEO_OUTPUT_SUFFIXES)}. Received: {path}"
        )
    if path.is_dir():
        raise ValueError(f"The output must be a file, but {path} is a folder.")


def count_frames(path: Path) -> int:
    """Decodes a video file and counts its frames; 0 for a file that is none."""
    with silent_opencv():
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        count = 0
        while capture.grab():
            count += 1
        capture.release()
    return count


def even(size: tuple[int, int]) -> tuple[int, int]:
    """The size with odd numbers raised by one.

    Example:
        >>> even((641, 480))
        (642, 480)
    """
    return size[0] + size[0] % 2, size[1] + size[1] % 2
