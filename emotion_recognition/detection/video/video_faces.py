"""The faces of a video, frame by frame: finds them, follows them and smooths what they show.

:mod:`emotion_recognition.detection.video.reader` comes before, the outputs next.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.detection.video.reader import Frame
from emotion_recognition.detection.video.smoothing import Smoother
from emotion_recognition.detection.video.tracking import FaceTracker


def faces_of_video(
    frames: Iterable[Frame],
    detect: Callable[[np.ndarray], Sequence[FaceEmotion]],
    *,
    name: str,
    every: int = 1,
    tracker: FaceTracker | None = None,
    smoother: Smoother | None = None,
) -> Iterator[tuple[Frame, Sight]]:
    """Looks at every N-th frame and repeats in between what it showed.

    Args:
        frames: The frames of one video, in order.
        detect: Finds the faces of a BGR image and what they express.
        name: The video's name in the results.
        every: N, at least 1.
        tracker: Gives the faces identities; without one they have none.
        smoother: Smooths the probabilities of each identity.

    Yields:
        Each frame, exactly once, with what is seen on it.

    Raises:
        ValueError: If ``every`` is below 1.
    """
    if every < 1:
        raise ValueError(f"every must be at least 1. Received: {every}")
    seen: list[SeenFace] = []
    for frame in frames:
        if frame.number % every == 0:
            found = detect(frame.image)
            identities: Sequence[int | None] = tracker.update(found) if tracker else [None] * len(found)
            seen = [
                SeenFace(_smoothed(face, identity, frame.time, smoother), identity)
                for face, identity in zip(found, identities, strict=True)
            ]
        elif seen and not seen[0].carried:
            seen = [dataclasses.replace(face, carried=True) for face in seen]
        size = (frame.image.shape[1], frame.image.shape[0])
        yield frame, Sight(name, size, tuple(seen), frame.number, frame.time)


def _smoothed(face: FaceEmotion, identity: int | None, time: float, smoother: Smoother | None) -> FaceEmotion:
    if smoother is None:
        return face
    return dataclasses.replace(face, probabilities=smoother.update(identity, time, face.probabilities))
