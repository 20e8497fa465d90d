"""The sound of a video in its annotated copy: the same packets, from the first frame to the last."""

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from emotion_recognition.detection.runs.annotated_video import _add_sound
from emotion_recognition.detection.video.reader import VideoReader
from emotion_recognition.detection.video.sound import can_copy_sound, copy_sound, may_have_sound
from emotion_recognition.detection.video.writer import count_frames, open_video

needs_av = pytest.mark.skipif(not can_copy_sound(), reason="PyAV is not installed")

RATE, SOUND_RATE = 10, 48000


def film(path: Path, codec: str, sound: str, *, late: float = 0.0) -> Path:
    """Two seconds of grey frames, and a tone from the start to the end; the frames may begin later than the sound."""
    import av

    with av.open(str(path), "w") as container:
        picture = container.add_stream(codec, rate=RATE)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        tone = container.add_stream(sound, rate=SOUND_RATE)
        tone.layout = "mono"
        for number in range(2 * RATE):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 12 * number, np.uint8), "rgb24")
            frame.pts, frame.time_base = number + round(late * RATE), Fraction(1, RATE)
            container.mux(picture.encode(frame))
        for start in range(0, round((2 + late) * SOUND_RATE), 960):
            wave = np.sin(np.arange(start, start + 960) * (2 * np.pi * 440 / SOUND_RATE)) / 2
            kind = tone.codec_context.format.name if tone.codec_context.format else "fltp"
            samples = wave.astype(np.float32) if kind.startswith("flt") else (wave * 32767).astype(np.int16)
            block = av.AudioFrame.from_ndarray(samples[np.newaxis], format=kind, layout="mono")
            block.sample_rate, block.pts, block.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
            container.mux(tone.encode(block))
        container.mux(picture.encode())
        container.mux(tone.encode())
    return path


def silent_copy(video: Path, suffix: str) -> Path:
    copy = video.with_name(f"copy{suffix}")
    with VideoReader(video) as reader, open_video(copy, reader.size, reader.rate) as writer:
        for frame in reader:
            writer.write(frame.image)
    return copy


def packets(path: Path) -> Iterator[tuple[float, bytes]]:
    """Time in seconds and content of each packet of the sound."""
    import av

    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.audio[0]):
            if packet.pts is not None and packet.size:
                yield float(packet.pts * packet.time_base), bytes(packet)


@needs_av
@pytest.mark.parametrize(
    ("name", "codec", "sound", "suffix"),
    [
        ("a.mp4", "mpeg4", "aac", ".mp4"),
        ("a.mp4", "mpeg4", "aac", ".mkv"),
        ("a.avi", "mpeg4", "pcm_s16le", ".avi"),
        ("a.webm", "vp8", "libopus", ".mp4"),
    ],
)
def test_the_sound_is_copied_as_it_is(tmp_path: Path, name: str, codec: str, sound: str, suffix: str) -> None:
    video = film(tmp_path / name, codec, sound)
    assert may_have_sound(video)
    copy = silent_copy(video, suffix)
    assert copy_sound(video, copy) is None
    before, after = list(packets(video)), list(packets(copy))
    if suffix == video.suffix:
        inside = [content for time, content in before if 0 <= time < 2]
        assert [content for _, content in after] == inside
    assert after[0][0] == pytest.approx(0, abs=0.03)
    assert after[-1][0] == pytest.approx(2, abs=0.1)
    assert count_frames(copy) == 20
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@needs_av
def test_sound_before_the_first_frame_is_left_out(tmp_path: Path) -> None:
    video = film(tmp_path / "late.mp4", "mpeg4", "aac", late=0.5)
    copy = silent_copy(video, ".mp4")
    assert copy_sound(video, copy) is None
    first = next(content for time, content in packets(video) if time >= 0.5)
    found = list(packets(copy))
    assert found[0][1] == first
    assert found[-1][0] < 2.05


@needs_av
def test_a_container_that_does_not_take_the_sound_keeps_the_copy_without(tmp_path: Path) -> None:
    copy = silent_copy(film(tmp_path / "a.webm", "vp8", "libopus"), ".avi")
    before = copy.read_bytes()
    reason = copy_sound(tmp_path / "a.webm", copy)
    assert reason is not None
    assert reason.startswith(".avi does not take it")
    assert "\n" not in reason
    assert copy.read_bytes() == before


def film_of_opencv(path: Path) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (64, 48))
    for _ in range(3):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_a_video_without_sound_needs_nothing(tmp_path: Path, suffix: str) -> None:
    video = film_of_opencv(tmp_path / f"a{suffix}")
    assert not may_have_sound(video)
    if can_copy_sound():
        copy = silent_copy(video, ".mp4")
        before = copy.read_bytes()
        assert copy_sound(video, copy) is None
        assert copy.read_bytes() == before


@pytest.mark.parametrize("sign", [b"hdlr" + bytes(8) + b"soun", b"strh" + bytes(4) + b"auds", b"\x86\x86A_OPUS"])
@pytest.mark.parametrize("place", [100, 9_000_000])
def test_sound_is_known_by_its_sign_at_either_end(tmp_path: Path, sign: bytes, place: int) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(place) + sign + bytes(10_000_000 - place))
    assert may_have_sound(path)


def test_without_pyav_a_note_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)  # as if it were not installed
    video = film_of_opencv(tmp_path / "a.mp4")
    notes: list[str] = []
    with VideoReader(video) as reader:
        _add_sound(reader, tmp_path / "copy.mp4", notes.append)
        assert notes == []
        video.write_bytes(video.read_bytes() + b"hdlr" + bytes(8) + b"soun")
        _add_sound(reader, tmp_path / "copy.mp4", notes.append)
    assert notes == ["copy.mp4 is without the sound of a.mp4; for it: pip install -r requirements-sound.txt"]


def test_a_camera_has_no_sound_to_copy(tmp_path: Path) -> None:
    class Camera:
        is_camera, name = True, "camera 0"

    reader: Any = Camera()
    _add_sound(reader, tmp_path / "copy.mp4", pytest.fail)
