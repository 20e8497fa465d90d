"""The page's own detection, under Node, against the library: boxes within a pixel, probabilities within 0.01."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.seen_face import SeenFace
from emotion_recognition.models.postprocessing import Postprocessing
from emotion_recognition.pictures.crop import crop_faces
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.letterbox import Letterbox
from emotion_recognition.serving.app import PAGE
from emotion_recognition.serving.device import device_files
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace, find_released_model
from tests.conftest import REPOSITORY

RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)
RUNTIME = REPOSITORY / "node_modules" / "onnxruntime-web" / "dist" / "ort.wasm.bundle.min.mjs"

PORTRAITS = Path(
    os.environ.get("EMOTION_DATA", REPOSITORY.parent / "shared" / "data"), "photos/sixteen_expressions.jpg"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not RUNTIME.is_file() or shutil.which("node") is None, reason="needs Node and npm ci, see CONTRIBUTING.md"
    ),
]


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """The sample, four portraits, others of odd sizes, with cut faces and with none, one face alone, sixteen."""
    sample = read_image(RELEASED.sample_photo)
    sheet = read_image(REPOSITORY / "figures" / "face_sheet.jpg")
    odd = [sample[:300, 33:260], cv2.resize(sample, (1333, 1001)), np.full((50, 90, 3), 200, np.uint8)]
    portraits = PORTRAITS.is_file() and [read_image(PORTRAITS)]
    filled = sheet[728:784, 893:955]  # only a second look finds its face
    return [sample, sheet, *odd, filled, *(portraits or [])]


@pytest.fixture(scope="module")
def on_device(pictures: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("device")
    for name, content in device_files(find_released_model(7, RELEASED), RELEASED.released_face_detector).items():
        (folder / name).write_bytes(content)
    images = []
    for number, picture in enumerate(pictures):
        (folder / f"{number}.raw").write_bytes(picture.tobytes())
        images.append({"file": f"{number}.raw", "width": picture.shape[1], "height": picture.shape[0]})
    (folder / "images.json").write_text(json.dumps(images), encoding="utf-8")
    script = Path(__file__).with_name("on_device.mjs")
    command = ["node", str(script), str(PAGE), str(RUNTIME), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_pixels_are_those_of_the_library(pictures: list[np.ndarray], on_device: Any) -> None:
    for picture, result in zip(pictures, on_device, strict=True):
        pixels, back = Letterbox(320, 64)(picture)
        assert result["letterbox"] == [pixels.shape[2], pixels.shape[1], *back.tolist()]
        assert result["sum"] / pixels.size == pytest.approx(float(pixels.mean()), abs=0.2)
        for kind, resized in zip((cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC), result["resized"], strict=True):
            wanted = cv2.resize(picture, (48, 48), interpolation=kind).ravel()[:300].astype(int)
            assert np.abs(wanted - resized).max() <= 2
        crop = crop_faces(picture, [(5, 5, 40, 50)], FaceSsdDetector.framing, 48)[0].ravel()[:300].astype(int)
        assert np.abs(crop - result["crop"]).max() <= 1


def test_faces_are_those_of_the_library(pictures: list[np.ndarray], on_device: Any) -> None:
    detector = EmotionDetector(detector=FaceSsdDetector(RELEASED.released_face_detector))
    counts = []
    for picture, result in zip(pictures, on_device, strict=True):
        wanted = detector.detect(picture)
        counts.append(len(wanted))
        assert len(result["faces"]) == len(wanted)
        left = list(result["faces"])
        for face in wanted:
            nearest = min(left, key=lambda other: np.abs(np.subtract(other["box"], face.box)).max())
            left.remove(nearest)
            assert np.abs(np.subtract(nearest["box"], face.box)).max() <= 1
            assert nearest["score"] == pytest.approx(face.score, abs=0.01)
            assert nearest["probabilities"] == pytest.approx(dict(face.probabilities), abs=0.01)
            assert nearest["emotion"] == face.emotion
            assert list(nearest) == list(SeenFace(face).to_dict())
    assert counts[:6] == [1, 4, 1, 1, 0, 1]
    assert detector.face_detector.look(pictures[5], 320) == []  # type: ignore[attr-defined]


def test_outputs_are_read_as_the_library_reads_them() -> None:
    rows = {
        "probabilities": [[0.3, 0.7], [0.5, 0.5]],
        "sigmoid": [[0.3, 0.9], [0.0, 0.0]],
        "logits": [[-0.3, 0.9], [2.0, 2.0]],
    }
    code = (
        f"const {{ asProbabilities }} = await import({json.dumps((PAGE / 'on-device.js').as_uri())});"
        f"console.log(JSON.stringify({json.dumps(list(rows.values()))}.map((each) => asProbabilities(each, 'auto'))));"
    )
    done = subprocess.run(["node", "--input-type=module", "-e", code], capture_output=True, text=True, check=True)
    for outputs, read in zip(rows.values(), json.loads(done.stdout), strict=True):
        np.testing.assert_allclose(read, Postprocessing()(np.array(outputs)), atol=1e-12)


def test_a_detector_of_landmarks_is_left_to_the_server(tmp_path: Path) -> None:
    detector = tmp_path / "face_ssd.onnx"
    shutil.copy(RELEASED.released_face_detector.with_suffix(".onnx"), detector)
    card = json.loads(RELEASED.released_face_detector.with_suffix(".json").read_text(encoding="utf-8"))
    detector.with_suffix(".json").write_text(json.dumps({**card, "landmarks": 5}), encoding="utf-8")
    with pytest.raises(ValueError, match="must find no landmarks"):
        device_files(find_released_model(7, RELEASED), detector)


@pytest.mark.real_data
def test_the_sixteen_portraits_are_among_them(real_data: Path, on_device: Any) -> None:
    assert PORTRAITS.parent.parent == real_data
    assert len(on_device[-1]["faces"]) == 16
