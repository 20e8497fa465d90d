"""Keeps the logs of OpenCV and of the FFmpeg inside it quiet where what goes wrong is raised in one line."""

import contextlib
import os
import threading
from collections.abc import Iterator

import cv2

# Read by OpenCV when it first opens a video: FFmpeg would print every damaged block. -8 is its level for silence.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


_lock = threading.Lock()
_inside = 0
_level_before = 0


@contextlib.contextmanager
def silent_opencv() -> Iterator[None]:
    """OpenCV's log is off inside the block; the last of several threads to leave it sets the level back."""
    global _inside, _level_before
    with _lock:
        if _inside == 0:
            _level_before = cv2.utils.logging.getLogLevel()
            cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                cv2.utils.logging.setLogLevel(_level_before)
