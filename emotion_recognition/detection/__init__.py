"""Faces in pictures and their emotions: face detectors, emotion classifier, annotation.

Importing this package imports neither OpenCV nor Keras; each name is imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emotion_recognition.detection.annotation import annotate as annotate
    from emotion_recognition.detection.detection_settings import DetectionSettings as DetectionSettings
    from emotion_recognition.detection.detectors import FaceDetector as FaceDetector
    from emotion_recognition.detection.detectors import open_detector as open_detector
    from emotion_recognition.detection.face_emotion import FaceEmotion as FaceEmotion
    from emotion_recognition.detection.faces import Face as Face
    from emotion_recognition.detection.image_file import decode_image as decode_image
    from emotion_recognition.detection.image_file import read_image as read_image
    from emotion_recognition.detection.image_file import write_image as write_image

_HOME = {
    "annotate": "annotation",
    "decode_image": "image_file",
    "DetectionSettings": "detection_settings",
    "Face": "faces",
    "FaceDetector": "detectors",
    "FaceEmotion": "face_emotion",
    "open_detector": "detectors",
    "read_image": "image_file",
    "write_image": "image_file",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
