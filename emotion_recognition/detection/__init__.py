"""Faces in pictures and their emotions: face detectors, emotion classifier, annotation.

Importing this package imports neither OpenCV nor Keras; each name is imported on first use. What most applications
need, :class:`emotion_recognition.EmotionDetector` and :func:`emotion_recognition.open_detector` first of all, is
exported by :mod:`emotion_recognition`.
"""

from typing import TYPE_CHECKING

from emotion_recognition.lazy_names import lazy_names

if TYPE_CHECKING:
    from emotion_recognition.detection.classifier import EmotionClassifier as EmotionClassifier
    from emotion_recognition.detection.drawing.annotation import annotate as annotate
    from emotion_recognition.detection.face_detectors.opening import FaceDetector as FaceDetector
    from emotion_recognition.detection.face_detectors.opening import open_detector as open_detector
    from emotion_recognition.detection.face_detectors.settings import DetectionSettings as DetectionSettings
    from emotion_recognition.detection.face_emotion import FaceEmotion as FaceEmotion
    from emotion_recognition.detection.picture_result import PictureResult as PictureResult
    from emotion_recognition.detection.picture_result import to_dataframe as to_dataframe
    from emotion_recognition.detection.video.reader import VideoReader as VideoReader
    from emotion_recognition.detection.video.settings import VideoSettings as VideoSettings
    from emotion_recognition.detection.video.video_faces import faces_of_video as faces_of_video
    from emotion_recognition.pictures.faces import Face as Face
    from emotion_recognition.pictures.image_file import decode_image as decode_image
    from emotion_recognition.pictures.image_file import read_image as read_image
    from emotion_recognition.pictures.image_file import write_image as write_image

_HOMES = {
    "EmotionClassifier": "detection.classifier",
    "FaceDetector": "detection.face_detectors.opening",
    "DetectionSettings": "detection.face_detectors.settings",
    "PictureResult": "detection.picture_result",
    "to_dataframe": "detection.picture_result",
    "VideoReader": "detection.video.reader",
    "VideoSettings": "detection.video.settings",
    "faces_of_video": "detection.video.video_faces",
}
#: What :mod:`emotion_recognition` and :mod:`emotion_recognition.pictures` export can be imported from here too.
_ALSO = {
    "decode_image": "pictures.image_file",
    "annotate": "detection.drawing.annotation",
    "Face": "pictures.faces",
    "FaceEmotion": "detection.face_emotion",
    "open_detector": "detection.face_detectors.opening",
    "read_image": "pictures.image_file",
    "write_image": "pictures.image_file",
}
__all__ = list(_HOMES)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, {**_HOMES, **_ALSO})
