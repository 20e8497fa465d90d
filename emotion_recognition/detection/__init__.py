"""Faces in pictures and their emotions: face detectors, emotion classifier, annotation.

Importing this package imports neither OpenCV nor Keras; each name is imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emotion_recognition.detection.drawing.annotation import annotate as annotate
    from emotion_recognition.detection.face_detectors.opening import FaceDetector as FaceDetector
    from emotion_recognition.detection.face_detectors.opening import open_detector as open_detector
    from emotion_recognition.detection.face_detectors.settings import DetectionSettings as DetectionSettings
    from emotion_recognition.detection.face_emotion import FaceEmotion as FaceEmotion
    from emotion_recognition.detection.picture_result import PictureResult as PictureResult
    from emotion_recognition.detection.picture_result import to_dataframe as to_dataframe
    from emotion_recognition.pictures.faces import Face as Face
    from emotion_recognition.pictures.image_file import decode_image as decode_image
    from emotion_recognition.pictures.image_file import read_image as read_image
    from emotion_recognition.pictures.image_file import write_image as write_image

_HOME = {
    "annotate": "detection.drawing.annotation",
    "decode_image": "pictures.image_file",
    "DetectionSettings": "detection.face_detectors.settings",
    "Face": "pictures.faces",
    "FaceDetector": "detection.face_detectors.opening",
    "FaceEmotion": "detection.face_emotion",
    "open_detector": "detection.face_detectors.opening",
    "PictureResult": "detection.picture_result",
    "read_image": "pictures.image_file",
    "to_dataframe": "detection.picture_result",
    "write_image": "pictures.image_file",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"emotion_recognition.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
