import pytest

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.video.timeline import Stretch, Timeline


def face(emotion: str) -> FaceEmotion:
    return FaceEmotion((0, 0, 9, 9), 0.9, {name: 0.8 if name == emotion else 0.1 for name in ("happy", "sad", "fear")})


def test_each_frame_lasts_until_the_next_and_the_last_one_as_told() -> None:
    timeline = Timeline(last_duration=0.25)
    timeline.add(0.0, [(1, face("happy")), (2, face("sad"))])
    timeline.add(0.5, [(1, face("sad")), (2, face("sad"))])  # a slow camera: half a second, then one
    timeline.add(1.5, [(2, face("sad"))])
    timeline.finish()
    assert timeline.seconds() == {1: {"happy": 0.5, "sad": 1.0}, 2: {"sad": 1.75}}
    assert timeline.stretches == [
        Stretch(1, "happy", 0.0, 0.5),
        Stretch(1, "sad", 0.5, 1.5),
        Stretch(2, "sad", 0.0, 1.75),
    ]


def test_a_face_that_leaves_and_comes_back_has_two_stretches() -> None:
    timeline = Timeline(last_duration=1.0)
    for time, seen in enumerate((True, False, False, True)):
        timeline.add(float(time), [(1, face("fear"))] if seen else [])
    timeline.finish()
    assert timeline.stretches == [Stretch(1, "fear", 0.0, 1.0), Stretch(1, "fear", 3.0, 4.0)]
    assert timeline.seconds() == {1: {"fear": 2.0}}


def test_faces_without_identity_are_summed_up() -> None:
    timeline = Timeline(last_duration=0.5)
    timeline.add(0.0, [(None, face("happy")), (None, face("happy")), (None, face("sad"))])
    timeline.add(0.5, [(None, face("happy"))])
    timeline.finish()
    assert timeline.seconds() == {None: {"happy": 1.5, "sad": 0.5}}


def test_known_identities_come_first() -> None:
    timeline = Timeline(last_duration=1.0)
    timeline.add(0.0, [(None, face("sad")), (11, face("sad")), (2, face("sad"))])
    timeline.finish()
    assert list(timeline.seconds()) == [2, 11, None]


def test_nothing_seen_is_nothing() -> None:
    timeline = Timeline(last_duration=1.0)
    timeline.finish()
    timeline.add(0.0, [])
    timeline.finish()
    assert timeline.seconds() == {}
    assert timeline.stretches == []


def test_the_seconds_of_all_emotions_are_the_seconds_that_a_face_was_there() -> None:
    timeline = Timeline(last_duration=1 / 25)
    for frame in range(250):
        timeline.add(frame / 25, [(1, face(("happy", "sad", "fear")[frame % 3]))] if 50 <= frame < 200 else [])
    timeline.finish()
    assert sum(timeline.seconds()[1].values()) == pytest.approx(6.0)
