"""Pictures and streams at addresses, from a server on this machine."""

import contextlib
import http.server
import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import EmotionDetector
from emotion_recognition.detection.runs.inputs import find_input
from emotion_recognition.detection.video import address as addresses
from emotion_recognition.detection.video import reader as video_reader
from emotion_recognition.detection.video import streams
from emotion_recognition.detection.video.address import check_address, fetch_picture
from emotion_recognition.detection.video.reader import VideoReader
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY
from tests.detection.video.rtsp_server import Camera

SAMPLE = Workspace(REPOSITORY / DEFAULT_BASE_PATH).sample_photo

#: Frames that the stream gives before it breaks off.
FRAMES = 6


class Handler(http.server.BaseHTTPRequestHandler):
    connections = 0
    most_connections = 10**9
    most_good = 10**9

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/me.jpg":
            self._send("image/jpeg", SAMPLE.read_bytes())
        elif path == "/text":
            self._send("text/plain", b"hello " * 10)
        elif path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/me.jpg")
            self.end_headers()
        elif path == "/file":
            self.send_response(302)
            self.send_header("Location", f"file://{SAMPLE}")
            self.end_headers()
        elif path == "/secret":
            allowed = self.headers.get("Authorization") == "Basic YWRhOnBhc3N3b3Jk"
            self._send("image/jpeg", SAMPLE.read_bytes()) if allowed else self.send_error(401)
        elif path == "/live" and Handler.connections < Handler.most_connections:
            self._live()
        else:
            self.send_error(404)

    def _send(self, kind: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _live(self) -> None:
        Handler.connections += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=part")
        self.end_headers()
        frame = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
        if Handler.connections > Handler.most_good:
            frame = frame[:2] + bytes(len(frame))
        for _ in range(FRAMES):
            self.wfile.write(b"--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(frame))
            self.wfile.write(frame + b"\r\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(streams, "WAITS", (0.0, 0.0))
    Handler.connections, Handler.most_connections, Handler.most_good = 0, 10**9, 10**9
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False  # closing waits for them
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_picture_at_an_address_is_annotated_here(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    base = str(REPOSITORY / DEFAULT_BASE_PATH)
    assert EmotionDetector.main(["-b", base, "-i", f"{host}/me.jpg?size=2"]) == 0
    assert "me.jpg: 512×512 pixels, 1 face" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["me_emotions.jpg"]
    # The picture's name there is no file here that must stay.
    assert EmotionDetector.main(["-b", base, "-i", f"{host}/me.jpg", "-o", "me.jpg"]) == 0
    assert EmotionDetector.main(["-b", base, "-i", f"{host}/me.jpg", "-o", "me"]) == 2
    assert "must end in a suffix that OpenCV can write" in capsys.readouterr().err


def test_what_is_at_an_address_is_told_from_its_bytes(host: str) -> None:
    assert find_input([f"{host}/me.jpg"]).fetched == SAMPLE.read_bytes()
    assert find_input([f"{host}/moved"]).fetched == SAMPLE.read_bytes()
    assert find_input([f"{host}/live"]).stream == f"{host}/live"
    assert find_input(["rtsp://camera.local/live"]).stream == "rtsp://camera.local/live"


def test_user_and_password_are_sent_and_never_shown(host: str) -> None:
    with_password = f"{host}/secret?token=abc".replace("//", "//ada:password@")
    assert fetch_picture(with_password) == SAMPLE.read_bytes()
    with pytest.raises(OSError, match="answers 404") as raised:
        fetch_picture(with_password.replace("secret", "nothing"))
    assert "password" not in str(raised.value)
    assert "abc" not in str(raised.value)
    with pytest.raises(OSError, match="answers 401"):
        fetch_picture(f"{host}/secret")


def test_a_redirection_does_not_lead_to_a_file_of_this_machine(host: str) -> None:
    with pytest.raises(OSError, match="answers 302"):
        fetch_picture(f"{host}/file")


def test_what_cannot_be_reached_is_told(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match=r"http://127\.0\.0\.1:1/me\.jpg cannot be reached: Connection refused\."):
        fetch_picture("http://127.0.0.1:1/me.jpg")
    with pytest.raises(OSError, match=r"cannot be reached: "):
        fetch_picture("http://no.such.host.invalid/")
    monkeypatch.setattr(addresses, "MOST_BYTES", 70_000)
    with pytest.raises(ValueError, match="is larger than"):
        fetch_picture(f"{host}/me.jpg")


def test_an_address_that_gives_neither_picture_nor_video_is_told(host: str) -> None:
    source = find_input([f"{host}/text"])
    assert source.stream is not None
    with pytest.raises(OSError, match="gives no picture and no video within 10 s"):
        VideoReader(source.stream)


def test_a_stream_that_breaks_off_is_connected_to_again(host: str) -> None:
    with VideoReader(f"{host}/live") as reader:
        assert reader.is_camera
        assert reader.size == (64, 48)
        frames = iter(reader)
        numbers = [next(frames).number for _ in range(2 * FRAMES + 1)]
    assert numbers == list(range(2 * FRAMES + 1))
    assert Handler.connections >= 3


def test_a_stream_that_does_not_come_back_ends_with_one_line(host: str) -> None:
    Handler.most_connections = 1
    with (
        VideoReader(f"{host}/live") as reader,
        pytest.raises(OSError, match=r"/live has ended: 2 attempts to connect again failed\."),
    ):
        list(reader)


@contextlib.contextmanager
def camera(*frames: int, **how: Any) -> Iterator[str]:
    """The address of a camera with RTSP on this machine."""
    with Camera(list(frames), **how) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.address
        server.shutdown()
        thread.join()


def shades(address: str) -> Iterator[int]:
    """How bright each frame is, in tens of its grey values."""
    with VideoReader(address) as reader:
        assert (reader.is_camera, reader.size, reader.rate) == (True, (64, 48), 10.0)
        for frame in reader:
            yield round(float(frame.image.mean()) / 10)


def test_a_camera_with_rtsp_is_read_and_connected_to_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "WAITS", (0.0, 0.0))
    with camera(12, 9) as address:
        shown = shades(address)
        seen = list(itertools.islice(shown, 21))
        with pytest.raises(OSError, match=r"^rtsp://127\.0\.0\.1:\d+/live has ended: 2 attempts to connect again"):
            next(shown)
    assert seen == [*range(12), *range(9)]


def test_what_a_stream_has_shown_is_kept_when_it_breaks_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(streams, "WAITS", (0.0,))
    file = tmp_path / "live.json"
    with camera(5, 4) as address:
        options = ["-b", str(REPOSITORY / DEFAULT_BASE_PATH), "-i", address, "--json", str(file)]
        assert EmotionDetector.main(options) == 1
    printed = capsys.readouterr()
    assert "9 frames" in printed.out
    assert printed.err == f"note: {address} has ended: 1 attempts to connect again failed. What it has shown is kept.\n"
    seen = json.loads(file.read_text(encoding="utf-8"))
    assert [result["frame"] for result in seen["results"]] == list(range(9))
    assert seen["summary"]["frames"] == 9


def test_a_camera_with_rtsp_that_falls_silent_is_connected_to_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "WAITS", (0.0,))
    monkeypatch.setattr(streams.open_stream, "__defaults__", (0.5,))
    with camera(9, 9, silent=True) as address:
        assert list(itertools.islice(shades(address), 10)) == [*range(9), 0]


def test_a_camera_with_rtsp_gets_the_password_that_is_never_shown() -> None:
    with camera(9, password="secret") as address:
        assert next(shades(address)) == 0
        with pytest.raises(OSError, match="gives no picture and no video") as raised:
            next(shades(address.replace("secret", "wrong")))
    assert "wrong" not in str(raised.value)


@pytest.mark.parametrize("good", [0, 1])
def test_a_stream_that_opens_and_shows_nothing_ends_as_well(host: str, good: int) -> None:
    Handler.most_good = good

    def frames() -> int:
        with VideoReader(f"{host}/live") as reader:
            return sum(1 for _ in reader)

    with pytest.raises(OSError, match=r"/live (has ended: 2 attempts to connect again failed|gives no picture)"):
        frames()
    assert Handler.connections <= good + 3


def test_a_stream_that_comes_back_in_another_size_is_fitted_into_the_first(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VideoReader(f"{host}/live") as reader:
        wide = np.full((20, 80, 3), 200, np.uint8)
        monkeypatch.setattr(video_reader, "connect_again", lambda capture, address: (capture, wide))
        frames = itertools.islice(reader, FRAMES, FRAMES + 1)
        (image,) = (frame.image for frame in frames)
    assert image.shape == (48, 64, 3)
    assert image[:, 0, 0].tolist() == [0] * 16 + [200] * 16 + [0] * 16  # as wide as before, a fifth as high


def test_a_stream_that_comes_back_too_large_has_ended(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with VideoReader(f"{host}/live") as reader:
        monkeypatch.setattr(streams, "MAX_PIXELS", 64 * 48 - 1)
        with pytest.raises(streams.StreamEndedError, match=r"/live has ended: 2 attempts"):
            list(reader)


def test_a_password_that_should_be_escaped_is_not_shown_either() -> None:
    for address in ("rtsp://ada:pass/word@camera/live", "http://ada:pass#word@camera/", "http://ada:pass word@camera/"):
        with pytest.raises(ValueError, match="An address must be like") as raised:
            check_address(address)
        assert "pass" not in str(raised.value)
        assert "word" not in str(raised.value)
        assert "camera" in str(raised.value)


@pytest.mark.parametrize("text", ["http://", "rtsp://:554/live", "http://host:port/", "http://a b/", "http://[::1/"])
def test_what_is_no_address_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="An address must be like"):
        check_address(text)


def test_an_address_is_the_only_input() -> None:
    with pytest.raises(ValueError, match="An address must be the only input"):
        find_input(["http://example.org/a.jpg", "b.jpg"])
