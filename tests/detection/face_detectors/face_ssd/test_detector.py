import math
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.boxes import faces_from_boxes
from emotion_recognition.detection.face_detectors.face_ssd.card import read_face_ssd
from emotion_recognition.detection.face_detectors.face_ssd.detector import CROWDING, FaceSsdDetector
from emotion_recognition.detection.face_detectors.face_ssd.network import FaceSsdNetwork
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from tests.detection.conftest import PRIORS, copy_entry, write_card


class OneFace:
    """Stands in for the network: sure of one prior box of stride 16, which it leaves as it is."""

    def __init__(self, row: int, column: int) -> None:
        self.row, self.column = row, column

    def __call__(self, pixels: np.ndarray) -> list[np.ndarray]:
        _, height, width, _ = pixels.shape
        counts = zip(PRIORS.strides, PRIORS.boxes_per_place, strict=True)
        outputs = [np.zeros((height // stride * (width // stride) * boxes, 5), np.float32) for stride, boxes in counts]
        for output in outputs:
            output[:, 0] = -9
        outputs[1][self.row * (width // 16) + self.column, 0] = math.log(9)
        return outputs


def photo(height: int, width: int) -> np.ndarray:
    """Blurred noise, BGR uint8 (height, width, 3), with structures of every size."""
    noise = np.random.default_rng(height * width).integers(0, 256, (height, width, 3)).astype(np.float32)
    layers = [cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1, 4, 16)]
    mixed = np.sum(layers, axis=0)
    return np.asarray(np.clip((mixed - mixed.mean()) / mixed.std() * 60 + 128, 0, 255), np.uint8)


@pytest.mark.parametrize(
    ("picture", "row", "column"),
    [((480, 640), 4, 10), ((640, 480), 12, 5), ((960, 1280), 4, 10), ((120, 160), 4, 10)],
)
def test_a_box_is_found_where_it_is_in_the_picture(
    picture: tuple[int, int], row: int, column: int, random_detector: Path
) -> None:
    detector = FaceSsdDetector(random_detector)
    detector._network = OneFace(row, column)  # type: ignore[assignment]
    # The prior's size is 28: width 28·√0.8 = 25.04, height 28/√0.8 = 31.30 pixels of an input of 320.
    back = max(picture) / 320
    edges = np.array([16 * (column + 0.5) - 12.52, 16 * (row + 0.5) - 15.65, 16 * (column + 0.5) + 12.52])
    left, top, right = np.rint(edges * back).astype(int)
    bottom = round((16 * (row + 0.5) + 15.65) * back)
    (face,) = detector.detect(np.zeros((*picture, 3), np.uint8))
    assert face.box == (left, top, right - left, bottom - top)
    assert face.score == pytest.approx(0.9)


def test_a_face_in_the_grey_beside_the_picture_is_dropped(random_detector: Path) -> None:
    detector = FaceSsdDetector(random_detector)
    # 640×400 is 320×200 in an input of 320×256: row 13 has its middle at 216 pixels.
    detector._network = OneFace(13, 10)  # type: ignore[assignment]
    assert detector.detect(np.zeros((400, 640, 3), np.uint8)) == []
    # Row 11, at 184, is inside; the box is cut at the border.
    detector._network = OneFace(11, 10)  # type: ignore[assignment]
    (face,) = detector.detect(np.zeros((380, 640, 3), np.uint8))
    assert face.box[1] + face.box[3] == 380


def by_loops(outputs: list[np.ndarray], min_confidence: float) -> list[tuple[float, ...]]:
    """Left, top, right, bottom and score of each box that is sure enough, by the card's words, one by one."""
    found = []
    for output, stride, sizes in zip(outputs, PRIORS.strides, PRIORS.sizes, strict=True):
        for row in range(output.shape[1]):
            for column in range(output.shape[2]):
                for i, size in enumerate(sizes):
                    logit, dx, dy, dw, dh = map(float, output[0, row, column, 5 * i : 5 * i + 5])
                    score = 1 / (1 + math.exp(-logit))
                    if score < min_confidence:
                        continue
                    prior_width, prior_height = size * 0.8**0.5, size / 0.8**0.5
                    x = (column + 0.5) * stride + dx * 0.1 * prior_width
                    y = (row + 0.5) * stride + dy * 0.1 * prior_height
                    width, height = prior_width * math.exp(dw * 0.2), prior_height * math.exp(dh * 0.2)
                    found.append((x - width / 2, y - height / 2, x + width / 2, y + height / 2, score))
    return found


@pytest.mark.parametrize(
    ("size", "picture"), [(320, (240, 320)), (320, (500, 300)), (640, (240, 320)), (640, (70, 400)), (100, (500, 300))]
)
def test_it_finds_what_keras_says(
    size: int, picture: tuple[int, int], random_network: Any, random_detector: Path
) -> None:
    image = photo(*picture)
    detector = FaceSsdDetector(random_detector, size=size)
    pixels, back = detector._letterbox(image)
    outputs = [np.asarray(output) for output in random_network(pixels, training=False)]
    for ours, keras_says in zip(detector._network(pixels), outputs, strict=True):
        np.testing.assert_allclose(ours, keras_says.reshape(-1, 5), rtol=1e-4, atol=3e-4)
    scores = sorted((row[4] for row in by_loops(outputs, 0.0)), reverse=True)
    # A hundred boxes or so, and none so near the limit that rounding decides.
    gaps = np.diff(scores[60:120])
    limit = scores[60 + int(gaps.argmin())] + float(gaps.min()) / 2
    settings = DetectionSettings(min_confidence=limit)
    # Those that are less sure have a vote too.
    lowest = min(limit, detector.close_ups.suspicion)
    rows = np.array(by_loops(outputs, lowest))
    expected = faces_from_boxes(
        rows[:, :4] * np.tile(back, 2),
        rows[:, 4],
        (picture[1], picture[0]),
        DetectionSettings(min_confidence=lowest),
        crowding=CROWDING,
    )
    expected = [face for face in expected if face.score >= limit]
    found = FaceSsdDetector(random_detector, settings, size).detect(image)
    assert len(found) == len(expected) > 0
    for face, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(face.box, other.box, atol=1)
        assert face.score == pytest.approx(other.score, abs=1e-4)


def test_the_same_picture_gives_the_same_faces_after_others(random_detector: Path) -> None:
    detector = FaceSsdDetector(random_detector, DetectionSettings(min_confidence=0.2))
    first = detector.detect(photo(240, 320))
    assert first
    for shape in ((320, 240), (64, 320), (1000, 800)):
        detector.detect(photo(*shape))
    assert detector.detect(photo(240, 320)) == first


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (10, 4000), (4000, 10), (3, 2), (63, 65)])
def test_a_picture_of_any_shape_goes_through(shape: tuple[int, int], random_detector: Path) -> None:
    for face in FaceSsdDetector(random_detector, DetectionSettings(min_confidence=0.0)).detect(photo(*shape)):
        x, y, width, height = face.box
        assert min(x, y) >= 0
        assert x + width <= shape[1]
        assert y + height <= shape[0]


def test_a_grey_array_is_refused(random_detector: Path) -> None:
    with pytest.raises(ValueError, match="image must be a BGR uint8 array"):
        FaceSsdDetector(random_detector).detect(np.zeros((9, 9), np.uint8))


def test_size_and_confidence_are_the_cards_unless_they_are_given(random_detector: Path) -> None:
    detector = FaceSsdDetector(random_detector)
    assert (detector.name, detector.size, detector.settings.min_confidence) == ("ssd", 320, 0.4)
    assert detector.description == f"SSD at 320 pixels ({random_detector})"
    assert FaceSsdDetector(random_detector, DetectionSettings(), 640).settings.min_confidence == 0.5
    assert FaceSsdDetector(random_detector, size=640).size == 640


def test_without_a_confidence_in_the_card_the_usual_one_counts(random_detector: Path, tmp_path: Path) -> None:
    shutil.copy(random_detector, tmp_path)
    write_card(tmp_path / random_detector.name, min_confidence=None)
    assert FaceSsdDetector(tmp_path / random_detector.name).settings == DetectionSettings()


@pytest.mark.parametrize("size", [63, 4097, 0, -320])
def test_a_size_out_of_range_is_refused(size: int, random_detector: Path) -> None:
    with pytest.raises(ValueError, match=rf"must be within 64\.\.4096 pixels\. Received: {size}"):
        FaceSsdDetector(random_detector, size=size)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", bytes(500)])
def test_a_file_that_is_no_network_is_an_error(
    content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(content)
    write_card(path)
    with pytest.raises(ValueError, match=r"a\.onnx (is not a network that OpenCV can read|does not run|is no SSD)"):
        FaceSsdDetector(path).detect(np.zeros((9, 9, 3), np.uint8))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("strides", "sizes"),
    [
        ([8, 16, 32, 64], [[10], [28], [60], [120, 200]]),
        ([8, 16, 32], [[10, 16], [28], [60]]),
        ([4, 8, 16, 32], [[10, 16], [28], [60], [120, 200]]),
    ],
)
def test_outputs_that_the_card_does_not_describe_are_an_error(
    strides: list[int], sizes: list[list[int]], random_detector: Path, tmp_path: Path
) -> None:
    shutil.copy(random_detector, tmp_path)
    path = tmp_path / random_detector.name
    write_card(path, priors={**PRIORS.to_card()["priors"], "strides": strides, "sizes": sizes})
    with pytest.raises(ValueError, match=r"face_ssd\.onnx (is no SSD as its card describes it|does not run)"):
        FaceSsdDetector(path).detect(np.zeros((9, 9, 3), np.uint8))


def test_the_order_of_the_outputs_does_not_matter(random_detector: Path) -> None:
    network = FaceSsdNetwork(read_face_ssd(random_detector))
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 64, 128, 3)).astype(np.float32)
    expected = [output.copy() for output in network(pixels)]
    opened = network._network
    opened._outputs = tuple(reversed(opened._outputs))
    for output, other in zip(network(pixels), expected, strict=True):
        np.testing.assert_array_equal(output, other)


def test_the_file_is_the_one_its_card_describes(random_detector: Path, tmp_path: Path) -> None:
    path = tmp_path / "face_ssd.onnx"
    shutil.copy(random_detector, path)
    write_card(path, onnx=copy_entry(b"other"))
    with pytest.raises(ValueError, match="is not the copy that the model's card describes"):
        FaceSsdDetector(path)
