"""Pixels, the layer below data and detection: reading pictures, their headers, resizing, boxes and faces, crops."""

from typing import TYPE_CHECKING

from emotion_recognition.lazy_names import lazy_names

if TYPE_CHECKING:
    from emotion_recognition.pictures.crop import crop_faces as crop_faces
    from emotion_recognition.pictures.crop import crop_square as crop_square
    from emotion_recognition.pictures.image_file import decode_image as decode_image
    from emotion_recognition.pictures.image_header import picture_size as picture_size

_HOMES = {
    "decode_image": "pictures.image_file",
    "picture_size": "pictures.image_header",
    "crop_faces": "pictures.crop",
    "crop_square": "pictures.crop",
}
__all__ = list(_HOMES)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
