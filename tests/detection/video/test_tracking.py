import sys

import numpy as np
import pytest

from emotion_recognition.detection.video.tracking import FaceTracker, TrackingSettings, can_track, check_can_track
from emotion_recognition.pictures.faces import Box, Face

needs_trackers = pytest.mark.skipif(not can_track(), reason="trackers is not installed")


def faces(*boxes: Box, score: float = 0.9) -> list[Face]:
    return [Face(box, score) for box in boxes]


@needs_trackers
def test_two_faces_keep_their_identities_in_whatever_order_they_come() -> None:
    tracker = FaceTracker(rate=25, min_confidence=0.5)
    draw = np.random.default_rng(0)
    first: dict[int, int | None] = {}
    for frame in range(40):
        left, right = (100 + 2 * frame, 100, 60, 70), (500 - 2 * frame, 300, 80, 90)
        order = draw.permutation(2)
        identities = tracker.update([faces(left, right)[i] for i in order])
        if frame >= 1:
            # Who is 1 is decided by the order in the second frame; from then on nothing changes.
            named = dict(zip(order.tolist(), identities, strict=True))
            first = first or named
            assert named == first
            assert set(named.values()) == {1, 2}


@needs_trackers
def test_a_face_that_is_seen_once_gets_no_identity() -> None:
    tracker = FaceTracker(rate=25, min_confidence=0.5)
    assert tracker.update(faces((100, 100, 50, 50))) == [None]
    assert tracker.update([]) == []
    assert tracker.update(faces((400, 300, 50, 50))) == [None]
    assert tracker.update(faces((401, 300, 50, 50))) == [1]


@needs_trackers
@pytest.mark.parametrize("rate", [10.0, 30.0])
def test_a_face_is_known_again_within_the_patience(rate: float) -> None:
    def after(seconds: float) -> int | None:
        tracker = FaceTracker(rate, 0.5, TrackingSettings(patience=1.0))
        for _ in range(5):
            tracker.update(faces((100, 100, 50, 50)))
        for _ in range(round(seconds * rate)):
            tracker.update([])
        for _ in range(2):
            (identity,) = tracker.update(faces((100, 100, 50, 50)))
        return identity

    assert after(0.5) == 1
    assert after(1.5) == 2


@needs_trackers
def test_every_face_that_the_detector_counts_can_be_followed() -> None:
    tracker = FaceTracker(rate=25, min_confidence=0.3)
    for _ in range(3):
        identities = tracker.update(faces((100, 100, 50, 50), score=0.31))
    assert identities == [1]


@needs_trackers
@pytest.mark.parametrize(("score", "expected"), [(0.3, 1), (0.6, 1), (1.0, 1)])
def test_a_face_whose_score_is_the_confidence_itself_is_followed(score: float, expected: int) -> None:
    tracker = FaceTracker(rate=25, min_confidence=score)
    for _ in range(3):
        identities = tracker.update(faces((100, 100, 50, 50), score=score))
    assert identities == [expected]


@needs_trackers
def test_a_face_below_the_confidence_begins_no_track() -> None:
    tracker = FaceTracker(rate=25, min_confidence=0.3)
    for _ in range(3):
        identities = tracker.update(faces((100, 100, 50, 50), score=0.2999))
    assert identities == [None]


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trackers", None)  # as if it were not installed
    with pytest.raises(ValueError, match=r"need the package trackers; install it with: pip install --no-deps"):
        check_can_track()
    with pytest.raises(ValueError, match="need the package trackers"):
        FaceTracker(25, 0.5)
