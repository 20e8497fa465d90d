"""Tests for benchmarks/runtimes.py: the front of accuracy against cost."""

import json
from pathlib import Path

import cv2
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks import runtimes
from emotion_recognition.plots import draw_front


def write_card(path: Path, **card: object) -> Path:
    path.write_bytes(b"a model")
    path.with_suffix(".json").write_text(json.dumps({"class_names": ["a"], **card}))
    return path


def test_the_front_has_the_accuracy_of_the_card_and_the_time_in_batches_of_16(tmp_path: Path) -> None:
    tested = write_card(tmp_path / "small.onnx", parameters=1000, metrics={"test": {"accuracy": 0.7}})
    int8 = write_card(tmp_path / "small_int8.onnx", parameters=1000, metrics={"test": {"accuracy": 0.69}})
    untested = write_card(tmp_path / "other.onnx", parameters=5, metrics={"val": {"accuracy": 0.9}})
    rates = {
        "small, OpenCV": [10, 20, 40],
        "small_int8, ONNX Runtime": [100, 200, 400],
        "other, OpenCV": [1, 2, 3],
        "fer, all at once": [500],
    }

    rows = {row["name"]: row for row in runtimes.front([tested, int8, untested], rates)}

    assert set(rows) == {"small", "small_int8", "fer", "face-api.js"}
    assert rows["small"] == {"name": "small", "parameters": 1000, "accuracy": 0.7, "milliseconds": {"OpenCV": 50}}
    assert rows["small_int8"]["milliseconds"] == {"ONNX Runtime": 5}
    assert rows["fer"]["milliseconds"] == {"fer": 2}
    assert rows["face-api.js"]["milliseconds"] == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--threads", "2", "--front", "front.png"], "name 1 among --threads"),
        (["--images", "0"], "must be a whole number of at least 1. Received: 0"),
    ],
)
def test_what_would_draw_or_measure_nothing_is_refused(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status: object = runtimes.main(arguments)
    except SystemExit as error:
        status = error.code
    assert status == 2
    assert words in capsys.readouterr().err


def test_the_figure_shows_each_way(tmp_path: Path) -> None:
    one = {"name": "small", "parameters": 1000, "accuracy": 0.7, "milliseconds": {"OpenCV": 2.0}}
    other = {"name": "large", "parameters": 9000, "accuracy": 0.8, "milliseconds": {}}
    draw_front(tmp_path / "one.png", [one], "One")
    draw_front(tmp_path / "two.png", [one, other], "Two")
    first, second = (cv2.imread(str(tmp_path / name)) for name in ("one.png", "two.png"))
    assert first is not None
    assert second is not None
    assert first.shape == second.shape
    assert (first != second).any()


def test_the_marks_of_accuracy_say_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr("emotion_recognition.plots._save", lambda figure, _: drawn.append(figure))
    rows = [
        {"name": str(accuracy), "parameters": 1000, "accuracy": accuracy, "milliseconds": {"Keras": 1.0}}
        for accuracy in (0.58, 0.736)
    ]
    draw_front(tmp_path / "front.png", rows, "Front")
    (figure,) = drawn
    FigureCanvasAgg(figure).draw()
    axis = figure.axes[0].yaxis
    marks = [(tick, label.get_text()) for tick, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)]
    assert any(round(100 * tick) != pytest.approx(100 * tick) for tick, _ in marks)  # some are halves
    assert all(float(text.removesuffix("%")) == pytest.approx(100 * tick) for tick, text in marks)
