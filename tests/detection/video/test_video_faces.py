from collections.abc import Iterator

import numpy as np
import pytest

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.video.reader import Frame
from emotion_recognition.detection.video.smoothing import Smoother
from emotion_recognition.detection.video.video_faces import faces_of_video
from emotion_recognition.pictures.faces import Face


def frames(count: int) -> Iterator[Frame]:
    """Frame i has brightness i everywhere."""
    for i in range(count):
        yield Frame(i, i / 10, np.full((20, 30, 3), i, np.uint8))


def detect(image: np.ndarray) -> list[FaceEmotion]:
    """One face whose place tells the frame; none in frame 6."""
    brightness = int(image[0, 0, 0])
    sure = 1.0 if brightness % 2 == 0 else 0.0
    return [] if brightness == 6 else [FaceEmotion((brightness, 0, 5, 5), 0.9, {"happy": sure, "sad": 1 - sure})]


class AlwaysSeven:
    """A tracker that knows only one face."""

    def update(self, faces: list[Face]) -> list[int | None]:
        return [7] * len(faces)


@pytest.mark.parametrize("every", [1, 2, 3, 100])
def test_every_frame_comes_out_once_with_the_last_looked_at_frames_faces(every: int) -> None:
    seen = list(faces_of_video(frames(11), detect, name="film.mp4", every=every))
    assert [frame.number for frame, _ in seen] == [sight.frame for _, sight in seen] == list(range(11))
    for frame, sight in seen:
        looked_at = frame.number // every * every
        assert [face.emotion.box[0] for face in sight.faces] == ([] if looked_at == 6 else [looked_at])
        assert all(face.carried == (frame.number != looked_at) for face in sight.faces)
        assert (sight.file, sight.size, sight.time) == ("film.mp4", (30, 20), frame.number / 10)


def test_smoothing_goes_by_identity_and_time() -> None:
    tracker = AlwaysSeven()
    seen = list(faces_of_video(frames(3), detect, name="f", tracker=tracker, smoother=Smoother(0.1)))  # type: ignore[arg-type]
    values = [sight.faces[0].emotion.probabilities["happy"] for _, sight in seen]
    kept = np.exp(-1)
    assert values == pytest.approx([1, kept, kept**2 + 1 - kept])
    assert [sight.faces[0].identity for _, sight in seen] == [7, 7, 7]


def test_without_identity_nothing_is_smoothed() -> None:
    seen = list(faces_of_video(frames(3), detect, name="f", smoother=Smoother(10)))
    assert [sight.faces[0].emotion.probabilities["happy"] for _, sight in seen] == [1, 0, 1]
    assert all(face.identity is None for _, sight in seen for face in sight.faces)


def test_every_must_be_at_least_1() -> None:
    with pytest.raises(ValueError, match="every must be at least 1"):
        next(faces_of_video(frames(1), detect, name="f", every=0))
