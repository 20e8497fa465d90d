import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.detection.video import reader as video_reader
from emotion_recognition.detection.video.container import fastest_rate, is_cut_short
from emotion_recognition.detection.video.reader import VideoReader
from emotion_recognition.detection.video.writer import count_frames, open_video
from tests.conftest import full_disk


def write(path: Path, count: int, size: tuple[int, int] = (64, 48), rate: float = 25.0) -> Path:
    """A video whose frame i is grey of brightness 5·i."""
    with open_video(path, size, rate) as video:
        for i in range(count):
            video.write(np.full((size[1], size[0], 3), 5 * i, np.uint8))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".avi", ".MP4"])
@pytest.mark.parametrize("rate", [12.5, 23.976, 60.0])
def test_every_frame_comes_back_in_order_at_the_same_size_and_rate(suffix: str, rate: float, tmp_path: Path) -> None:
    path = write(tmp_path / f"a{suffix}", 37, rate=rate)
    with VideoReader(path) as reader:
        frames = list(reader)
        assert (reader.size, reader.announced, reader.read, reader.lost) == ((64, 48), 37, 37, 0)
        assert reader.rate == pytest.approx(rate, abs=0.001)
    assert [frame.number for frame in frames] == list(range(37))
    np.testing.assert_allclose([frame.image.mean() for frame in frames], 5 * np.arange(37), atol=4)
    # Matroska stores whole milliseconds.
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(37) / rate, atol=0.0011)


def test_a_frame_that_cannot_be_decoded_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    path = tmp_path / "a.avi"
    with open_video(path, (320, 240), 25) as video:
        for _ in range(20):
            video.write(draw.integers(0, 256, (240, 320, 3), dtype=np.uint8))
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : third + len(content) // 5] = bytes(len(content) // 5)  # about four frames' worth of zeros
    path.write_bytes(content)
    with VideoReader(path) as reader:
        read = len(list(reader))
        assert reader.lost == 20 - read
        assert 1 <= reader.lost <= 6


def test_a_truncated_video_gives_what_is_left_and_counts_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path / "a.avi", 30)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with VideoReader(path) as reader:
        read = len(list(reader))
    assert 1 <= read < 30
    assert reader.lost == 30 - read


class KnownCapture:
    """Stands for OpenCV's capture: each entry is the second of a frame, or None for a read that fails."""

    def __init__(self, *seconds: float | None, announced: int = 0, rate: float = 10.0) -> None:
        self._left, self._now = list(seconds), 0.0
        self._announced, self._rate = announced, rate

    def read(self) -> tuple[bool, np.ndarray | None]:
        now = self._left.pop(0) if self._left else None
        if now is None:
            return False, None
        self._now = now
        return True, np.zeros((4, 6, 3), np.uint8)

    def get(self, key: int) -> float:
        return {cv2.CAP_PROP_FPS: self._rate, cv2.CAP_PROP_FRAME_COUNT: self._announced}.get(key, 1000 * self._now)

    def release(self) -> None:
        """There is nothing to release."""


def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capture: KnownCapture, content: bytes = b"") -> VideoReader:
    (tmp_path / "a.xyz").write_bytes(content)
    monkeypatch.setattr(video_reader, "_open_file", lambda _: capture)
    return VideoReader(tmp_path / "a.xyz")


@pytest.mark.parametrize("announced", [0, 2, 3, 100])
def test_five_failed_reads_do_not_end_a_film_and_are_counted(
    announced: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = KnownCapture(0.0, 0.1, *[None] * 5, 0.7, 0.8, announced=announced)
    with opened(tmp_path, monkeypatch, capture) as reader:
        assert [frame.time for frame in reader] == [0.0, 0.1, 0.7, 0.8]
        assert (reader.read, reader.lost) == (4, 5)


@pytest.mark.parametrize("stated", [0.0, 1000.0, float("nan")])
@pytest.mark.parametrize(("seconds", "rate"), [(np.arange(60) / 40, 40.0), ((0.0, 0.2, 0.25), 8.0), ((0.0,), 25.0)])
def test_a_rate_that_is_not_stated_is_that_of_the_first_times(
    stated: float, seconds: Sequence[float], rate: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, monkeypatch, KnownCapture(*seconds, rate=stated)) as reader:
        assert reader.rate == pytest.approx(rate)
        frames = list(reader)
    assert [frame.number for frame in frames] == list(range(len(seconds)))
    np.testing.assert_allclose([frame.time for frame in frames], seconds, atol=1e-9)
    assert reader.lost == 0


def test_a_number_of_frames_that_is_stated_is_no_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path, monkeypatch, KnownCapture(0.0, 0.1, 4.0, 4.1, announced=42)) as reader:
        assert (len(list(reader)), reader.lost) == (4, 0)


def test_seconds_count_from_the_first_frame_never_back_and_without_times_by_the_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, monkeypatch, KnownCapture(5.0, 5.1, 5.3, 5.2, 5.4)) as reader:
        assert [round(frame.time, 3) for frame in reader] == [0.0, 0.1, 0.3, 0.3, 0.4]
    with opened(tmp_path, monkeypatch, KnownCapture(0.0, 0.0, 0.0)) as reader:
        assert [round(frame.time, 3) for frame in reader] == [0.0, 0.1, 0.2]


MP4_START = b"\0\0\0\x0cftyp\0\0\0\0"


def test_times_that_begin_anew_go_on_where_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    joined = KnownCapture(1.4, 1.5, 1.6, 1.7, 1.8, 1.4, 1.5, 1.7, 0.0, 0.1)
    with opened(tmp_path, monkeypatch, joined) as reader:  # ten frames a second
        times = [round(frame.time, 3) for frame in reader]
    assert times == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9, 1.0]
    damaged = KnownCapture(5.0, 5.1, 5.2, 0.0, 5.4, 5.5)
    with opened(tmp_path, monkeypatch, damaged) as reader:
        assert [round(frame.time, 3) for frame in reader] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]


@pytest.mark.parametrize("content", [b"", MP4_START, MP4_START + b"\0\0\0\x10moov\0\0\0\x08trak"])
def test_a_file_without_a_table_of_times_has_no_fastest_rate(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    assert fastest_rate(path) is None


def test_the_fastest_rate_is_that_of_a_tenth_of_the_frames(tmp_path: Path) -> None:
    def box(kind: bytes, *parts: bytes) -> bytes:
        content = b"".join(parts)
        return (8 + len(content)).to_bytes(4, "big") + kind + content

    def numbers(*values: int) -> bytes:
        return b"".join(value.to_bytes(4, "big") for value in values)

    def track(handler: bytes, *table: int) -> bytes:
        times = box(b"stts", numbers(0, len(table) // 2, *table))
        media = box(b"mdhd", numbers(0, 0, 0, 600, 0)), box(b"hdlr", numbers(0, 0), handler, bytes(13))
        return box(b"trak", box(b"tkhd", bytes(80)), box(b"mdia", *media, box(b"minf", box(b"stbl", times))))

    path = tmp_path / "film.mp4"
    sound, picture = track(b"soun", 99, 1), track(b"vide", 2, 5, 8, 10, 90, 20, 1, 0)
    path.write_bytes(MP4_START + box(b"free", bytes(9)) + box(b"moov", box(b"mvhd", bytes(100)), sound, picture))
    assert fastest_rate(path) == 60  # of 600 units a second, ten of a hundred frames last 5 or 10


AVI = b"RIFF\x04\0\0\0AVI "
MP4 = b"\0\0\0\x08ftyp\0\0\0\0mdat"
CUT_MP4 = b"\0\0\0\x08ftyp\0\0\0\x0dmdat1234"
GAP, NO_GAP = (0.0, 0.1, 0.5, 0.6), (0.0, 0.1, 0.2, 0.3)  # ten frames a second: three are missing


@pytest.mark.parametrize(
    ("content", "seconds", "announced", "lost"),
    [
        (AVI, NO_GAP, 9, 5),  # states exactly what it holds
        (AVI, NO_GAP, 4, 0),
        (MP4, GAP, 7, 3),
        (MP4, GAP, 4, 0),  # frames that are spaced unevenly, all of them there
        (MP4, GAP, 60, 3),
        (MP4, NO_GAP, 60, 0),  # an edit list shows a part of what is stored
        (CUT_MP4, NO_GAP, 9, 5),
        (b"\x1a\x45\xdf\xa3", GAP, 150, 0),  # Matroska states a length alone
    ],
)
def test_what_is_evidence_of_lost_frames(
    content: bytes,
    seconds: tuple[float, ...],
    announced: int,
    lost: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with opened(tmp_path, monkeypatch, KnownCapture(*seconds, announced=announced), content) as reader:
        next(iter(reader))
        assert reader.lost == 0  # a reader that is left early has lost nothing
        list(reader)
        assert reader.lost == lost


def test_damage_inside_an_mp4_is_counted(tmp_path: Path) -> None:
    draw, path = np.random.default_rng(0), tmp_path / "a.mp4"
    with open_video(path, (320, 240), 25) as video:
        for _ in range(20):
            video.write(draw.integers(0, 256, (240, 320, 3), dtype=np.uint8))
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : third + len(content) // 5] = bytes(len(content) // 5)
    path.write_bytes(content)
    with VideoReader(path) as reader:
        read = len(list(reader))
        assert (reader.announced, reader.lost) == (20, 20 - read)
        assert 1 <= reader.lost <= 6


@pytest.mark.parametrize(
    ("content", "cut"),
    [
        (AVI, False),
        (b"RIFF\x05\0\0\0AVI ", True),
        (b"\0\0\0\x08ftyp\0\0\0\x0cmdat1234", False),
        (b"\0\0\0\x08ftyp\0\0\0\x0dmdat1234", True),
        (b"\0\0\0\x08ftyp\0\0\0\x01mdat" + (20).to_bytes(8) + b"1234", False),
        (b"\0\0\0\x08ftyp\0\0\0\x01mdat" + (21).to_bytes(8) + b"1234", True),
        (b"\0\0\0\x08ftyp\0\0\0\0mdat1234", False),  # goes on to the end
        (b"\x1a\x45\xdf\xa3", False),
        (b"", False),
    ],
)
def test_whether_a_file_is_cut_short(content: bytes, cut: bool, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    assert is_cut_short(tmp_path / "a") is cut


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "count"), [("vfr.mkv", 40), ("vfr.webm", 40), ("late.mkv", 60), ("trim.mp4", 40)])
def test_of_a_whole_video_nothing_is_lost_whatever_it_announces(name: str, count: int, real_data: Path) -> None:
    with VideoReader(real_data / "cases" / "videos" / name) as reader:
        assert (len(list(reader)), reader.lost) == (count, 0)


def test_a_video_is_turned_upright(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", 3, size=(64, 32))
    content = path.read_bytes()
    # The matrix of the track header: 1, 0, 0, 0, 1, 0, 0, 0, 2^14 in fixed point; this one turns by 90 degrees.
    one, zero, last = (0x10000).to_bytes(4), bytes(4), (0x40000000).to_bytes(4)
    upright = one + zero * 3 + one + zero * 3 + last
    turned = zero + one + zero + (-0x10000).to_bytes(4, signed=True) + zero * 4 + last
    track = content.index(upright, content.index(b"tkhd"))
    path.write_bytes(content[:track] + turned + content[track + len(turned) :])
    with VideoReader(path) as reader:
        assert reader.size == (32, 64)
        assert next(iter(reader)).image.shape == (64, 32, 3)


def test_an_odd_size_becomes_even_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    frame = np.zeros((49, 65, 3), np.uint8)
    frame[:, 60:] = 200
    with open_video(path, (65, 49), 25) as video:
        video.write(frame)
    with VideoReader(path) as reader:
        image = next(iter(reader)).image
    assert image.shape == (50, 66, 3)
    assert image[:, 62:].min() > 150


def test_frames_of_another_size_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="must have the video's size"),
        open_video(tmp_path / "a.mp4", (64, 48), 25) as v,
    ):
        v.write(np.zeros((48, 63, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_leaves_nothing_and_keeps_the_earlier_video(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", 3)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="video's size"), open_video(path, (64, 48), 25) as video:  # noqa: PT012
        for width in (64, 65):
            video.write(np.zeros((48, width, 3), np.uint8))
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv"])
def test_a_full_disk_is_an_error_and_leaves_nothing(suffix: str, tmp_path: Path) -> None:
    draw, path = np.random.default_rng(0), tmp_path / f"a{suffix}"
    with (  # noqa: PT012
        full_disk(100_000),
        pytest.raises(OSError, match=rf"a\{suffix} cannot be written: \d+ of 30 frames arrived"),
        open_video(path, (320, 240), 25) as video,
    ):
        for _ in range(30):
            video.write(draw.integers(0, 256, (240, 320, 3), dtype=np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_no_frames_no_video_no_file_no_camera(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a video", encoding="utf-8")
    (tmp_path / "empty.mp4").touch()
    header = write(tmp_path / "a.avi", 3).read_bytes()
    (tmp_path / "header.avi").write_bytes(header[: header.index(b"movi") + 4])
    for name in ("text.mp4", "empty.mp4"):
        with pytest.raises(ValueError, match=f"{name} is not a video"):
            VideoReader(tmp_path / name)
    with pytest.raises(ValueError, match=r"header\.avi"):
        VideoReader(tmp_path / "header.avi")
    with pytest.raises(FileNotFoundError, match="There is no video"):
        VideoReader(tmp_path / "missing.mp4")
    with pytest.raises(OSError, match="There is no camera 987"):
        VideoReader(987)


def test_a_suffix_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in one of \.mp4"), open_video(tmp_path / "a.txt", (64, 48), 25):
        pass
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(ValueError, match="is a folder"), open_video(tmp_path / "folder.mp4", (64, 48), 25):
        pass


def test_a_damaged_video_is_read_in_silence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.mp4", 40, size=(320, 240))
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    path.write_bytes(content)
    try:
        with VideoReader(path) as reader:
            list(reader)
    except ValueError:
        pass
    assert capfd.readouterr() == ("", "")


def test_counting_something_else_is_zero(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(bytes(100))
    assert count_frames(tmp_path / "a.mp4") == 0


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(ValueError, match=r"a\.mp4 is not a video file"):
        VideoReader(tmp_path / "a.mp4")
