"""Facial expression recognition on FER2013 with Keras 3: data, networks, training, evaluation, detection.

Importing this package imports neither OpenCV nor Keras; each name is imported on first use.
"""

from typing import TYPE_CHECKING

from emotion_recognition.lazy_names import lazy_names

if TYPE_CHECKING:
    from emotion_recognition.detection.drawing.annotation import annotate as annotate
    from emotion_recognition.detection.emotion_detector import EmotionDetector as EmotionDetector
    from emotion_recognition.detection.face_detectors.opening import open_detector as open_detector
    from emotion_recognition.detection.face_emotion import FaceEmotion as FaceEmotion
    from emotion_recognition.emotions import class_names as class_names
    from emotion_recognition.pictures.crop import Framing as Framing
    from emotion_recognition.pictures.faces import Face as Face
    from emotion_recognition.pictures.image_file import read_image as read_image
    from emotion_recognition.pictures.image_file import write_image as write_image
    from emotion_recognition.workspace import Variant as Variant
    from emotion_recognition.workspace import Workspace as Workspace

__version__ = "0.1.0"

_HOMES = {
    "EmotionDetector": "detection.emotion_detector",
    "open_detector": "detection.face_detectors.opening",
    "Face": "pictures.faces",
    "FaceEmotion": "detection.face_emotion",
    "Framing": "pictures.crop",
    "annotate": "detection.drawing.annotation",
    "read_image": "pictures.image_file",
    "write_image": "pictures.image_file",
    "class_names": "emotions",
    "Workspace": "workspace",
    "Variant": "workspace",
}
__all__ = ["__version__", *_HOMES]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
