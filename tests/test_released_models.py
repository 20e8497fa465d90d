"""The models that come with the repository do what their cards and the README say."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.detection import open_detector
from emotion_recognition.detection.emotion_detector import EmotionDetector
from emotion_recognition.emotions import FER2013_CLASS_COUNTS, class_names
from emotion_recognition.evaluation.ensemble import Ensemble
from emotion_recognition.evaluation.evaluate import evaluate
from emotion_recognition.evaluation.output_names import photographs_stem
from emotion_recognition.evaluation.photographs.evaluate import evaluate_photographs
from emotion_recognition.evaluation.photographs.labelled import read_photographs
from emotion_recognition.evaluation.photographs.looking import look_at_photographs
from emotion_recognition.models.card import read_card
from emotion_recognition.models.export_formats.onnx import probe_images
from emotion_recognition.models.files import load_network
from emotion_recognition.models.onnx_copy import read_copy
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.pictures.faces import Face
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace, find_released_model

REPOSITORY = Path(__file__).resolve().parent.parent
RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)

#: A model is stored in at most 8 MB.
LARGEST = 8_000_000


#: The released models with an ONNX copy.
MODELS = (*map(RELEASED.released_model, FER2013_CLASS_COUNTS), RELEASED.released_photograph_model(7))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_released_model_is_small_and_says_what_it_is(path: Path) -> None:
    num_emotions = 6 if "6classes" in path.stem else 7
    card = read_card(path)
    assert card is not None
    assert path.stat().st_size <= LARGEST
    assert tuple(card["class_names"]) == class_names(num_emotions)
    assert load_network(path).count_params() == card["parameters"]
    assert card["data"]["images"] == {"train": 28709, "val": 3589}


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_onnx_copy_of_a_released_model_is_its_copy(path: Path) -> None:
    copy = read_copy(path)  # refuses a file whose hash, or whose model's hash, is another than the card's
    assert copy is not None
    assert copy.path.stat().st_size <= LARGEST
    images = probe_images(48, 1)
    expected = load_network(path)(images, training=False)
    network = OnnxNetwork(copy.content, str(copy.path))
    np.testing.assert_allclose(network(images), expected, atol=1e-4)
    np.testing.assert_allclose(network(images[:1]), expected[:1], atol=1e-4)


@pytest.mark.real_data
def test_on_real_faces_opencv_and_keras_say_the_same(real_splits: Path) -> None:
    path = RELEASED.released_model(7)
    images = read_split(Workspace(real_splits).split_path("val", 7)).images[:256].astype(np.float32)
    copy = read_copy(path)
    assert copy is not None
    outputs = OnnxNetwork(copy.content, str(copy.path))(images)
    np.testing.assert_allclose(outputs, load_network(path)(images, training=False), atol=1e-4)


@pytest.mark.real_data
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
@pytest.mark.parametrize("split", ["val", "test"])
def test_a_released_model_reaches_the_figures_of_its_card(path: Path, split: str, real_splits: Path) -> None:
    num_emotions = 6 if "6classes" in path.stem else 7
    card = read_card(path)
    assert card is not None
    images = read_split(Workspace(real_splits).split_path(split, num_emotions))
    # What Keras reads and what detection runs reach the same figures, so each is shown one of the splits.
    runtime = None if split == "val" else "onnxruntime"
    metrics = evaluate(Ensemble.from_files([path], images.class_names, runtime=runtime), images).metrics
    published = card["metrics"][split]
    assert published["examples"] == metrics.examples
    # Another processor rounds differently; that may turn a few images that stand between two emotions.
    assert abs(metrics.correct - published["correct"]) <= 5
    assert metrics.macro_f1 == pytest.approx(published["macro_f1"], abs=0.005)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_readme_states_the_card_s_figures(path: Path) -> None:
    card = read_card(path)
    assert card is not None
    readme = re.sub(r"\s+", " ", (REPOSITORY / "README.md").read_text(encoding="utf-8"))
    for split in ("val", "test"):
        assert f"{100 * card['metrics'][split]['accuracy']:.2f} %" in readme


@pytest.mark.parametrize(
    ("path", "row"),
    [
        (RELEASED.released_model(7), "| `emotion_classification_7classes.keras` |"),
        (RELEASED.released_photograph_model(7), "| `emotion_classification_7classes_photographs.keras`, the default"),
    ],
)
def test_the_reports_on_photographs_are_those_of_the_documents(path: Path, row: str) -> None:
    stem = photographs_stem(path.with_suffix(""), "expressions")
    report = json.loads(stem.with_name(f"{stem.name}_report.json").read_text(encoding="utf-8"))
    assert report["models"] == [path.name]
    (line,) = (
        line
        for line in (REPOSITORY / "docs" / "evaluation.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(row) and "(" in line
    )
    for figure in (report["metrics"]["accuracy"], report["metrics"]["mean_recall"]):
        assert f"{100 * figure:.2f} %" in line


def test_the_page_says_how_many_photographs_are_misread() -> None:
    page = (REPOSITORY / "emotion_recognition" / "serving" / "page" / "index.html").read_text(encoding="utf-8")
    stem = photographs_stem(RELEASED.released_photograph_model(7).with_suffix(""), "expressions")
    report = json.loads(stem.with_name(f"{stem.name}_report.json").read_text(encoding="utf-8"))
    misread = 100 * (1 - report["metrics"]["accuracy"])
    assert f"of 100 photographs, the released model misreads {misread:.0f}." in re.sub(r"\s+", " ", page)


class FindsOnce:
    """The project's face detector, which looks at each picture once, however many classifiers ask."""

    def __init__(self) -> None:
        self._detector = open_detector("ssd")
        self._found: dict[bytes, list[Face]] = {}
        self.framing = self._detector.framing

    def detect(self, image: np.ndarray) -> list[Face]:
        key = hashlib.sha256(np.ascontiguousarray(image).data).digest()
        if key not in self._found:
            self._found[key] = self._detector.detect(image)
        return self._found[key]


@pytest.mark.real_data
def test_the_model_for_photographs_reads_photographs_better_than_the_one_for_fer2013(real_data: Path) -> None:
    names = class_names(7)
    photographs = read_photographs(real_data / "expressions", ClassLabels(names))
    accuracies, detector = [], FindsOnce()
    for path in (RELEASED.released_model(7), RELEASED.released_photograph_model(7)):
        sightings = look_at_photographs(EmotionDetector(path, detector=detector), photographs)
        accuracies.append(evaluate_photographs(sightings, [path.name]).overall.accuracy)
    # Published of 606 photographs; another processor rounds differently.
    assert accuracies == pytest.approx([0.6271, 0.7459], abs=0.01)


def test_eight_emotions_are_those_of_a_released_model() -> None:
    path = RELEASED.released_ferplus_model(8)
    assert find_released_model(8) == path
    assert path.stat().st_size <= LARGEST
    card, copy = read_card(path), read_copy(path)
    assert card is not None
    assert copy is not None
    assert tuple(card["class_names"]) == class_names(8)
    images = probe_images(48, 1)
    expected = load_network(path)(images, training=False)
    np.testing.assert_allclose(OnnxNetwork(copy.content, str(copy.path))(images), expected, atol=1e-4)
    assert [face.emotion for face in EmotionDetector(num_emotions=8).detect(RELEASED.sample_photo)] == ["happy"]
    readme = re.sub(r"\s+", " ", (REPOSITORY / "README.md").read_text(encoding="utf-8"))
    for split in ("val", "test"):
        assert f"{100 * card['metrics'][f'ferplus_{split}']['accuracy']:.2f} %" in readme


@pytest.mark.real_data
@pytest.mark.parametrize(
    "stem", ["emotion_classification_7classes_photographs", "emotion_classification_7classes_small"]
)
def test_a_released_int8_copy_says_what_its_model_says(stem: str, real_splits: Path) -> None:
    images = read_split(Workspace(real_splits).split_path("val", 7)).images[:256]
    names = class_names(7)
    said = []
    for name in (f"{stem}.onnx", f"{stem}_int8.onnx"):
        path = RELEASED.output_folder / name
        assert path.stat().st_size <= LARGEST
        said.append(Ensemble.from_files([path], names, runtime="onnxruntime").predict(images).probabilities)
    # Its card states the share of the training images of which both say the same; others are a little harder.
    card = read_card(RELEASED.output_folder / f"{stem}_int8.onnx")
    assert card is not None
    assert (said[0].argmax(axis=1) == said[1].argmax(axis=1)).mean() >= card["quantization"]["same_class"] - 0.05
    assert np.abs(said[0] - said[1]).mean() < 0.02
