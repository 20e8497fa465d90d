import struct
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.face_detectors.ssd_opencv import OpenCvSsdDetector
from emotion_recognition.detection.face_detectors.ssd_opencv_files import SsdFiles, find_ssd_files
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.image_file import read_image

#: A network in Caffe's form that answers the same row to every picture: the mean of each channel, weighted and biased.
PROTOTXT = """
name: "one_row"
input: "data"
input_shape { dim: 1 dim: 3 dim: 300 dim: 300 }
layer { name: "mean" type: "Pooling" bottom: "data" top: "mean" pooling_param { pool: AVE global_pooling: true } }
layer { name: "row" type: "Convolution" bottom: "mean" top: "row" convolution_param { num_output: 7 kernel_size: 1 } }
layer { name: "rows" type: "Reshape" bottom: "row" top: "rows" reshape_param { shape { dim: 1 dim: 1 dim: 1 dim: 7 } } }
"""


def _field(number: int, body: bytes) -> bytes:
    """A length-delimited field of Protocol Buffers' wire format."""
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _blob(values: np.ndarray) -> bytes:
    shape = _field(1, b"".join(_varint(size) for size in values.shape))
    return _field(7, shape) + _field(5, struct.pack(f"<{values.size}f", *values.ravel()))


def caffe_pair(folder: Path, weights: np.ndarray, bias: list[float]) -> SsdFiles:
    """Writes the network with these weights (7, 3) and biases (7,), in the fields of caffe.proto."""
    blobs = _field(7, _blob(weights.reshape(7, 3, 1, 1))) + _field(7, _blob(np.array(bias)))
    layer = _field(1, b"row") + _field(2, b"Convolution") + blobs
    files = SsdFiles(folder / "tiny.caffemodel", folder / "tiny.prototxt")
    files.weights.write_bytes(_field(1, b"one_row") + _field(100, layer))
    files.description.write_text(PROTOTXT, encoding="utf-8")
    return files


def test_rows_are_image_class_score_left_top_right_bottom(tmp_path: Path) -> None:
    files = caffe_pair(tmp_path, np.zeros((7, 3)), [0, 1, 0.75, 0.25, 0.1, 0.75, 0.6])
    # Shares of 400 pixels across and 100 down; all numbers are exact in binary or far from rounding.
    assert OpenCvSsdDetector(files).detect(np.zeros((100, 400, 3), np.uint8)) == [Face((100, 10, 200, 50), 0.75)]


def test_the_mean_colour_is_taken_off_blue_first(tmp_path: Path) -> None:
    # The score is (blue − 104) / 100: 0.9 for this picture's blue of 194.
    weights = np.zeros((7, 3))
    weights[2, 0] = 0.01
    files = caffe_pair(tmp_path, weights, [0, 1, 0, 0.2, 0.2, 0.8, 0.8])
    (face,) = OpenCvSsdDetector(files).detect(np.full((50, 50, 3), (194, 0, 0), np.uint8))
    assert face.score == pytest.approx(0.9, abs=1e-5)


def test_a_lower_score_than_asked_for_does_not_count(tmp_path: Path) -> None:
    files = caffe_pair(tmp_path, np.zeros((7, 3)), [0, 1, 0.75, 0.25, 0.1, 0.75, 0.6])
    assert OpenCvSsdDetector(files, DetectionSettings(min_confidence=0.8)).detect(np.zeros((9, 9, 3), np.uint8)) == []


@pytest.mark.parametrize(("weights", "description"), [("a.pb", "a.pbtxt"), ("a.caffemodel", "a.prototxt")])
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", bytes(500)])
def test_files_that_are_no_network_are_an_error(weights: str, description: str, content: bytes, tmp_path: Path) -> None:
    files = SsdFiles(tmp_path / weights, tmp_path / description)
    files.weights.write_bytes(content)
    files.description.write_bytes(content)
    with pytest.raises(ValueError, match=weights):
        OpenCvSsdDetector(files).detect(np.zeros((9, 9, 3), np.uint8))


def test_a_network_that_is_no_ssd_is_an_error(tmp_path: Path) -> None:
    files = caffe_pair(tmp_path, np.zeros((7, 3)), [0] * 7)
    without_rows = [line for line in PROTOTXT.splitlines() if '"rows"' not in line]
    files.description.write_text("\n".join(without_rows), encoding="utf-8")
    with pytest.raises(ValueError, match="is no SSD"):
        OpenCvSsdDetector(files).detect(np.zeros((9, 9, 3), np.uint8))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        OpenCvSsdDetector(SsdFiles(tmp_path / "a.pb", tmp_path / "a.pbtxt"))


def test_a_grey_array_is_refused(tmp_path: Path) -> None:
    detector = OpenCvSsdDetector(caffe_pair(tmp_path, np.zeros((7, 3)), [0] * 7))
    with pytest.raises(ValueError, match="image must be a BGR uint8 array"):
        detector.detect(np.zeros((9, 9), np.uint8))


@pytest.fixture(scope="module")
def real_ssd(real_data: Path) -> OpenCvSsdDetector:
    files = find_ssd_files(real_data / "face_detector")
    assert files is not None
    return OpenCvSsdDetector(files)


@pytest.mark.real_data
def test_the_sixteen_portraits_are_found_one_in_each_field(real_ssd: OpenCvSsdDetector, real_data: Path) -> None:
    photo = read_image(real_data / "photos" / "sixteen_expressions.jpg")
    found = real_ssd.detect(photo)
    assert len(found) == 16
    # A grid of 4 by 4 fields, 320 × 212.5 pixels each.
    fields = {(int((x + w / 2) // 320), int((y + h / 2) // 212.5)) for x, y, w, h in (face.box for face in found)}
    assert len(fields) == 16


@pytest.mark.real_data
def test_a_face_moves_with_the_picture(real_ssd: OpenCvSsdDetector, real_data: Path) -> None:
    portrait = read_image(real_data / "photos" / "sixteen_expressions.jpg")[:212, :320]
    (before,) = real_ssd.detect(portrait)
    (mirrored,) = real_ssd.detect(np.ascontiguousarray(portrait[:, ::-1]))
    x, y, width, height = before.box
    np.testing.assert_allclose(mirrored.box, (320 - x - width, y, width, height), atol=8)


@pytest.mark.real_data
@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3), (480, 640)])
def test_an_empty_picture_of_any_shape_has_no_faces(real_ssd: OpenCvSsdDetector, shape: tuple[int, int]) -> None:
    assert real_ssd.detect(np.full((*shape, 3), 128, np.uint8)) == []
