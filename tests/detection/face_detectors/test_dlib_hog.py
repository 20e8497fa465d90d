import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.dlib_hog import DlibDetector
from emotion_recognition.pictures.image_file import read_image

needs_dlib = pytest.mark.skipif(importlib.util.find_spec("dlib") is None, reason="dlib is not installed")


@needs_dlib
@pytest.mark.real_data
def test_the_sixteen_portraits_are_found_one_in_each_field(real_data: Path) -> None:
    found = DlibDetector().detect(read_image(real_data / "photos" / "sixteen_expressions.jpg"))
    fields = {(int((x + w / 2) // 320), int((y + h / 2) // 212.5)) for x, y, w, h in (face.box for face in found)}
    assert len(found) == len(fields) == 16
    assert all(0.5 <= face.score <= 1 for face in found)


@needs_dlib
@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (120, 160)])
def test_an_empty_picture_of_any_shape_has_no_faces(shape: tuple[int, int]) -> None:
    assert DlibDetector().detect(np.full((*shape, 3), 128, np.uint8)) == []


@needs_dlib
def test_a_grey_array_is_refused() -> None:
    with pytest.raises(ValueError, match="image must be a BGR uint8 array"):
        DlibDetector().detect(np.zeros((9, 9), np.uint8))


def test_without_dlib_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)  # as if it were not installed
    with pytest.raises(ValueError, match="pip install dlib-bin"):
        DlibDetector()
