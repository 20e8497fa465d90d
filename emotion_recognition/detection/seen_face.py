"""A face with its emotions as it is passed on to the outputs: whose it is, and whether this frame was looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emotion_recognition.detection.face_emotion import DIGITS, FaceEmotion


@dataclass(frozen=True)
class SeenFace:
    """A face of a picture or a frame.

    Args:
        emotion: The face and what it expresses; in a video smoothed over time.
        identity: Whose face it is in a video, counted from 1; None when unknown.
        carried: True in a frame that was not looked at and repeats what the one before showed.
    """

    emotion: FaceEmotion
    identity: int | None = None
    carried: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Everything that is known of the face, as values that JSON has."""
        return {"identity": self.identity, "carried": self.carried, **self.emotion.to_dict()}


@dataclass(frozen=True)
class Sight:
    """What was seen on one picture or frame.

    Args:
        file: Name of the picture, the video or the camera.
        size: Width and height in pixels.
        faces: The faces.
        frame: Number of the frame, counted from 0; None for a picture.
        time: Seconds since the first frame; None for a picture.
        images: Number of images that the picture's file holds; more than 1 of an animation, whose first one this is.
    """

    file: str
    size: tuple[int, int]
    faces: Sequence[SeenFace]
    frame: int | None = None
    time: float | None = None
    images: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Everything that is known of the picture or frame, as values that JSON has; seconds to a microsecond.

        ``images`` is there only for an animation.
        """
        width, height = self.size
        return {
            "file": self.file,
            "frame": self.frame,
            "time": None if self.time is None else round(self.time, DIGITS),
            "width": width,
            "height": height,
            **({"images": self.images} if self.images > 1 else {}),
            "faces": [face.to_dict() for face in self.faces],
        }
