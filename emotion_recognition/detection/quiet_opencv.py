"""Keeps OpenCV's own log quiet where what goes wrong is raised in one line."""

import contextlib
from collections.abc import Iterator

import cv2


@contextlib.contextmanager
def silent_opencv() -> Iterator[None]:
    """OpenCV's log is off inside the block."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
