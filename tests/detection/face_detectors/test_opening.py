import dataclasses
import hashlib
import http.server
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.detection.face_detectors import download, registry
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.detection.face_detectors.published_file import PublishedFile
from emotion_recognition.detection.face_detectors.registry import row_of
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.face_detectors.yunet import YuNetDetector
from tests.conftest import without_released_detector
from tests.detection.conftest import write_card

PUBLISHED_FILES = row_of("ssd-opencv").published
(YUNET_FILE,) = row_of("yunet").published

Serve = Callable[[Callable[[http.server.BaseHTTPRequestHandler], None]], str]


@pytest.fixture
def real_folder(real_data: Path) -> Path:
    return real_data / "face_detector"


@pytest.fixture
def no_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's own detector is nowhere but where a test puts it."""
    without_released_detector(monkeypatch)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes an attempt to download fail the test."""
    monkeypatch.setattr(download, "download", lambda *_: pytest.fail("went to the network"))


def publish(monkeypatch: pytest.MonkeyPatch, name: str, *files: PublishedFile) -> None:
    """Changes where a detector's files come from."""
    rows = [dataclasses.replace(row, published=files) if row.name == name else row for row in registry.ROWS]
    monkeypatch.setattr(registry, "ROWS", tuple(rows))


@pytest.fixture
def published_here(serve: Serve, monkeypatch: pytest.MonkeyPatch, real_folder: Path) -> list[str]:
    """Serves the real files on this machine in place of OpenCV's; the list fills with the names asked for."""
    asked: list[str] = []

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(handler.path[1:])
        body = (real_folder / handler.path[1:]).read_bytes()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    address = serve(answer)
    files = tuple(dataclasses.replace(file, url=f"{address}/{file.name}") for file in PUBLISHED_FILES)
    publish(monkeypatch, "ssd-opencv", *files)
    return asked


def test_auto_without_any_files_is_haar(tmp_path: Path, no_network: None, no_released: None) -> None:
    assert open_detector("auto", folder=tmp_path).name == "haar"


@pytest.mark.real_data
def test_auto_with_opencvs_files_alone_is_opencvs(real_folder: Path, no_network: None, no_released: None) -> None:
    assert open_detector("auto", folder=real_folder).name == "ssd-opencv"


@pytest.mark.real_data
def test_model_comes_before_folder(real_folder: Path, tmp_path: Path, no_network: None) -> None:
    by_folder = open_detector("ssd-opencv", model=real_folder, folder=tmp_path)
    by_file = open_detector("ssd-opencv", model=real_folder / "opencv_face_detector_uint8.pb", folder=tmp_path)
    assert by_folder.description == by_file.description


@pytest.mark.real_data
def test_ssd_fetches_both_files_once(published_here: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "face_detector"
    assert open_detector("ssd-opencv", folder=folder).name == "ssd-opencv"
    assert open_detector("ssd-opencv", folder=folder).name == "ssd-opencv"
    assert published_here == ["opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt"]
    for file in PUBLISHED_FILES:
        assert hashlib.sha256((folder / file.name).read_bytes()).hexdigest() == file.sha256


@pytest.mark.real_data
def test_ssd_fetches_only_what_is_missing(published_here: list[str], tmp_path: Path, real_folder: Path) -> None:
    name = "opencv_face_detector_uint8.pb"
    (tmp_path / name).write_bytes((real_folder / name).read_bytes())
    open_detector("ssd-opencv", folder=tmp_path)
    assert published_here == ["opencv_face_detector.pbtxt"]


def test_a_failed_download_says_what_to_put_where(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = serve(lambda handler: handler.send_error(404))
    files = tuple(dataclasses.replace(file, url=f"{address}/{file.name}") for file in PUBLISHED_FILES)
    publish(monkeypatch, "ssd-opencv", *files)
    with pytest.raises(OSError, match=r"404.*Without a connection, put opencv_face_detector_uint8\.pb"):
        open_detector("ssd-opencv", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["auto", "ssd-opencv"])
@pytest.mark.parametrize("model", ["missing.pb", "missing", ""])
def test_a_model_that_is_not_there_is_an_error_not_a_download(
    name: str, model: str, tmp_path: Path, no_network: None
) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"does not lead to the two files of OpenCV's SSD; put opencv_face_detector"
    ):
        open_detector(name, model=tmp_path / model, folder=tmp_path)


@pytest.mark.parametrize("name", ["haar", "dlib"])
def test_a_detector_without_files_takes_no_model(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="takes no model"):
        open_detector(name, model=tmp_path)


@pytest.mark.real_data
def test_yunet_fetches_its_file_once(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, real_folder: Path, tmp_path: Path
) -> None:
    asked: list[str] = []

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(handler.path[1:])
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write((real_folder / handler.path[1:]).read_bytes())

    file = dataclasses.replace(YUNET_FILE, url=f"{serve(answer)}/{YUNET_FILE.name}")
    publish(monkeypatch, "yunet", file)
    for _ in range(2):
        assert open_detector("yunet", folder=tmp_path).name == "yunet"
    assert asked == [YUNET_FILE.name]


def test_other_bytes_than_yunets_are_not_kept(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(bytes(YUNET_FILE.size))

    publish(monkeypatch, "yunet", dataclasses.replace(YUNET_FILE, url=f"{serve(answer)}/a.onnx"))
    with pytest.raises(OSError, match=r"SHA-256.*Without a connection, put face_detection_yunet_2026may\.onnx"):
        open_detector("yunet", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real_data
def test_yunet_by_folder_by_file_and_by_auto(
    real_folder: Path, tmp_path: Path, no_network: None, no_released: None
) -> None:
    file = real_folder / YUNET_FILE.name
    assert open_detector("yunet", model=real_folder).description == f"YuNet ({file})"
    assert open_detector("yunet", model=file).description == f"YuNet ({file})"
    assert open_detector("auto", model=file).name == "yunet"
    (tmp_path / YUNET_FILE.name).write_bytes(file.read_bytes())
    # Without the files of an SSD, YuNet is the next best.
    assert open_detector("auto", folder=tmp_path).name == "yunet"
    assert open_detector("auto", model=tmp_path).name == "yunet"


def test_a_yunet_model_that_is_not_there_is_an_error(tmp_path: Path, no_network: None) -> None:
    for model in (tmp_path, tmp_path / "missing.onnx"):
        with pytest.raises(FileNotFoundError, match="does not lead to YuNet's file; put face_detection_yunet"):
            open_detector("yunet", model=model)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"name must be one of \['auto', 'ssd', 'ssd-opencv', 'yunet', 'haar', 'dlib', 'none'\]"
    ):
        open_detector("yolo")


def test_settings_reach_the_detector(tmp_path: Path, no_released: None) -> None:
    strict = open_detector("auto", folder=tmp_path, settings=DetectionSettings(min_confidence=1.0))
    assert strict.detect(np.zeros((40, 40, 3), np.uint8)) == []


@pytest.mark.usefixtures("no_released", "no_network")
class TestTheProjectsOwn:
    @pytest.fixture
    def base(self, random_detector: Path, tmp_path: Path) -> Path:
        """A base path with the project's own detector in output/."""
        output = tmp_path / "base" / "output"
        output.mkdir(parents=True)
        for suffix in (".onnx", ".json"):
            (output / f"face_ssd{suffix}").write_bytes(random_detector.with_suffix(suffix).read_bytes())
        return output.parent

    @pytest.mark.parametrize("name", ["auto", "ssd"])
    def test_it_is_the_default_and_lies_in_output(self, name: str, base: Path) -> None:
        detector = open_detector(name, base_path=base)
        assert (detector.name, detector.description) == (
            "ssd",
            f"SSD at 320 pixels ({base / 'output' / 'face_ssd.onnx'})",
        )

    @pytest.mark.real_data
    def test_it_comes_before_all_others(self, base: Path, real_folder: Path) -> None:
        assert open_detector("auto", base_path=base, folder=real_folder).name == "ssd"

    @pytest.mark.parametrize("name", ["auto", "ssd"])
    @pytest.mark.parametrize("model", ["", "face_ssd.onnx", "face_ssd.keras"])
    def test_it_is_known_by_its_folder_or_its_card(self, name: str, model: str, base: Path, tmp_path: Path) -> None:
        detector = open_detector(name, model=base / "output" / model, base_path=tmp_path)
        assert (detector.name, detector.settings.min_confidence) == ("ssd", 0.4)

    def test_a_network_under_another_name_is_known_by_its_card(self, base: Path) -> None:
        mine = base / "mine.onnx"
        (base / "output" / "face_ssd.onnx").rename(mine)
        write_card(mine)
        assert open_detector("auto", model=mine).name == "ssd"

    def test_settings_and_size_reach_it(self, base: Path) -> None:
        detector = open_detector("ssd", base_path=base, settings=DetectionSettings(0.25), size=640)
        assert (detector.settings.min_confidence, detector.description[:17]) == (0.25, "SSD at 640 pixels")

    @pytest.mark.parametrize("model", [None, "", "missing.onnx", "missing.keras"])
    def test_where_it_is_not_it_is_not_downloaded(self, model: str | None, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="There is no face detector"):
            open_detector("ssd", model=None if model is None else tmp_path / model, base_path=tmp_path)


@pytest.mark.real_data
def test_the_size_is_yunets_longest_side(real_folder: Path) -> None:
    detector = open_detector("yunet", model=real_folder, size=320)
    assert isinstance(detector, YuNetDetector)
    assert detector.search.longest_side == 320


@pytest.mark.parametrize("name", ["haar", "dlib", "ssd-opencv", "auto"])
def test_a_detector_without_sizes_takes_none(name: str, tmp_path: Path, no_released: None, no_network: None) -> None:
    with pytest.raises(ValueError, match=r"takes no size; ssd and yunet do\. Received: 320"):
        open_detector(name, folder=tmp_path, size=320)


@pytest.mark.parametrize("size", [63, 4097])
def test_a_size_out_of_range_is_refused_before_anything_is_read(size: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must be within 64\.\.4096 pixels"):
        open_detector("yunet", folder=tmp_path, size=size)
