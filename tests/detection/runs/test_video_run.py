from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.runs.outputs import OutputSettings, open_outputs
from emotion_recognition.detection.runs.video_run import VideoOutcome, look_at_video
from emotion_recognition.detection.video import reader as video_reader
from emotion_recognition.detection.video.reader import VideoReader
from emotion_recognition.detection.video.settings import VideoSettings
from emotion_recognition.detection.video.writer import open_video

RATE = 10.0


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Eight frames, ten a second."""
    path = tmp_path / "film.mp4"
    with open_video(path, (64, 48), RATE) as video:
        for i in range(8):
            video.write(np.full((48, 64, 3), 20 * i, np.uint8))
    return path


@pytest.fixture
def camera(film: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], VideoReader]:
    """A function that opens a camera which shows the film, a frame every so many seconds of a clock of its own."""
    monkeypatch.setattr(video_reader, "_open_camera", lambda _: cv2.VideoCapture(str(film)))

    def start(seconds: float) -> VideoReader:
        times = iter(np.arange(100) * seconds)
        monkeypatch.setattr(video_reader.time, "monotonic", lambda: next(times))
        return VideoReader(0)

    return start


def happy(image: np.ndarray) -> list[FaceEmotion]:
    return [FaceEmotion((5, 5, 20, 20), 0.9, {"happy": 0.9, "sad": 0.1})]


def look(
    reader: VideoReader,
    output: Path | None = None,
    *,
    detect: Callable[[np.ndarray], list[FaceEmotion]] = happy,
    show: Callable[[np.ndarray], bool] | None = None,
) -> VideoOutcome:
    with reader, open_outputs(OutputSettings(), {}, ("happy", "sad")) as outputs:
        return look_at_video(reader, detect, outputs, output=output, settings=VideoSettings(), show=show)


def frames_of(path: Path) -> int:
    with VideoReader(path) as reader:
        return len(list(reader))


def test_a_cameras_seconds_are_those_of_the_clock(camera: Callable[[float], VideoReader], tmp_path: Path) -> None:
    outcome = look(camera(0.5))
    assert (outcome.frames, outcome.lost) == (8, 0)
    # Seven pauses of half a second, and the last frame lasts a tenth.
    assert outcome.timeline.seconds() == {None: {"happy": pytest.approx(3.6)}}


@pytest.mark.parametrize(("seconds", "expected"), [(0.1, 8), (0.5, 36), (0.01, 8)])
def test_a_slow_cameras_film_lasts_as_long_as_it_did_and_no_frame_is_lost(
    seconds: float, expected: int, camera: Callable[[float], VideoReader], tmp_path: Path
) -> None:
    look(camera(seconds), tmp_path / "out.mp4")
    assert frames_of(tmp_path / "out.mp4") == pytest.approx(expected, abs=1)


def test_ctrl_c_ends_a_camera_and_keeps_what_it_saw(camera: Callable[[float], VideoReader], tmp_path: Path) -> None:
    left = iter(range(4))

    def interrupted(image: np.ndarray) -> list[FaceEmotion]:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return happy(image)

    look(camera(0.1), tmp_path / "out.mp4", detect=interrupted)
    assert frames_of(tmp_path / "out.mp4") == 4


def test_ctrl_c_in_a_video_leaves_nothing(film: Path, tmp_path: Path) -> None:
    def interrupted(image: np.ndarray) -> list[FaceEmotion]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(VideoReader(film), tmp_path / "out.mp4", detect=interrupted)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_closing_the_window_ends_a_run_and_keeps_what_was_seen(film: Path, tmp_path: Path) -> None:
    shown: list[np.ndarray] = []

    def show(image: np.ndarray) -> bool:
        shown.append(image)
        return len(shown) < 3

    look(VideoReader(film), tmp_path / "out.mp4", show=show)
    assert frames_of(tmp_path / "out.mp4") == len(shown) == 3
    assert shown[0].any()  # a box is drawn


def test_a_camera_that_gives_no_picture_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_reader, "_open_camera", lambda _: cv2.VideoCapture())
    with pytest.raises(OSError, match="camera 3 gives no picture"):
        VideoReader(3)
