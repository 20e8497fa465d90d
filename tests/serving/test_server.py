"""The server as a process: how it starts and ends, and clients that never finish what they began."""

import asyncio
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

import EmotionDetector
import EmotionServer
from emotion_recognition.command_line.serving_options import KEY_VARIABLE, api_key
from emotion_recognition.data.sources import plain_text
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.serving.app import create_app
from emotion_recognition.serving.patient_protocol import PatientProtocol
from emotion_recognition.serving.recommending.recommender import Recommender
from emotion_recognition.serving.server import address_of, open_socket, server_config
from emotion_recognition.serving.service import Models, models_of
from emotion_recognition.serving.settings import ServingSettings
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY
from tests.serving.conftest import make_service, png
from tests.serving.test_limits import Gated

SAMPLE = Workspace(REPOSITORY / DEFAULT_BASE_PATH).sample_photo


@contextlib.contextmanager
def running(*options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """EmotionServer.py as a process, with its port."""
    command = [sys.executable, "EmotionServer.py", "--port", "0", "--detectors", "1", *options]
    with subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if match := re.search(r"serving at http://127\.0\.0\.1:(\d+)/", line):
                    yield process, int(match[1])
                    break
            else:
                raise AssertionError("".join(lines))
        finally:
            process.kill()


def post(port: int, content: bytes, path: str = "/v1/detect", **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, content, {"content-type": "image/jpeg", **headers})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_sends_far_too_much_gets_its_answer(chunked: bool) -> None:
    with running() as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        body = (bytes(10**6) for _ in range(30)) if chunked else bytes(30 * 10**6)
        for content in (body, SAMPLE.read_bytes()):  # and may go on with the same connection
            connection.request("POST", "/v1/detect", content, {"content-type": "image/jpeg"}, encode_chunked=chunked)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            if content is body:
                assert (answer.status, said["code"]) == (413, "too_many_bytes")
                assert post(port, b"", host="evil.example")[1]["code"] == "other_host"
        assert (answer.status, len(said["faces"])) == (200, 1)
        connection.close()


def test_a_client_that_wants_the_connection_closed_gets_its_answer_too() -> None:
    with running("--max_megabytes", "1") as (_, port):
        for number in range(3):
            status, said = post(port, bytes(9 * 10**6), connection="close")
            assert (status, said["code"]) == (413, "too_many_bytes"), number
            status, said = post(port, bytes(9 * 10**6), connection="close", host="evil.example")
            assert (status, said["code"]) == (403, "other_host"), number
        assert post(port, SAMPLE.read_bytes(), connection="close")[0] == 200


def test_the_script_serves_the_released_models_and_ends_when_told(tmp_path: Path) -> None:
    key = tmp_path / "key.txt"
    key.write_text("sesame\n", encoding="utf-8")
    with running("--api_key_file", str(key)) as (process, port):
        assert post(port, SAMPLE.read_bytes())[0] == 401
        status, seen = post(port, SAMPLE.read_bytes(), **{"x-api-key": "sesame"})
        assert (status, seen["width"]) == (200, 512)
        ((face),) = seen["faces"]
        assert face["emotion"] == "happy"
        assert face["probabilities"]["happy"] > 0.9
        whole = post(port, SAMPLE.read_bytes(), "/v1/detect-batch", **{"x-api-key": "sesame"})[1]
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert output == "ended\n"  # no traceback, and nothing about requests
    # A batch is the command line's file, but for names without folders.
    file = tmp_path / "faces.json"
    assert EmotionDetector.main(["-i", str(SAMPLE), "-o", str(tmp_path / "annotated.png"), "--json", str(file)]) == 0
    written = json.loads(file.read_text(encoding="utf-8"))
    written["models"] = [Path(model).stem for model in written["models"]]
    written["detector"] = written["detector"].partition(" (")[0]
    written["results"][0]["file"] = "1"
    assert whole == written
    assert list(whole) == list(written)


class Served:
    """A server in a thread, whose detector a test controls."""

    def __init__(
        self, detector: Any = None, recommender: Recommender | None = None, port: int = 0, **settings: Any
    ) -> None:
        limits = ServingSettings(**{"detectors": 1, **settings})
        self.listening = open_socket("127.0.0.1", port)
        self.port = self.listening.getsockname()[1]
        self.server = uvicorn.Server(
            server_config(create_app(make_service(limits, detector, recommender=recommender)), limits)
        )
        started = threading.Event()
        startup = self.server.startup

        async def say(sockets: list[socket.socket] | None = None) -> None:
            await startup(sockets)
            started.set()

        self.server.startup = say  # type: ignore[method-assign]
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.serve([self.listening])), daemon=True)
        self.thread.start()
        assert started.wait(60)

    def end(self) -> None:
        self.server.should_exit = True
        self.thread.join(60)
        assert not self.thread.is_alive()


def connect(port: int, begun: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.sendall(begun)
    return client


def test_a_request_that_has_begun_is_answered_before_the_end() -> None:
    detector = Gated()
    served = Served(detector)
    answers: list[tuple[int, Any]] = []
    client = threading.Thread(target=lambda: answers.append(post(served.port, png())))
    client.start()
    detector.started.acquire()
    idle = connect(served.port)
    served.server.should_exit = True
    assert idle.recv(1) == b""  # who has asked for nothing is let go at once
    detector.go.set()
    client.join(60)
    served.end()
    assert answers[0][0] == 200
    idle.close()


def test_half_open_connections_and_slow_bodies_neither_block_others_nor_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientProtocol, "header_seconds", 0.3)
    served = Served(seconds=0.3)
    head = b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
    silent = [connect(served.port) for _ in range(50)]
    slow = [connect(served.port, head) for _ in range(50)]
    slow_body = [connect(served.port, head + b"\r\nabc") for _ in range(50)]
    assert post(served.port, png())[0] == 200
    assert [client.recv(10) for client in silent + slow] == [b""] * 100
    answers = [client.recv(1000) for client in slow_body]
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    served.end()
    for client in silent + slow + slow_body:
        client.close()


def test_a_second_request_of_a_connection_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientProtocol, "header_seconds", 0.3)
    served = Served()
    client = connect(served.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while not answer.endswith(b"}"):
        answer += client.recv(2000)
    assert answer.startswith(b"HTTP/1.1 200 ")
    client.sendall(b"GET /healthz HTTP/1.1\r\nHo")
    assert client.recv(2000) == b""
    served.end()
    client.close()


@pytest.mark.parametrize("wish", [b"", b"Connection: close\r\n"])
def test_a_body_that_trickles_on_after_its_answer_does_not_hold_the_connection(
    wish: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientProtocol, "header_seconds", 0.3)
    served = Served()
    head = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n" + wish
    with connect(served.port, head + b"\r\n") as client:
        assert client.recv(2000).startswith(b"HTTP/1.1 405 ")
        client.settimeout(0.05)
        assert is_cut_off(client)
    served.end()


def is_cut_off(client: socket.socket) -> bool:
    """Whether the other side takes no more bytes within ten seconds of which each has some."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            client.sendall(b"x")
            client.recv(2000)
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


def test_more_connections_than_allowed_are_answered_503() -> None:
    served = Served(connections=3)
    held = [connect(served.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(3)]
    assert [client.recv(2000)[:12] for client in held] == [b"HTTP/1.1 200"] * 3
    with connect(served.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") as client:
        assert client.recv(2000).startswith(b"HTTP/1.1 503 ")
    served.end()
    for client in held:
        client.close()


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "EmotionServer.py", *options]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_an_address_that_is_taken_is_one_line() -> None:
    with open_socket("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        done = run("--port", str(port))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"error: The address 127.0.0.1:{port} cannot be used: Address already in use.\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "70000"], "error: port must be 0..65535. Received: 70000 (--port)"),
        (["--host", "no.such.host.invalid"], "error: The address no.such.host.invalid:8000 cannot be used: "),
        (["--detectors", "0"], "error: detectors must be at least 1. Received: 0 (--detectors)"),
        (["--smooth", "-1"], "error: smooth must be a number of seconds, at least 0. Received: -1.0 (--smooth)"),
        (["--api_key_file", "missing.txt"], "error: missing.txt: No such file or directory"),
        (["--api_key_file", "/dev/zero"], "error: /dev/zero is not a file."),
        (["--port", "0", "--catalogue", "missing.csv"], "error: There is no catalogue missing.csv."),
        (["--port", "0", "-m", "missing.keras"], "error: There is no model missing.keras and none at"),
    ],
)
def test_bad_input_is_one_line(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert EmotionServer.main(options) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(said)
    assert printed.err.count("\n") == 1


def test_a_key_is_one_line_that_a_header_can_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "key.txt"
    for text, said in (
        ("  \n", f"{file} has no key in it."),
        ("sésame", "must be one line of ASCII"),
        ("a\nb", "ASCII"),
    ):
        file.write_text(text, encoding="utf-8")
        assert EmotionServer.main(["--port", "0", "--api_key_file", str(file)]) == 2
        assert said in capsys.readouterr().err
    monkeypatch.setattr(plain_text, "LARGEST_FILE", 2**20)
    file.write_bytes(bytes(2**20 + 1))
    assert EmotionServer.main(["--port", "0", "--api_key_file", str(file)]) == 2
    assert capsys.readouterr().err == f"error: {file} is larger than 1 MB, far too large for what it should hold.\n"
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert api_key(EmotionServer.build_parser().parse_args([])) is None
    monkeypatch.setenv(KEY_VARIABLE, " sesame\n")
    assert api_key(EmotionServer.build_parser().parse_args([])) == "sesame"
    # Empty too, as where it is set from a variable that is not: a server without a key is not what was asked for.
    for text in ("", " "):
        monkeypatch.setenv(KEY_VARIABLE, text)
        assert EmotionServer.main(["--port", "0"]) == 2
        assert capsys.readouterr().err == f"error: {KEY_VARIABLE} has no key in it.\n"


def test_without_the_extra_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "fastapi", None)
    assert EmotionServer.main(["--port", "0"]) == 2
    assert capsys.readouterr().err.startswith(
        "error: The service needs fastapi; install what it needs with: pip install"
    )


@pytest.mark.parametrize(
    ("path", "description", "said"),
    [
        ("/me (old)/a.onnx", "SSD (/me (old)/a.onnx), in every direction", "SSD, in every direction"),
        (None, "Haar cascade (alt2.xml)", "Haar cascade (alt2.xml)"),
    ],
)
def test_the_face_detector_is_named_without_a_path(path: str | None, description: str, said: str) -> None:
    face_detector = SimpleNamespace(path=path, description=description, settings=DetectionSettings())
    classifier = SimpleNamespace(class_names=("a",), runtime="none")
    detector: Any = SimpleNamespace(face_detector=face_detector, classifier=classifier)
    assert models_of(detector, [Path("models/a.keras")]) == Models(("a",), said, ("a",), "none")


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")])
def test_the_address_is_one_that_a_browser_takes(host: str, shown: str) -> None:
    with open_socket(host, 0) as listening:
        assert address_of(listening) == f"http://{shown}:{listening.getsockname()[1]}/"
