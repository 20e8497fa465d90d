"""Streams at an address, such as a network camera's: opened with a time-out, connected to again when they break off."""

import time

import cv2
import numpy as np

from emotion_recognition.detection.video.address import TIMEOUT, shown
from emotion_recognition.pictures.image_header import MAX_PIXELS
from emotion_recognition.pictures.quiet_opencv import silent_opencv

#: Seconds before each attempt to connect again; after the last one the stream has ended.
WAITS = (0.5, 1.0, 2.0, 4.0)


class StreamEndedError(OSError):
    """A stream that has shown something and cannot be connected to any more."""


def open_stream(address: str, timeout: float = TIMEOUT) -> cv2.VideoCapture:
    """Connects to a stream.

    Args:
        address: ``rtsp://`` or ``http(s)://``.
        timeout: Seconds that it may take to answer, and then between two frames.

    Raises:
        OSError: If it does not answer, or gives no video.
        ValueError: If its frames are larger than a picture may be.
    """
    milliseconds = round(1000 * timeout)
    with silent_opencv():
        capture = cv2.VideoCapture(
            address,
            cv2.CAP_FFMPEG,
            [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds],
        )
    if not capture.isOpened():
        capture.release()
        raise OSError(
            f"{shown(address)} gives no picture and no video within {timeout:g} s; is the address right, "
            "and the camera on?"
        )
    width, height = (int(capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    if width * height > MAX_PIXELS:
        capture.release()
        raise ValueError(
            f"{shown(address)} is larger than {MAX_PIXELS // 10**6} megapixels. Received: {width}×{height} pixels"
        )
    return capture


def connect_again(capture: cv2.VideoCapture, address: str) -> tuple[cv2.VideoCapture, np.ndarray]:
    """Connects again to a stream that has broken off.

    Args:
        capture: The broken one, which is closed.
        address: Its address.

    Returns:
        The stream, and the frame that it began with. One that opens and shows nothing, or larger pictures
        than may be, counts as not connected.

    Raises:
        StreamEndedError: If no attempt leads to a frame.
    """
    capture.release()
    for wait in WAITS:
        time.sleep(wait)
        try:
            capture = open_stream(address)
        except (OSError, ValueError):
            continue
        decoded, image = capture.read()
        if decoded and image is not None:
            return capture, np.asarray(image)
        capture.release()
    raise StreamEndedError(f"{shown(address)} has ended: {len(WAITS)} attempts to connect again failed.")
