from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.registry import row_of
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.face_detectors.yunet import (
    YuNetDetector,
    YuNetSettings,
    find_yunet_file,
)
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.upright import roll_of


@pytest.fixture(scope="module")
def real_file(real_data: Path) -> Path:
    return real_data / "face_detector" / row_of("yunet").published[0].name


@pytest.fixture(scope="module")
def photo(real_data: Path) -> np.ndarray:
    return read_image(real_data / "photos" / "sixteen_expressions.jpg")


@pytest.mark.real_data
def test_the_sixteen_portraits_are_found_one_in_each_field(real_file: Path, photo: np.ndarray) -> None:
    found = YuNetDetector(real_file).detect(photo)
    fields = {(int((x + w / 2) // 320), int((y + h / 2) // 212.5)) for x, y, w, h in (face.box for face in found)}
    assert len(found) == len(fields) == 16
    assert [face.score for face in found] == sorted((face.score for face in found), reverse=True)


@pytest.mark.real_data
def test_landmarks_are_where_eyes_nose_and_mouth_are(real_file: Path, photo: np.ndarray) -> None:
    for face in YuNetDetector(real_file).detect(photo):
        x, y, width, height = face.box
        assert face.landmarks is not None
        eye, other_eye, nose, mouth, other_mouth = face.landmarks
        # Pixels of the whole picture, though the network saw it at half that size.
        assert all(x <= px <= x + width and y <= py <= y + height for px, py in face.landmarks)
        assert eye[0] < nose[0] < other_eye[0]
        assert max(eye[1], other_eye[1]) < nose[1] < min(mouth[1], other_mouth[1])
        assert mouth[0] < other_mouth[0]
        assert abs(roll_of(face.landmarks)) < 25


@pytest.mark.real_data
@pytest.mark.parametrize("degrees", [-60, -30, 30, 60])
def test_landmarks_tell_how_far_a_face_is_turned(real_file: Path, photo: np.ndarray, degrees: int) -> None:
    detector, portrait = YuNetDetector(real_file), photo[:212, :320]
    (upright,) = detector.detect(portrait)
    # OpenCV counts counterclockwise on the screen.
    turn = cv2.getRotationMatrix2D((160, 106), -degrees, 1.0)
    (turned,) = detector.detect(cv2.warpAffine(portrait, turn, (320, 212), borderMode=cv2.BORDER_REPLICATE))
    assert roll_of(turned.landmarks) - roll_of(upright.landmarks) == pytest.approx(degrees, abs=6)


@pytest.mark.real_data
def test_min_confidence_decides(real_file: Path, photo: np.ndarray) -> None:
    scores = [face.score for face in YuNetDetector(real_file).detect(photo)]
    between = (scores[7] + scores[8]) / 2
    assert len(YuNetDetector(real_file, DetectionSettings(min_confidence=between)).detect(photo)) == 8


@pytest.mark.real_data
def test_a_score_that_is_the_confidence_itself_counts(real_file: Path, photo: np.ndarray) -> None:
    score = YuNetDetector(real_file).detect(photo)[7].score
    for confidence, count in ((score, 8), (float(np.nextafter(np.float32(score), np.float32(1))), 7)):
        assert len(YuNetDetector(real_file, DetectionSettings(min_confidence=confidence)).detect(photo)) == count
    assert len(YuNetDetector(real_file, DetectionSettings(min_confidence=0.0)).detect(photo[:212, :320])) >= 1


@pytest.mark.real_data
@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3), (31, 33), (480, 640)])
def test_an_empty_picture_of_any_shape_has_no_faces(real_file: Path, shape: tuple[int, int]) -> None:
    assert YuNetDetector(real_file).detect(np.full((*shape, 3), 128, np.uint8)) == []


@pytest.mark.real_data
def test_the_longest_side_decides_which_faces_are_too_small(real_file: Path, photo: np.ndarray) -> None:
    # At 64 pixels a face of this picture has four.
    assert YuNetDetector(real_file, search=YuNetSettings(longest_side=64)).detect(photo) == []


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", bytes(500)])
def test_a_file_that_is_no_network_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.onnx is not a network that OpenCV can read"):
        YuNetDetector(tmp_path / "a.onnx")


@pytest.mark.real_data
def test_a_grey_array_is_refused(real_file: Path) -> None:
    with pytest.raises(ValueError, match="image must be a BGR uint8 array"):
        YuNetDetector(real_file).detect(np.zeros((9, 9), np.uint8))


def test_the_newest_file_of_a_folder_counts_and_quantised_ones_do_not(tmp_path: Path) -> None:
    assert find_yunet_file(tmp_path) is None
    for name in ("2023mar", "2026may", "2023mar_int8", "2027jan_int8"):
        (tmp_path / f"face_detection_yunet_{name}.onnx").touch()
    found = find_yunet_file(tmp_path)
    assert found == tmp_path / "face_detection_yunet_2026may.onnx"
    assert find_yunet_file(found) == found
    assert find_yunet_file(tmp_path / "missing.onnx") is None
    (tmp_path / "a.txt").touch()
    with pytest.raises(ValueError, match=r"must be an \.onnx file"):
        find_yunet_file(tmp_path / "a.txt")


class KnownNetwork:
    """Stands for OpenCV's network: gives one row for the picture, and three for each look at its face."""

    def __init__(self, of_picture: np.ndarray, of_look: np.ndarray) -> None:
        self._rows = {(400, 300): of_picture, (320, 320): of_look}
        self._size = (0, 0)

    def setInputSize(self, size: tuple[int, int]) -> None:  # noqa: N802 - OpenCV's name
        self._size = size

    def detect(self, image: np.ndarray) -> tuple[int, np.ndarray]:
        assert image.shape[1::-1] == self._size
        return 1, self._rows[self._size]


def row(x: float, y: float, score: float) -> list[float]:
    """A face of 80×80 pixels whose landmarks are upright and in known places from its corner."""
    points = [(20, 25), (60, 25), (40, 45), (25, 60), (55, 60)]
    return [x, y, 80, 80, *(value for px, py in points for value in (x + px, y + py)), score]


def test_a_second_look_takes_the_face_in_the_middle_wherever_it_stands_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of the look's three faces the one from (130, 110) has its middle at (170, 150), nearest to that of 320×320.
    look = np.array([row(0, 0, 0.95), row(130, 110, 0.6), row(230, 230, 0.9)], np.float32)
    known = KnownNetwork(np.array([row(200, 100, 0.9)], np.float32), look)
    monkeypatch.setattr(cv2.FaceDetectorYN, "create", lambda *_, **__: known)
    (tmp_path / "a.onnx").write_bytes(b"not read")
    (face,) = YuNetDetector(tmp_path / "a.onnx").detect(np.zeros((300, 400, 3), np.uint8))
    assert face.box == (200, 100, 80, 80)
    # The look shows 1.5 · 80 = 120 pixels round the box's middle, (240, 140), at 320: 0.375 pixels each.
    expected = [
        (239.5 + (130 + px - 159.5) * 0.375, 139.5 + (110 + py - 159.5) * 0.375)
        for px, py in ((20, 25), (60, 25), (40, 45), (25, 60), (55, 60))
    ]
    assert face.landmarks is not None
    np.testing.assert_allclose(face.landmarks, expected, atol=1e-4)
