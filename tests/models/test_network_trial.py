import hashlib
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from emotion_recognition.detection.classifier import EmotionClassifier
from emotion_recognition.detection.face_detectors.ssd_opencv import OpenCvSsdDetector
from emotion_recognition.detection.face_detectors.ssd_opencv_files import find_ssd_files
from emotion_recognition.detection.face_detectors.yunet import YuNetDetector
from emotion_recognition.emotions import FER2013_EMOTIONS
from emotion_recognition.models import network_trial
from emotion_recognition.models.card import write_card
from emotion_recognition.models.network_trial import try_onnx, try_yunet
from emotion_recognition.models.onnx_copy import CopyEntry
from emotion_recognition.workspace import Workspace
from tests.conftest import REPOSITORY

SHAPE = (1, 3, 8, 8)


def network(factor: str) -> bytes:
    """ONNX bytes of x times a constant of 2 that the graph calls c."""
    image = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, SHAPE)
    product = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, SHAPE)
    constant = onnx.helper.make_tensor("c", onnx.TensorProto.FLOAT, [1], [2.0])
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Mul", ["x", factor], ["y"])], "g", [image], [product], [constant]
    )
    content: bytes = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8
    ).SerializeToString()
    return content


def crashing() -> bytes:
    """One that ends the process: OpenCV cannot say which name it does not know, because that is no text."""
    return network("missing").replace(b"missing", b"\x86issing")


def test_a_sound_network_passes_and_so_does_one_that_opencv_refuses(tmp_path: Path) -> None:
    for content in (network("c"), network("missing"), b"", b"<html>not found</html>"):
        try_onnx(tmp_path / "a.onnx", content, SHAPE)
        try_yunet(tmp_path / "a.onnx", content)


def test_a_file_that_crashes_opencv_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.onnx is damaged: OpenCV crashes with it"):
        try_onnx(tmp_path / "a.onnx", crashing(), SHAPE)
    with pytest.raises(ValueError, match=r"a\.onnx is damaged: OpenCV crashes with it"):
        YuNetDetector(_written(tmp_path / "a.onnx", crashing()))


def test_a_model_with_a_fitting_hash_and_a_damaged_graph_is_an_error(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.onnx", crashing())
    entry = CopyEntry(hashlib.sha256(crashing()).hexdigest(), "0" * 64, 0.0, image_size=8, channels=3)
    write_card(path, {"network": "other", "class_names": list(FER2013_EMOTIONS), **entry.to_card()})
    with pytest.raises(ValueError, match=r"a\.onnx is damaged: OpenCV crashes with it"):
        EmotionClassifier(path, 7)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_trial_that_does_not_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_trial, "_ONNX", "import threading; threading.Event().wait()  # {shape}")
    monkeypatch.setattr(network_trial, "_SECONDS", 1)
    with pytest.raises(ValueError, match=r"a\.onnx is damaged: OpenCV takes for ever with it"):
        try_onnx(tmp_path / "a.onnx", b"endless", SHAPE)


def test_a_file_is_tried_once_and_its_bytes_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "trials"
    monkeypatch.setattr(network_trial, "_ONNX", f"open({str(log)!r}, 'a').write('.')  # {{shape}}")
    content = np.arange(5000).tobytes()
    references = sys.getrefcount(content)
    for name in ("a.onnx", "b.onnx", "a.onnx"):
        try_onnx(tmp_path / name, content, SHAPE)
    assert log.read_text() == "."
    assert sys.getrefcount(content) == references


@pytest.mark.real_data
def test_opencv_s_ssd_is_tried_too(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = find_ssd_files(real_data / "face_detector")
    assert files is not None
    monkeypatch.setattr(network_trial, "_ENDED", (0,))  # an error of Python's would not pass either
    assert OpenCvSsdDetector(files).detect(np.zeros((60, 80, 3), np.uint8)) == []
    monkeypatch.setattr(network_trial, "_SSD", "import os; os.abort()  # {count} {is_caffe}")
    with pytest.raises(ValueError, match="is damaged: OpenCV crashes with it"):
        OpenCvSsdDetector(files)


def test_what_comes_with_the_project_needs_no_trial(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(network_trial, "_ONNX", "import os; os.abort()  # {shape}")
    released = Workspace(REPOSITORY / "FacialExpressionRecognition").released_model(7).with_suffix(".onnx")
    try_onnx(released, b"of the project", SHAPE)
    with pytest.raises(ValueError, match="crashes with it"):
        try_onnx(tmp_path / released.name, b"of the project", SHAPE)
    monkeypatch.setattr(sys, "executable", "")  # Python inside another program
    try_onnx(tmp_path / released.name, np.arange(9).tobytes(), SHAPE)
