import hashlib
import http.server
import threading
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_recognition.detection.face_detectors.download import download
from emotion_recognition.detection.face_detectors.published_file import PublishedFile

BODY = bytes(range(256)) * 1000

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]
Serve = Callable[[Answer], str]


def published(address: str, body: bytes = BODY) -> PublishedFile:
    return PublishedFile("weights.pb", f"{address}/weights.pb", len(body), hashlib.sha256(body).hexdigest())


def sends(body: bytes, *, length: int | None = None) -> Answer:
    """The answer 200 with this body, and a Content-Length that may promise more."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_the_file_arrives_whole_in_a_new_folder(
    serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = serve(sends(BODY))
    path = download(published(address), tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "weights.pb"
    assert path.read_bytes() == BODY
    assert [file.name for file in path.parent.iterdir()] == ["weights.pb"]
    # Piped, as here: one plain line, no bar.
    assert capsys.readouterr().err == f"downloading {address}/weights.pb (256,000 bytes)\n"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (sends(bytes(len(BODY))), "its SHA-256 is 24a046dc"),
        (sends(BODY[:100_000]), "sent 100,000 of 256,000 bytes"),
        (sends(BODY[:100_000], length=len(BODY)), "sent 100,000 of 256,000 bytes"),
        (sends(BODY + b"more"), "sent more than 256,000 bytes"),
        (lambda handler: handler.send_error(404), "404"),
        (lambda handler: handler.wfile.write(b"no HTTP at all\r\n\r\n") and None, "no HTTP at all"),
        (lambda handler: handler.close_connection, "closed connection"),
    ],
    ids=["other bytes", "shorter", "interrupted", "longer", "404", "not HTTP", "no answer"],
)
def test_any_other_answer_is_an_error_and_leaves_nothing(
    serve: Serve, answer: Answer, message: str, tmp_path: Path
) -> None:
    file = published(serve(answer))
    with pytest.raises(OSError, match=message) as caught:
        download(file, tmp_path)
    assert file.url in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_silent_server_is_given_up(serve: Serve, tmp_path: Path) -> None:
    asked_to_end = threading.Event()
    file = published(serve(lambda handler: asked_to_end.wait() and None))
    try:
        with pytest.raises(OSError, match="timed out"):
            download(file, tmp_path, timeout=0.1)
    finally:
        asked_to_end.set()
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_falls_silent_in_the_middle_is_given_up(serve: Serve, tmp_path: Path) -> None:
    asked_to_end = threading.Event()

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        sends(BODY[:1000], length=len(BODY))(handler)
        handler.wfile.flush()
        asked_to_end.wait()

    file = published(serve(answer))
    try:
        with pytest.raises(OSError, match="timed out"):
            download(file, tmp_path, timeout=0.1)
    finally:
        asked_to_end.set()
    assert list(tmp_path.iterdir()) == []


def test_an_error_from_the_server_leaves_no_connection_open(serve: Serve, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="404") as caught:
        download(published(serve(lambda handler: handler.send_error(404))), tmp_path)
    answer = caught.value.__cause__
    assert isinstance(answer, urllib.error.HTTPError)
    assert answer.fp.closed


def test_nobody_listening_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be downloaded"):
        download(published("http://127.0.0.1:1"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_download_keeps_the_earlier_file(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "weights.pb").write_bytes(b"earlier")
    with pytest.raises(OSError, match="SHA-256"):
        download(published(serve(sends(bytes(len(BODY))))), tmp_path)
    assert (tmp_path / "weights.pb").read_bytes() == b"earlier"
