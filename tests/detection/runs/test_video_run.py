from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.runs.outputs import OutputSettings, open_outputs
from emotion_recognition.detection.runs.pacing import Pacing
from emotion_recognition.detection.runs.video_run import VideoOutcome, look_at_video
from emotion_recognition.detection.video import reader as video_reader
from emotion_recognition.detection.video.reader import Frame, VideoReader
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


class KnownFrames:
    """A reader of frames of known brightness at known seconds."""

    is_camera, name, rate, copy_rate, size, lost, read = False, "film.mp4", RATE, RATE, (64, 48), 0, 0

    def __init__(self, *seconds: float) -> None:
        self._seconds = seconds

    def __iter__(self) -> Iterator[Frame]:
        for i, second in enumerate(self._seconds):
            self.read += 1
            yield Frame(i, second, np.full((48, 64, 3), 40 * (i + 1), np.uint8))


def brightness(path: Path) -> list[int]:
    """Which of the known frames each frame of a video is, counted from 1."""
    with VideoReader(path) as reader:
        return [round(frame.image.mean() / 40) for frame in reader]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        ((0.0, 0.1, 0.2), [1, 2, 3]),
        ((0.0, 0.3, 0.4), [1, 1, 1, 2, 3]),
        ((0.0, 0.1, 0.45, 0.5), [1, 2, 2, 2, 3, 4]),
        ((0.0, 0.01, 0.02, 0.5), [1, 2, 3, 3, 3, 4]),  # each is there, and the last one at its time
    ],
)
def test_the_annotated_video_shows_each_frame_at_its_time(
    seconds: tuple[float, ...], shown: list[int], tmp_path: Path
) -> None:
    with open_outputs(OutputSettings(), {}, ("happy", "sad")) as outputs:
        look_at_video(
            KnownFrames(*seconds),  # type: ignore[arg-type]
            lambda image: [],
            outputs,
            output=tmp_path / "out.mp4",
            settings=VideoSettings(),
        )
    assert brightness(tmp_path / "out.mp4") == shown


def test_a_damaged_time_makes_no_endless_video() -> None:
    pacing = Pacing(rate=10.0)
    assert [pacing.repeats(second) for second in (0.0, 0.1, 1e9, 1e9 + 0.1, 1e9 + 0.5)] == [0, 0, 5999, 0, 3]


def test_a_copy_that_would_fall_behind_leaves_frames_out() -> None:
    pacing = Pacing(rate=10.0)
    written = [pacing.repeats(number / 30) for number in range(90)]  # three times as fast, for three seconds
    shown = [number / 30 for number, repeats in enumerate(written) if repeats is not None]
    assert set(written) == {0, None}
    assert len(shown) == pytest.approx(10 * 3 + 10, abs=1)  # a second behind at the end, and no more
    assert max(place / 10 - second for place, second in enumerate(shown)) <= 1.1


def test_a_film_that_a_phone_took_is_copied_at_the_rate_of_its_fastest_part(tmp_path: Path) -> None:
    import av

    source, output = tmp_path / "phone.mp4", tmp_path / "out.mp4"
    times = [*range(0, 60, 2), *range(60, 180, 6)]  # in sixtieths: a second at 30 frames a second, two at 10
    with av.open(str(source), "w") as container:
        stream = container.add_stream("mpeg4", rate=60)
        stream.width, stream.height = 64, 48
        for time in times:
            image = np.full((48, 64, 3), 200 if time >= 58 else 20, np.uint8)  # it lights up shortly before a second
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = time
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with VideoReader(source) as reader:
        assert (round(reader.rate), round(reader.copy_rate)) == (17, 30)
    look(VideoReader(source), output, detect=lambda image: [])
    with VideoReader(output) as reader:
        lit = [frame.time for frame in reader if frame.image.mean() > 100]
    assert lit[0] == pytest.approx(58 / 60, abs=0.01)
    assert lit[-1] == pytest.approx(174 / 60, abs=0.04)
