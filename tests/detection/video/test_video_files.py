from pathlib import Path

import numpy as np
import pytest

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
