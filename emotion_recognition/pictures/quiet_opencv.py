"""Keeps the logs of OpenCV and of the FFmpeg inside it quiet where what goes wrong is raised in one line."""

import contextlib
import os
from collections.abc import Iterator

import cv2

# Read by OpenCV when it first opens a video: FFmpeg would print every damaged block. -8 is its level for silence.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


@contextlib.contextmanager
def silent_opencv() -> Iterator[None]:
    """OpenCV's log is off inside the block."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
