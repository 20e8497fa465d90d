"""What makes two collections different: files, not where they lie."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emotion_recognition.collection.fingerprint import fingerprint_of
from emotion_recognition.detection.detector_plan import DetectorPlan
from emotion_recognition.detection.face_detectors.directions import AnyDirection
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.face_detectors.tiled import TiledDetector


def opened(path: Path) -> Any:
    """A detector of a file, wrapped in all that may be round it."""
    inner: Any = SimpleNamespace(
        name="ssd", framing=None, settings=DetectionSettings(), description=f"SSD ({path})", path=path
    )
    return SimpleNamespace(face_detector=AnyDirection(TiledDetector(inner, 320)))


def test_a_face_detector_is_known_by_its_file_whatever_is_round_it(tmp_path: Path) -> None:
    for name, content in (("a", b"weights"), ("b", b"weights"), ("c", b"other weights")):
        (tmp_path / name).write_bytes(content)
    here, elsewhere, other = (fingerprint_of(DetectorPlan(()), opened(tmp_path / name)).detector for name in "abc")
    assert here == elsewhere != other


@pytest.mark.parametrize("changed", ["face.json", "face_refiner.onnx", "face_refiner.json"])
def test_a_face_detector_s_card_and_second_stage_count(changed: str, tmp_path: Path) -> None:
    for name in ("face.onnx", "face.json", "face_refiner.onnx", "face_refiner.json"):
        (tmp_path / name).write_text("first")
    before = fingerprint_of(DetectorPlan(()), opened(tmp_path / "face.onnx"))
    (tmp_path / changed).write_text("second")
    after = fingerprint_of(DetectorPlan(()), opened(tmp_path / "face.onnx"))
    assert before.detector != after.detector
    assert before.model == after.model


def test_a_runtime_counts_as_what_it_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").touch()
    plans = [dataclasses.replace(DetectorPlan(()), runtime=name) for name in ("auto", "opencv", "onnxruntime")]
    found = [fingerprint_of(plan, opened(tmp_path / "a")).model for plan in plans]
    assert found[0] in found[1:]
    assert found[1] != found[2]
