"""The page's own detection, under Node, against the library.

Boxes are within a pixel; probabilities within 0.01 where the box is the same, else another crop is looked at.
"""

import json
import math
import os
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.face_ssd.refining import SAME_FACE, SHARE, refined_faces
from emotion_recognition.detection.seen_face import SeenFace
from emotion_recognition.models.card import write_card
from emotion_recognition.models.face_refiner.fusion import Fusion
from emotion_recognition.models.face_refiner.outputs import NETWORK, FaceView
from emotion_recognition.models.postprocessing import Postprocessing, geometric_mean
from emotion_recognition.pictures.close_up import NEARLY_WHOLE, face_that_fills
from emotion_recognition.pictures.crop import crop_faces
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.letterbox import Letterbox
from emotion_recognition.pictures.square_view import square_view
from emotion_recognition.pictures.upright import turn_of
from emotion_recognition.serving.app import PAGE
from emotion_recognition.serving.device import device_files
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace, find_released_model
from tests.conftest import REPOSITORY

RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)
RUNTIME = REPOSITORY / "node_modules" / "onnxruntime-web" / "dist" / "ort.wasm.bundle.min.mjs"

ON_DEVICE = json.dumps((PAGE / "on-device.js").as_uri())

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
def one_stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released detector without a second stage."""
    return copied(tmp_path_factory.mktemp("one_stage"))


def copied(folder: Path) -> Path:
    """The released detector in another folder, alone."""
    for suffix in (".onnx", ".json"):
        shutil.copy(RELEASED.released_face_detector.with_suffix(suffix), folder / f"face_ssd{suffix}")
    return folder / "face_ssd.onnx"


@pytest.fixture(scope="module")
def on_device(pictures: list[np.ndarray], one_stage: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return detected(tmp_path_factory.mktemp("device"), one_stage, pictures)


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


@pytest.fixture(scope="module")
def two_stages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released detector with an untrained second stage, for which faces are tilted by some 30 degrees."""
    import keras

    from emotion_recognition.models.export_formats.onnx import write_copy
    from emotion_recognition.models.face_refiner.network import face_refiner
    from emotion_recognition.models.files import save_network

    detector = copied(tmp_path_factory.mktemp("two_stages"))
    keras.utils.set_random_seed(5)
    untrained, view = face_refiner(), FaceView()
    # What an untrained network says differs from face to face, but is no face's: a little of it, added to a usual one.
    said = keras.layers.Dense(untrained.output_shape[1])
    network = keras.Model(untrained.input, said(untrained.output), name=NETWORK)
    cos, sin = math.cos(math.radians(30)), math.sin(math.radians(30))
    upright = np.array([[-0.14, -0.12], [0.14, -0.12], [0.0, 0.02], [-0.11, 0.16], [0.11, 0.16]])
    usual = np.array([0.5, 0.02, -0.03, 0.1, 0.05, *(upright @ [[cos, sin], [-sin, cos]]).ravel()])
    said.set_weights([np.diag([0.5, *[0.05] * 4, *[0.2] * 10]), usual])
    path = detector.with_name("face_ssd_refiner.keras")
    save_network(network, path)
    card = {"network": NETWORK, "class_names": ["face"], "min_confidence": 0.65}
    fusion = Fusion(first=0.8, second=0.6, intercept=0.3)
    write_card(path, {**card, **view.to_card(), **fusion.to_card(), "landmarks": 5})
    write_copy(path, network, ["face"], path.with_suffix(".onnx"), tolerance=1e-3)
    return detector


def squares_of(picture: np.ndarray) -> list[tuple[tuple[float, float], float]]:
    """Centres and sides in pixels: within a picture and beyond its borders, larger than 64 pixels and smaller."""
    height, width = picture.shape[:2]
    places = [(0.5, 0.5), (0.37, 0.61), (0.0, 0.3), (0.93, 1.0)]
    sides = [1.5 * min(height, width), 171.3, 90.7, 41.9]
    return [((x * width, y * height), side) for (x, y), side in zip(places, sides, strict=True)]


def detected(folder: Path, detector: Path, pictures: list[np.ndarray]) -> Any:
    """What the page's code finds in pictures."""
    for name, content in device_files(find_released_model(7, RELEASED), detector).items():
        (folder / name).write_bytes(content)
    images = []
    for number, picture in enumerate(pictures):
        (folder / f"{number}.raw").write_bytes(picture.tobytes())
        squares = [{"centre": centre, "side": side} for centre, side in squares_of(picture)]
        size = {"width": picture.shape[1], "height": picture.shape[0]}
        images.append({"file": f"{number}.raw", **size, "squares": squares})
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


def test_squares_are_those_of_the_library(pictures: list[np.ndarray], on_device: Any) -> None:
    for picture, result in zip(pictures, on_device, strict=True):
        for (centre, side), view in zip(squares_of(picture), result["views"], strict=True):
            apart = np.abs(square_view(picture, centre, side, 64).ravel().astype(int) - view)
            assert apart.mean() < 0.5
            assert apart.max() <= 4


def test_faces_are_those_of_the_library(pictures: list[np.ndarray], one_stage: Path, on_device: Any) -> None:
    detector = FaceSsdDetector(one_stage)
    counts = compare(EmotionDetector(detector=detector), pictures, on_device)
    assert counts[:7] == [1, 5, 1, 1, 0, 1, 1]
    assert detector.look(pictures[5], 320) == []
    assert {json.dumps(face["landmarks"]) for result in on_device for face in result["faces"]} == {"null"}


def test_faces_of_two_stages_are_those_of_the_library(
    pictures: list[np.ndarray], two_stages: Path, on_device: Any, tmp_path: Path
) -> None:
    results = detected(tmp_path, two_stages, pictures)
    detector = FaceSsdDetector(two_stages)
    counts = compare(EmotionDetector(detector=detector), pictures, results, moved=0.1)
    assert counts[:7] == [1, 5, 1, 1, 0, 1, 1]
    assert detector.look(pictures[5], 320) == []  # the second look has both stages as well
    for one, two in zip(on_device, results, strict=True):
        scores = {face["score"] for face in one["faces"]}
        assert all(face["landmarks"] is not None and face["score"] not in scores for face in two["faces"])


def test_two_stages_are_put_together_as_the_library_does_it() -> None:
    draw = np.random.default_rng(2)
    image, view, fusion = np.zeros((150, 200, 3), np.uint8), FaceView(48, 1.7), Fusion(0.7, 0.6, -0.2)
    boxes = np.hstack([draw.integers(0, 120, (60, 2)), draw.integers(8, 60, (60, 2))]).tolist()
    scores = [0.0, 1.0, *draw.uniform(0, 1, 58).tolist()]
    # Some are moved out of the image, some far larger than a face may become.
    said = draw.normal(0, [3.0, *[0.3] * 2, *[0.8] * 2, *[0.3] * 10], (60, 15)).astype(np.float32)
    said[2, 1:3] = 9
    faces = [Face(box=tuple(box), score=score) for box, score in zip(boxes, scores, strict=True)]
    wanted = refined_faces(image, faces, said, view, fusion)
    assert 10 < len(wanted) < 58
    numbers = {**asdict(view), **asdict(fusion), "landmarks": True, "share": SHARE, "same_face": SAME_FACE}
    shown = [{"box": box, "score": score} for box, score in zip(boxes, scores, strict=True)]
    arguments = f"{json.dumps(shown)}, Float32Array.from({json.dumps(said.ravel().tolist())}), 200, 150"
    given = printed(f"(await import({ON_DEVICE})).refined({arguments}, {json.dumps(numbers)})")
    assert [face["box"] for face in given] == [list(face.box) for face in wanted]
    np.testing.assert_allclose([face["score"] for face in given], [face.score for face in wanted], atol=1e-12)
    points = [face.landmarks or () for face in wanted]
    np.testing.assert_allclose([face["landmarks"] for face in given], points, atol=1e-9)
    without = printed(
        f"(await import({ON_DEVICE})).refined({arguments}, {json.dumps({**numbers, 'landmarks': False})})"
    )
    assert {json.dumps(face["landmarks"]) for face in without} == {"null"}


def test_a_second_stage_is_loaded_only_where_there_is_one(one_stage: Path, two_stages: Path) -> None:
    model = find_released_model(7, RELEASED)
    one, two = device_files(model, one_stage), device_files(model, two_stages)
    assert set(one) == {"device.json", "face_ssd.onnx", "classifier.onnx"}
    assert json.loads(one["device.json"])["detector"]["refiner"] is None
    assert set(two) - set(one) == {"face_refiner.onnx"}
    assert two["face_refiner.onnx"] == two_stages.with_name("face_ssd_refiner.onnx").read_bytes()
    for path, files in ((one_stage, one), (two_stages, two)):
        stated = json.loads(files["device.json"])["detector"]["min_confidence"]
        assert stated == FaceSsdDetector(path).settings.min_confidence


def test_tilted_faces_are_turned_as_the_library_turns_them(
    pictures: list[np.ndarray], one_stage: Path, with_landmarks_of_30_degrees: Path, tmp_path: Path
) -> None:
    shown = [pictures[0], pictures[2], pictures[5]]
    results = detected(tmp_path, with_landmarks_of_30_degrees, shown)
    detector = EmotionDetector(detector=FaceSsdDetector(with_landmarks_of_30_degrees))
    assert compare(detector, shown, results) == [1, 1, 1]
    for result in results:
        (face,) = result["faces"]
        assert turn_of(face["landmarks"]) == pytest.approx(30, abs=8)
    # The crops were turned: without landmarks the same faces are read a little differently.
    plain = EmotionDetector(detector=FaceSsdDetector(one_stage))
    changes = [
        abs(result["faces"][0]["probabilities"][name] - probability)
        for picture, result in zip(shown, results, strict=True)
        for name, probability in plain.detect(picture)[0].probabilities.items()
    ]
    assert max(changes) > 0.05


def logit(score: float) -> float:
    return math.log(score / (1 - score))


def compare(detector: EmotionDetector, pictures: list[np.ndarray], results: Any, *, moved: float = 0.05) -> list[int]:
    """Asserts that the page's results are the library's; returns the number of faces of each picture.

    ``moved`` is how far apart probabilities may be where a box or landmarks are not quite the same.
    """
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
            # A hundredth of a score of 0.8, half of that of one of 0.9, and less the surer it is.
            assert logit(nearest["score"]) == pytest.approx(logit(face.score), abs=0.06)
            same = list(face.box) == nearest["box"]
            if face.landmarks is not None:
                np.testing.assert_allclose(nearest["landmarks"], face.landmarks, atol=1)
                same = same and np.allclose(nearest["landmarks"], face.landmarks, rtol=0, atol=0.1)
            within = 0.01 if same else moved
            assert nearest["probabilities"] == pytest.approx(dict(face.probabilities), abs=within)
            assert nearest["emotion"] == face.emotion
            assert list(nearest) == list(SeenFace(face).to_dict())
    return counts


def test_outputs_are_read_as_the_library_reads_them() -> None:
    rows = {
        "probabilities": [[0.3, 0.7], [0.5, 0.5]],
        "sigmoid": [[0.3, 0.9], [0.0, 0.0]],
        "logits": [[-0.3, 0.9], [2.0, 2.0]],
    }
    reads = f"{json.dumps(list(rows.values()))}.map((each) => asProbabilities(each, 'auto'))"
    given = printed(f"(({{ asProbabilities }}) => {reads})(await import({ON_DEVICE}))")
    for outputs, read in zip(rows.values(), given, strict=True):
        np.testing.assert_allclose(read, Postprocessing()(np.array(outputs)), atol=1e-12)


def test_a_face_that_fills_an_image_is_told_as_the_library_tells_it() -> None:
    draw = np.random.default_rng(4)
    framing = FaceSsdDetector.framing
    cases = []
    for _ in range(200):
        boxes = np.hstack([draw.integers(0, 30, (2, 2)), draw.integers(30, 100, (2, 2))]).tolist()
        cases.append((boxes[: draw.integers(0, 3)], draw.choice([0.0, 20.0], 2, p=[0.8, 0.2]).tolist()))
    cases.append(([[5, 7, 88, 88]], [0.0, 0.0]))
    wanted = [face_that_fills([tuple(box) for box in boxes], rolls, framing, 100, 90) for boxes, rolls in cases]
    assert {None, 0, 1} == set(wanted)
    numbers = {"framing": asdict(framing), "nearly_whole": NEARLY_WHOLE}
    shown = json.dumps([([{"box": box} for box in boxes], rolls) for boxes, rolls in cases])
    tells = f"faceThatFills(faces, rolls, {{ width: 100, height: 90 }}, {json.dumps(numbers)})"
    given = printed(f"(({{ faceThatFills }}) => {shown}.map(([faces, rolls]) => {tells}))(await import({ON_DEVICE}))")
    assert given == [-1 if index is None else index for index in wanted]


def test_two_looks_come_to_their_logits_mean() -> None:
    first, second = [0.7, 0.3, 0.0], [0.2, 0.2, 0.6]
    given = printed(f"(await import({ON_DEVICE})).geometricMean({json.dumps(first)}, {json.dumps(second)})")
    (wanted,) = geometric_mean([np.array([first]), np.array([second])])
    np.testing.assert_allclose(given, wanted, atol=1e-6)


def printed(expression: str) -> Any:
    """The value of a JavaScript expression."""
    command = ["node", "--input-type=module", "-e", f"console.log(JSON.stringify({expression}))"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.real_data
def test_the_sixteen_portraits_are_among_them(real_data: Path, on_device: Any) -> None:
    assert PORTRAITS.parent.parent == real_data
    assert len(on_device[-1]["faces"]) == 16
