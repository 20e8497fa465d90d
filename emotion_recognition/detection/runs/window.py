"""Shows pictures in a window, where there is a display and an OpenCV that can."""

import os
import sys
from types import TracebackType

import cv2
import numpy as np

_TITLE = "emotions"
_ESCAPE = 27


class Window:
    """A window; a context manager, so that it is closed in the end.

    Raises:
        ValueError: If there is no display, or OpenCV was built without windows.
    """

    def __init__(self) -> None:
        # Without a display, OpenCV's window library would end the whole process.
        if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise ValueError("there is no display to show a window on")
        try:
            cv2.namedWindow(_TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
        except cv2.error as error:
            raise ValueError(
                "this OpenCV has no windows; replace opencv-python-headless by opencv-python to show one"
            ) from error

    def show(self, image: np.ndarray, seconds: float) -> bool:
        """Shows a picture.

        Args:
            image: BGR uint8 array (height, width, 3).
            seconds: How long to wait for a key; 0 waits for one for ever.

        Returns:
            False when the user wants to end: q or Escape was pressed.
        """
        cv2.imshow(_TITLE, image)
        key = cv2.waitKey(max(1, round(1000 * seconds)) if seconds else 0) & 0xFF
        return key not in (ord("q"), _ESCAPE)

    def __enter__(self) -> "Window":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cv2.destroyWindow(_TITLE)
