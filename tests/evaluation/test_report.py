"""The report as text and JSON."""

import json
import re

import numpy as np
import pytest

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.evaluation.calibration import reliability
from emotion_recognition.evaluation.evaluate import Evaluation
from emotion_recognition.evaluation.metrics import compute_metrics
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.report import headline, to_json, to_text
from emotion_recognition.models.network_input import NetworkInput

NAMES = ("happy", "astonished", "sad")
LABELS = np.array([0] * 1000 + [1, 1, 2, 2], np.uint8)
PREDICTED = np.array([0] * 999 + [1] + [1, 2, 2, 0])
SPLIT = Split(np.zeros((1004, 2, 2, 1), np.uint8), LABELS, NAMES, "val", "fer2013.csv", "ab" * 32)


# Right in 1001 of 1004 cases: sure by 1 without the temperature, by 0.9 with it.
SURE = np.eye(3)[PREDICTED]
LESS_SURE = 0.85 * SURE + 0.05


def evaluation(
    *names: str,
    twins: int | None = None,
    notes: tuple[str, ...] = (),
    temperatures: tuple[float, ...] = (1.0,),
    inputs: tuple[NetworkInput, ...] = (NetworkInput(2, 1),),
) -> Evaluation:
    return Evaluation(
        model_names=names or ("a.keras",),
        split=SPLIT,
        settings=PredictionSettings(),
        network_inputs=inputs * max(1, len(names)),
        probabilities=LESS_SURE,
        temperatures=temperatures,
        metrics=compute_metrics(LABELS, SURE, NAMES),
        uncalibrated=reliability(LABELS, SURE),
        calibrated=reliability(LABELS, LESS_SURE),
        twins=twins,
        without_twins=compute_metrics(LABELS[999:], SURE[999:], NAMES) if twins else None,
        notes=notes,
    )


def test_the_calibration_error_is_there_before_and_after() -> None:
    # |1 - 1001/1004| and |0.9 - 1001/1004|
    line = "expected calibration error 0.0030, after calibration 0.0970 (temperature 1.5, 2)"
    assert line in to_text(evaluation("a.keras", "b.keras", temperatures=(1.5, 2.0))).splitlines()
    lines = to_text(evaluation()).splitlines()
    assert "expected calibration error 0.0030 (no temperature)" in lines
    # √(2/π · 1004 · 0.9 · 0.1) / 1004: all are sure by 0.9.
    assert lines[-1] == "perfectly calibrated: about 0.0076 on as many images, by chance"
    content = to_json(evaluation(temperatures=(1.5,)))["calibration"]
    assert content["temperatures"] == [1.5]
    assert content["before"]["expected_calibration_error"] == pytest.approx(1 - 1001 / 1004)
    assert content["after"]["counts"][13] == 1004


def test_the_text_has_the_figures_in_per_cent() -> None:
    text = to_text(evaluation(twins=999, notes=("a.keras gives logits.",)))
    lines = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    # Wilson's interval for 1001 of 1004 and 2 of 5, from SciPy.
    assert ["all images", "99.70 %", "99.13 % to 99.90 %", "66.63 %", "99.70 %", "1004"] in lines
    assert ["without 999 twins of training images", "40.00 %", "11.76 % to 76.93 %", "33.33 %", "40.00 %", "5"] in lines
    assert ["happy", "99.90 %", "99.90 %", "99.90 %", "1000"] in lines
    assert ["sad", "50.00 %", "50.00 %", "50.00 %", "2"] in lines
    assert ["astonished", "0", "1", "1"] in lines
    assert ["note", "a.keras gives logits."] in lines
    assert ["data", f"fer2013.csv, SHA-256 {'ab' * 32}"] in lines
    assert text.endswith("\n")


def test_columns_are_aligned_and_no_line_trails_blanks() -> None:
    text = to_text(evaluation(twins=999))
    for block in text.split("\n\n")[1:3]:
        assert len({len(line) for line in block.splitlines()}) == 1
    assert len({len(line) for line in text.split("\n\n")[3].splitlines()[1:]}) == 1
    assert not re.search(r"[ \t]$", text, flags=re.MULTILINE)


def test_the_json_is_json_without_folders_or_dates() -> None:
    content = to_json(evaluation("a.keras", "b.h5", twins=999, notes=("n",)))
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert content["models"] == ["a.keras", "b.h5"]
    assert content["data"] == {"source": "fer2013.csv", "sha256": "ab" * 32, "labels": "fer2013"}
    assert content["class_names"] == list(NAMES)
    assert (content["split"], content["pixel_range"], content["tta"]) == ("val", "0..255", "none")
    assert content["metrics"]["confusion_matrix"] == [[999, 1, 0], [0, 1, 1], [1, 0, 1]]
    assert content["twins_in_train"] == 999
    assert content["metrics_without_twins"]["examples"] == 5
    assert content["notes"] == ["n"]


def test_what_was_not_looked_at_is_null() -> None:
    content = to_json(evaluation())
    assert (content["twins_in_train"], content["metrics_without_twins"]) == (None, None)
    assert "twins" not in to_text(evaluation())


def test_the_headline() -> None:
    assert headline(evaluation()) == "a.keras\nval split: 99.70 % of 1,004 images right"
    assert headline(evaluation("a.keras", "b.h5")).startswith("2 models averaged\n")


def test_how_images_were_fitted_to_the_models_is_there() -> None:
    plain, linear = NetworkInput(2, 1), NetworkInput(4, 1, "-1..1", "linear")
    lines = [line.split("  ")[0] for line in to_text(evaluation()).splitlines()]
    assert "interpolation" not in lines
    mixed = evaluation(inputs=(plain, linear))
    assert (to_json(mixed)["pixel_range"], to_json(mixed)["interpolation"]) == ("0..255, -1..1", "auto, linear")
    rows = [re.split(r"  +", line) for line in to_text(evaluation(inputs=(linear, linear))).splitlines()]
    assert ["pixel range", "-1..1"] in rows
    assert ["interpolation", "linear"] in rows
