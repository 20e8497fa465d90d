"""What runs ONNX copies: the same results from each runtime, one line where one is missing or a file is damaged."""

import hashlib
import json
import threading
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection import open_detector, read_image
from emotion_recognition.detection.classifier import EmotionClassifier
from emotion_recognition.emotions import class_names
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.export import export_model
from emotion_recognition.models.export_formats.onnx import probe_images
from emotion_recognition.models.files import load_network
from emotion_recognition.models.onnx_copy import CopyEntry, read_copy
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.models.runtimes import registry
from emotion_recognition.models.runtimes.registry import RUNTIMES, RuntimeRow, describe_runtimes, row_of
from emotion_recognition.workspace import Workspace
from tests.conftest import REPOSITORY

RELEASED = Workspace(REPOSITORY / "FacialExpressionRecognition")


@pytest.fixture
def onnxruntime() -> None:
    pytest.importorskip("onnxruntime")


def test_an_unknown_runtime_and_a_missing_one_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"runtime must be one of \['auto', 'opencv', 'onnxruntime'\]. Received: 'x'"):
        EmotionDetector(runtime="x")
    absent = RuntimeRow("absent", "Absent", "absent", "no_such_package", "is not there", "pip install absent")
    broken = RuntimeRow("broken", "Broken", "no_such_module", "json", "does not start", "pip install broken")
    monkeypatch.setattr(registry, "RUNTIMES", {"opencv": RUNTIMES["opencv"], "absent": absent, "broken": broken})
    with pytest.raises(ValueError, match=r"^The runtime absent is not installed; install it with: pip install absent$"):
        row_of("absent")
    with pytest.raises(ValueError, match=r"^The runtime broken cannot be imported; install it with: pip install brok"):
        row_of("broken").open(b"", "a network")
    # "auto" goes past both, to what is always there.
    assert row_of("auto").name == "opencv"
    assert "absent: Absent, is not there" in describe_runtimes()


def test_auto_takes_onnx_runtime_where_it_is_installed(onnxruntime: None) -> None:
    assert row_of("auto").name == "onnxruntime"
    assert EmotionDetector(runtime="auto").classifier.runtime.startswith("ONNX Runtime 1.")
    assert EmotionDetector().classifier.runtime.startswith("OpenCV ")


@pytest.mark.parametrize("name", ["emotion_classification_7classes", "emotion_classification_6classes"])
def test_a_classifier_says_the_same_in_each_runtime(onnxruntime: None, name: str) -> None:
    copy = read_copy(RELEASED.output_folder / f"{name}.onnx")
    assert copy is not None
    images = probe_images(48, 1)
    expected = OnnxNetwork(copy.content, name)(images)
    network = OnnxNetwork(copy.content, name, "onnxruntime")
    np.testing.assert_allclose(network(images), expected, atol=1e-4)
    # In batches of every size the same.
    np.testing.assert_allclose(np.concatenate([network(images[i : i + 1]) for i in range(24)]), expected, atol=1e-4)


def test_faces_and_emotions_of_a_photograph_are_the_same_in_each_runtime(onnxruntime: None) -> None:
    photo = read_image(RELEASED.sample_photo)
    for pixels in (photo, photo[:300, :431], np.tile(photo, (2, 3, 1))):  # three shapes of the network's input
        ours, theirs = (EmotionDetector(runtime=name).detect(pixels) for name in ("opencv", "onnxruntime"))
        assert len(ours) == len(theirs) > 0
        for one, other in zip(ours, theirs, strict=True):
            assert one.box == other.box
            assert one.score == pytest.approx(other.score, abs=1e-4)
            assert list(one.probabilities.values()) == pytest.approx(list(other.probabilities.values()), abs=1e-4)


def test_threads_share_a_detector_in_onnx_runtime(onnxruntime: None) -> None:
    photo = read_image(RELEASED.sample_photo)
    detector = EmotionDetector(runtime="onnxruntime")
    alone = detector.detect(photo).to_json()
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(detector.detect(photo).to_json())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone] * 4


@pytest.mark.parametrize("content", [b"", b"no network", b"\x08\x08" + bytes(200)])
def test_a_damaged_file_is_one_line(
    onnxruntime: None, tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=r"^copy is not a network that ONNX Runtime can read: .*$") as raised:
        OnnxNetwork(content, "copy", "onnxruntime")
    assert "\n" not in str(raised.value)
    # Of a file from elsewhere whose hash fits, too, which is tried in another process.
    path = tmp_path / "a.onnx"
    path.write_bytes(content)
    entry = CopyEntry(hashlib.sha256(content).hexdigest(), "0" * 64, 0.0, image_size=8, channels=1)
    write_card(path, {"network": "other", "class_names": list(class_names(7)), **entry.to_card()})
    with pytest.raises(ValueError, match=r"a\.onnx is not a network that ONNX Runtime can read"):
        EmotionClassifier(path, 7, runtime="onnxruntime")
    assert capfd.readouterr().err == ""


def test_images_that_do_not_fit_are_one_line(onnxruntime: None) -> None:
    copy = read_copy(RELEASED.output_folder / "emotion_classification_7classes.onnx")
    assert copy is not None
    with pytest.raises(ValueError, match=r"^copy does not run on images \(2, 20, 20, 1\): ") as raised:
        OnnxNetwork(copy.content, "copy", "onnxruntime")(np.zeros((2, 20, 20, 1), np.float32))
    assert "\n" not in str(raised.value)


def test_a_gpu_that_does_not_start_leaves_the_work_to_the_cpu(
    onnxruntime: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime as package

    real, asked = package.InferenceSession, []

    def session(content: bytes, options: object, providers: list[object]) -> object:
        asked.append([provider[0] if isinstance(provider, tuple) else provider for provider in providers])
        if "CUDAExecutionProvider" in asked[-1]:
            raise RuntimeError("no driver")
        return real(content, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(package, "InferenceSession", session)
    available = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(package, "get_available_providers", lambda: available)
    copy = read_copy(RELEASED.output_folder / "emotion_classification_7classes.onnx")
    assert copy is not None
    network = OnnxNetwork(copy.content, "copy", "onnxruntime")
    assert network(probe_images(48, 1)).shape == (24, 7)
    assert asked == [available, ["CPUExecutionProvider"]]
    assert network.runtime.endswith("(CPU)")


@pytest.mark.parametrize("name", ["opencv", "onnxruntime"])
def test_the_face_detector_says_what_runs_it(name: str) -> None:
    if name == "onnxruntime":
        pytest.importorskip("onnxruntime")
    assert open_detector("ssd", runtime=name).runtime.startswith(RUNTIMES[name].title)  # type: ignore[attr-defined]
    assert open_detector("haar", runtime=name).detect(np.zeros((60, 80, 3), np.uint8)) == []


def test_an_int8_copy_is_a_model_of_its_own(onnxruntime: None, brightness_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "bright.keras"
    for suffix in (".keras", ".json"):
        path.with_suffix(suffix).write_bytes(brightness_model.with_suffix(suffix).read_bytes())
    greys = np.linspace(0, 255, 700).round().astype(np.uint8)
    images = np.broadcast_to(greys[:, None, None, None], (700, 8, 8, 1))
    (copy,) = export_model(path, ["onnx_int8"], images)
    assert copy == tmp_path / "bright_int8.onnx"
    assert not list(tmp_path.glob(".*"))
    card = read_card(copy)
    assert card is not None
    assert card["class_names"] == list(class_names(7))
    said = card["quantization"]
    assert (said["of"], said["weights"], said["training_images"]) == (path.name, "int8, a scale for each filter", 500)
    assert said["same_class"] > 0.9
    assert card["onnx"]["sha256"] == hashlib.sha256(copy.read_bytes()).hexdigest()
    assert "onnx" not in json.loads(path.with_suffix(".json").read_text())

    # In detection and in evaluation it says nearly what the model says.
    sure = images[[0, 350, 699]]
    expected = np.asarray(load_network(path)(sure.astype(np.float32)))
    assert list(expected.argmax(axis=1)) == [0, 3, 6]
    for runtime in ("onnxruntime", "opencv"):
        received = EmotionClassifier(copy, 7, runtime=runtime).probabilities(sure)
        assert list(received.argmax(axis=1)) == [0, 3, 6]


def test_an_int8_copy_needs_training_images(brightness_model: Path) -> None:
    with pytest.raises(ValueError, match="onnx_int8 needs images of the training split"):
        export_model(brightness_model, ["onnx_int8"])
    with pytest.raises(ValueError, match="onnx_int8 needs images of the training split"):
        export_model(brightness_model, ["onnx_int8"], np.zeros((0, 8, 8, 1), np.uint8))
