"""The page's own detection, under Node, against the library.

Boxes are within a pixel; probabilities within 0.01 where the box is the same, else another crop is looked at.
"""

import json
import math
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
from emotion_recognition.models.card import write_card
from emotion_recognition.models.postprocessing import Postprocessing
from emotion_recognition.pictures.crop import crop_faces
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.letterbox import Letterbox
from emotion_recognition.pictures.upright import turn_of
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
    """The sample, four portraits, others of odd sizes, with cut faces and with none, one alone, one tilted, sixteen."""
    sample = read_image(RELEASED.sample_photo)
    sheet = read_image(REPOSITORY / "figures" / "face_sheet.jpg")
    odd = [sample[:300, 33:260], cv2.resize(sample, (1333, 1001)), np.full((50, 90, 3), 200, np.uint8)]
    portraits = PORTRAITS.is_file() and [read_image(PORTRAITS)]
    filled = sheet[144:184, 381:418]  # only a second look finds its face
    turn = cv2.getRotationMatrix2D((256, 256), -35, 1)
    tilted = cv2.warpAffine(sample, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    return [sample, sheet, *odd, filled, tilted, *(portraits or [])]


@pytest.fixture(scope="module")
def on_device(pictures: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return detected(tmp_path_factory.mktemp("device"), RELEASED.released_face_detector, pictures)


@pytest.fixture(scope="module")
def with_landmarks_of_30_degrees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released detector, which then says of every face that it is tilted by 30 degrees."""
    from emotion_recognition.models.face_ssd.export import export_face_ssd
    from emotion_recognition.models.face_ssd.files import load_face_ssd
    from emotion_recognition.models.face_ssd.network import with_landmarks
    from emotion_recognition.models.files import save_network

    network, card, priors = load_face_ssd(RELEASED.released_face_detector)
    network = with_landmarks(network, priors)
    cos, sin = math.cos(math.radians(30)), math.sin(math.radians(30))
    for layer in network.layers:
        if layer.name.startswith("landmarks"):
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, (bias.reshape(-1, 2) @ [[cos, sin], [-sin, cos]]).ravel()])
    path = tmp_path_factory.mktemp("tilted") / "face_ssd.keras"
    save_network(network, path)
    write_card(path, {**card, "landmarks": 5})
    return export_face_ssd(path)


def detected(folder: Path, detector: Path, pictures: list[np.ndarray]) -> Any:
    """What the page's code finds in pictures."""
    for name, content in device_files(find_released_model(7, RELEASED), detector).items():
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
    detector = FaceSsdDetector(RELEASED.released_face_detector)
    counts = compare(EmotionDetector(detector=detector), pictures, on_device)
    assert counts[:7] == [1, 5, 1, 1, 0, 1, 1]
    assert detector.look(pictures[5], 320) == []
    assert {json.dumps(face["landmarks"]) for result in on_device for face in result["faces"]} == {"null"}


def test_tilted_faces_are_turned_as_the_library_turns_them(
    pictures: list[np.ndarray], with_landmarks_of_30_degrees: Path, tmp_path: Path
) -> None:
    shown = [pictures[0], pictures[2], pictures[5]]
    results = detected(tmp_path, with_landmarks_of_30_degrees, shown)
    detector = EmotionDetector(detector=FaceSsdDetector(with_landmarks_of_30_degrees))
    assert compare(detector, shown, results) == [1, 1, 1]
    for result in results:
        (face,) = result["faces"]
        assert turn_of(face["landmarks"]) == pytest.approx(30, abs=8)
    # The crops were turned: without landmarks the same faces are read a little differently.
    plain = EmotionDetector(detector=FaceSsdDetector(RELEASED.released_face_detector))
    changes = [
        abs(result["faces"][0]["probabilities"][name] - probability)
        for picture, result in zip(shown, results, strict=True)
        for name, probability in plain.detect(picture)[0].probabilities.items()
    ]
    assert max(changes) > 0.05


def compare(detector: EmotionDetector, pictures: list[np.ndarray], results: Any) -> list[int]:
    """Asserts that the page's results are the library's; returns the number of faces of each picture."""
    counts = []
    for picture, result in zip(pictures, results, strict=True):
        wanted = detector.detect(picture)
        counts.append(len(wanted))
        assert len(result["faces"]) == len(wanted)
        left = list(result["faces"])
        for face in wanted:
            nearest = min(left, key=lambda other: np.abs(np.subtract(other["box"], face.box)).max())
            left.remove(nearest)
            assert np.abs(np.subtract(nearest["box"], face.box)).max() <= 1
            assert nearest["score"] == pytest.approx(face.score, abs=0.01)
            within = 0.01 if list(face.box) == nearest["box"] else 0.05
            assert nearest["probabilities"] == pytest.approx(dict(face.probabilities), abs=within)
            assert nearest["emotion"] == face.emotion
            assert list(nearest) == list(SeenFace(face).to_dict())
            if face.landmarks is not None:
                np.testing.assert_allclose(nearest["landmarks"], face.landmarks, atol=1)
    return counts


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


@pytest.mark.real_data
def test_the_sixteen_portraits_are_among_them(real_data: Path, on_device: Any) -> None:
    assert PORTRAITS.parent.parent == real_data
    assert len(on_device[-1]["faces"]) == 16
