"""Looking at photographs and counting, with a face detector of boxes and a classifier of brightness."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.detection import open_detector
from emotion_recognition.emotions import class_names
from emotion_recognition.evaluation.output_names import photographs_stem
from emotion_recognition.evaluation.photographs.evaluate import PhotographEvaluation, evaluate_photographs
from emotion_recognition.evaluation.photographs.labelled import Photograph, Photographs, read_photographs
from emotion_recognition.evaluation.photographs.looking import Sightings, look_at_photographs
from emotion_recognition.evaluation.photographs.report import (
    PHOTOGRAPH_ENDINGS,
    photographs_json,
    photographs_text,
    write_photographs_report,
)
from emotion_recognition.evaluation.wilson import wilson_interval
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.image_file import write_image


class TwoFaces:
    """Finds a small face on the left and a large one on the right of every picture that is not black."""

    def detect(self, image: np.ndarray) -> list[Face]:
        if not image.any():
            return []
        return [Face((10, 40, 20, 20), 0.9), Face((80, 30, 50, 50), 0.8)]


def picture(path: Path, left: int, right: int) -> str:
    """Writes a picture of two shades, and returns its name."""
    image = np.full((100, 160, 3), right, np.uint8)
    image[:, :45] = left
    write_image(path, image)
    return path.name


@pytest.fixture(scope="module")
def seen(brightness_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Sightings:
    """Six photographs: the model says neutral for white and sad for shade 170, and one is right in each source."""
    root = tmp_path_factory.mktemp("photographs")
    (root / "broken.png").write_bytes(b"no picture")
    rows = [
        (picture(root / "a.png", left=0, right=255), "neutral", "one"),
        (picture(root / "b.png", left=0, right=255), "sad", "one"),
        (picture(root / "c.png", left=255, right=170), "sadness", "two"),
        (picture(root / "d.png", left=0, right=0), "sad", "two"),
        ("broken.png", "sad", "two"),
        ("gone.png", "fear", ""),
    ]
    (root / "labels.csv").write_text("file,label,source\n" + "".join(f"{','.join(row)}\n" for row in rows))
    photographs = read_photographs(root, ClassLabels(class_names(7)))
    return look_at_photographs(EmotionDetector(brightness_model, detector=TwoFaces()), photographs)


@pytest.fixture(scope="module")
def evaluation(seen: Sightings) -> PhotographEvaluation:
    return evaluate_photographs(seen, ["brightness.keras"])


def test_the_largest_face_counts(seen: Sightings) -> None:
    assert seen.found.tolist() == [True, True, True, False, False, False]
    assert seen.several == 3
    assert seen.probabilities.argmax(axis=1)[:3].tolist() == [6, 6, 4]
    assert not seen.probabilities[3:].any()


def test_without_a_face_and_unreadable_are_told_apart(seen: Sightings) -> None:
    assert seen.without_face == (3,)
    assert sorted(seen.unreadable) == [4, 5]
    assert "broken.png" in seen.unreadable[4]
    assert "gone.png" in seen.unreadable[5]


def test_the_fingerprint_is_that_of_sha256sum(seen: Sightings) -> None:
    root = seen.photographs.root
    lines = [f"{hashlib.sha256((root / f'{name}.png').read_bytes()).hexdigest()}  {name}.png\n" for name in "abcd"]
    listing = [*lines, f"{hashlib.sha256(b'no picture').hexdigest()}  broken.png\n"]
    # What cannot be read is not among them.
    assert seen.sha256 == hashlib.sha256("".join(listing[:4]).encode()).hexdigest()


def test_figures_count_what_is_missing_as_wrong(evaluation: PhotographEvaluation) -> None:
    overall = evaluation.overall
    assert (overall.examples, overall.correct, overall.without_face, overall.unreadable) == (6, 2, 1, 2)
    assert overall.accuracy == 2 / 6
    assert overall.accuracy_interval == wilson_interval(2, 6)
    # neutral 1 of 1, sad 1 of 4, fear 0 of 1; the other classes do not occur
    assert overall.mean_recall == pytest.approx((1 + 1 / 4 + 0) / 3)
    assert overall.confusion[[2, 4, 6]].tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1, 0, 1, 2],
        [0, 0, 0, 0, 0, 0, 1, 0],
    ]
    # Right in two of three. Neighbouring classes are exp(-200 / 36) as likely: one has white, two has shade 170.
    less = np.exp(-200 / 36)
    sure = (2 / (1 + less) + 1 / (1 + 2 * less)) / 3
    assert overall.calibration_error == pytest.approx(sure - 2 / 3, abs=1e-4)


def test_sources_are_counted_by_themselves(evaluation: PhotographEvaluation) -> None:
    assert list(evaluation.of_sources) == ["one", "two"]
    one, two = evaluation.of_sources.values()
    assert (one.examples, one.correct, one.mean_recall, one.without_face, one.unreadable) == (2, 1, 0.5, 0, 0)
    assert (two.examples, two.correct, two.without_face, two.unreadable) == (3, 1, 1, 1)
    assert two.mean_recall == pytest.approx(1 / 3)


def test_a_source_without_any_face_has_no_calibration_error(seen: Sightings) -> None:
    photographs = Photographs("a", Path(), ("x", "y"), (Photograph("a", 0, "s"), Photograph("b", 1, "t")))
    probabilities = np.array([[0.0, 0.0], [0.25, 0.75]], np.float32)
    blind = Sightings(photographs, "eyes", False, probabilities, np.array([False, True]), 0, {0: "gone"}, "")
    evaluation = evaluate_photographs(blind, ["m"])
    assert evaluation.of_sources["s"].calibration_error is None
    assert evaluation.of_sources["t"].calibration_error == pytest.approx(0.25)
    text = photographs_text(evaluation)
    assert text.split("\ns ")[1].split("\n")[0].count(" - ") == 2
    # By chance √(2/π · 0.75 · 0.25), of one face that is sure by 0.75.
    assert text.split("\nt ")[1].split("\n")[0].split()[-5:] == ["0.2500", "0.3455", "0", "0", "1"]
    assert photographs_json(evaluation)["sources"]["s"]["expected_calibration_error"] is None


def test_the_report_names_what_is_missing(evaluation: PhotographEvaluation, tmp_path: Path) -> None:
    stem = photographs_stem(tmp_path / "brightness", "holidays")
    assert write_photographs_report(evaluation, stem) == tmp_path / "brightness_photos_holidays"
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(stem.name + end for end in PHOTOGRAPH_ENDINGS)
    content = json.loads((tmp_path / f"{stem.name}_report.json").read_text(encoding="utf-8"))
    assert content["without_face"] == ["d.png"]
    assert sorted(content["unreadable"]) == ["broken.png", "gone.png"]
    assert content["metrics"]["classes"]["sad"] == {"precision": 1.0, "recall": 0.25, "examples": 4}
    assert content["metrics"]["classes"]["happy"] == {"precision": None, "recall": None, "examples": 0}
    assert content["sources"]["two"]["accuracy"] == pytest.approx(1 / 3)
    text = (tmp_path / f"{stem.name}_report.txt").read_text(encoding="utf-8")
    assert text == photographs_text(evaluation)
    assert "count as wrong: 1 photograph on which no face was found, 2 that cannot be read" in text
    assert "33.33 %" in text.split("all photographs")[1].split("\n")[0]


def test_mirrored_and_options_are_reported(brightness_model: Path, seen: Sightings) -> None:
    detector = EmotionDetector(brightness_model, detector=TwoFaces(), mirrored=True)
    mirrored = look_at_photographs(detector, seen.photographs)
    assert mirrored.mirrored
    # Shades have no left and right.
    np.testing.assert_allclose(mirrored.probabilities, seen.probabilities, atol=1e-6)
    assert "each face and its mirror image" in photographs_text(evaluate_photographs(mirrored, ["m"]))


def test_what_cannot_be_looked_at_is_refused(brightness_model: Path, tmp_path: Path) -> None:
    detector = EmotionDetector(brightness_model, detector=TwoFaces())
    none = Photographs("a", tmp_path, class_names(7), (Photograph("gone.png", 0), Photograph("too.png", 1)))
    with pytest.raises(ValueError, match=r"None of the 2 photographs could be read: .*gone\.png"):
        look_at_photographs(detector, none)
    six = Photographs("a", tmp_path, class_names(6), (Photograph("a.png", 0),))
    with pytest.raises(ValueError, match=r"the model has 7 classes .* but the photographs has 6"):
        look_at_photographs(detector, six)


def test_the_detector_s_words_say_what_else_it_does(tmp_path: Path, brightness_model: Path) -> None:
    (tmp_path / "sad").mkdir()
    picture(tmp_path / "sad" / "a.png", left=0, right=255)
    photographs = read_photographs(tmp_path, ClassLabels(class_names(7)))

    def words(**options: Any) -> str:
        detector = EmotionDetector(brightness_model, detector=open_detector("ssd", **options))
        return look_at_photographs(detector, photographs).detector

    scores = "scores of at least 0.55"
    assert words() == f"ssd at 320 pixels, {scores}"
    assert words(any_direction=True) == f"ssd at 320 pixels, in every direction, {scores}"
    both = words(any_direction=True, size="auto")
    assert both == f"ssd at 320 pixels, and finer in larger pictures, in every direction, {scores}"
