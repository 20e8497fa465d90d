"""Frames in, faces with identities and smoothed probabilities out."""

import pytest
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.serving.overlap_tracker import OverlapTracker
from emotion_recognition.serving.routes import stream
from emotion_recognition.serving.settings import ServingSettings
from tests.serving.conftest import Serves, make_service, png


def show(socket: WebSocketTestSession, frame: bytes) -> dict[str, object]:
    socket.send_bytes(frame)
    answer = socket.receive_json()
    assert isinstance(answer, dict)
    return answer


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that streams see, in a list of one number."""
    now = [100.0]
    monkeypatch.setattr(stream.time, "monotonic", lambda: now[0])
    return now


def test_a_face_keeps_its_identity_and_what_it_shows_is_smoothed(
    serves: Serves, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "can_track", lambda: False)
    service = make_service(ServingSettings(detectors=1), smooth=1.0)
    with serves(service=service).websocket_connect("/v1/stream") as socket:
        first = show(socket, png(value=255))
        clock[0] += 1.0
        second = show(socket, png(value=51))
    assert (first["frame"], first["time"], second["frame"], second["time"]) == (0, 0.0, 1, 1.0)
    ((before,), (after,)) = (first["faces"], second["faces"])  # type: ignore[misc]
    assert before["identity"] == after["identity"] == 1  # type: ignore[has-type]
    # 1 kept by 1/e, 0.2 seen now: 0.2 + 0.8 / e
    assert after["probabilities"]["bright"] == pytest.approx(0.494304, abs=1e-6)  # type: ignore[has-type]


def test_frames_that_come_too_fast_are_skipped(serves: Serves, clock: list[float]) -> None:
    with serves(frames_per_second=10).websocket_connect("/v1/stream") as socket:
        assert "faces" in show(socket, png())
        clock[0] += 0.05
        assert show(socket, png()) == {"frame": 1, "skipped": "more than 10 frames a second"}
        clock[0] += 0.05
        assert "faces" in show(socket, png())


def test_a_frame_that_is_no_picture_does_not_end_the_stream(serves: Serves, clock: list[float]) -> None:
    with serves(max_megapixels=0.001).websocket_connect("/v1/stream") as socket:
        assert show(socket, b"hello")["code"] == "not_a_picture"
        clock[0] += 1
        assert show(socket, png(100, 11))["code"] == "too_many_pixels"
        clock[0] += 1
        assert "faces" in show(socket, png())


def test_text_is_no_frame(serves: Serves) -> None:
    with serves().websocket_connect("/v1/stream") as socket:
        socket.send_text("hello")
        with pytest.raises(WebSocketDisconnect) as raised:
            socket.receive_json()
    assert raised.value.code == 1003


def test_one_stream_too_many_is_told_to_try_later_and_may_when_one_has_ended(serves: Serves) -> None:
    client = serves(streams=1)
    with client.websocket_connect("/v1/stream") as socket:
        assert "faces" in show(socket, png())
        with client.websocket_connect("/v1/stream") as other:
            with pytest.raises(WebSocketDisconnect) as raised:
                other.receive_json()
            assert raised.value.code == 1013
        assert "emotion_streams 1.0" in client.get("/metrics").text
    with client.websocket_connect("/v1/stream") as socket:
        assert "faces" in show(socket, png())


def test_a_stream_without_frames_ends(serves: Serves, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "IDLE_SECONDS", 0.01)
    with serves().websocket_connect("/v1/stream") as socket, pytest.raises(WebSocketDisconnect) as raised:
        socket.receive_json()
    assert raised.value.code == 1000


def face(x: int, y: int = 0) -> FaceEmotion:
    return FaceEmotion((x, y, 10, 10), 0.9, {"happy": 1.0})


def test_overlap_tells_faces_apart_whatever_their_order() -> None:
    tracker = OverlapTracker(patience=2)
    assert tracker.update([face(0), face(50)]) == [1, 2]
    assert tracker.update([face(52), face(3)]) == [2, 1]
    assert tracker.update([face(90)]) == [3]
    assert tracker.update([]) == []
    assert tracker.update([face(3), face(90)]) == [4, 3]  # the first was away for too long
