"""What benchmarks.architectures plans, counts and writes, and benchmarks.memory measures."""

import sys
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from keras import layers

from benchmarks import architectures
from benchmarks.architecture_runs import ONE_CYCLE, STUDY, count_operations, planned_runs
from benchmarks.memory import detector_memory
from emotion_recognition import plots
from emotion_recognition.models import NETWORKS, build_network
from emotion_recognition.models.networks.imagenet import IMAGENET_FILES
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace

REPOSITORY = Path(__file__).resolve().parents[1]


def row(network: str, accuracy: float, note: str = "") -> dict[str, object]:
    return {
        "network": network,
        "note": note,
        "parameters": 58_423,
        "operations": 12_400_000,
        "megabytes": 3.2,
        "milliseconds": 1.25,
        "runtime": "OpenCV",
        "seconds_per_epoch": 30.4,
        "epochs": 20,
        "val_accuracy": accuracy,
        "macro_f1": 0.5,
    }


def test_operations_are_two_for_each_use_of_a_weight() -> None:
    pixels = keras.Input((6, 6, 2))
    x = layers.Conv2D(3, 3)(pixels)  # 4×4 places, 3·3·2·3 weights
    x = layers.SeparableConv2D(5, 3, padding="same")(x)  # 4×4 places, 3·3·3 and 3·5 weights
    x = layers.DepthwiseConv2D(3)(x)  # 2×2 places, 3·3·5 weights
    network = keras.Model(pixels, layers.Dense(4)(layers.Flatten()(x)))  # 20·4 weights
    assert count_operations(network) == 2 * (16 * 54 + 16 * (27 + 15) + 4 * 45 + 80)


def test_every_network_has_its_run_under_the_equal_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / IMAGENET_FILES["resnet50"].name).write_bytes(b"weights")
    runs = {run.network: run for run in planned_runs(["equal"], list(NETWORKS), 5, {"seed": 3}, None)}
    assert list(runs) == list(NETWORKS)
    assert {(run.stages[0].epochs, run.stages[0].seed) for run in runs.values()} == {(5, 3)}
    assert runs["vggnet"].options == {}
    assert (runs["vgg16"].options, runs["vgg16"].note) == ({"weights": "none"}, "weights: none")
    assert runs["resnet50"].options == {"weights": "imagenet"}


def test_one_cycle_runs_and_the_study() -> None:
    runs = planned_runs(["onecycle", "study"], list(NETWORKS), 5, {"mixed_precision": True}, None)
    assert [run.network for run in runs[: len(ONE_CYCLE)]] == list(ONE_CYCLE)
    assert {(run.stages[0].epochs, run.stages[0].mixed_precision) for run in runs[: len(ONE_CYCLE)]} == {(20, True)}
    study = runs[len(ONE_CYCLE) :]
    assert [run.network for run in study] == [f"vggnet {name}" for name in STUDY]
    assert len({run.key for run in runs}) == len(runs)
    bare = build_network("vggnet", num_classes=7, **dict(study[1].options))
    assert not any(isinstance(layer, layers.BatchNormalization) for layer in bare.layers)
    assert [run.stages[0].augmentation is None for run in study] == [False, False, False, True, True]


def test_the_table_has_the_most_accurate_network_first() -> None:
    table = architectures.comparison_table([row("small", 0.61234), row("large", 0.7, "weights: none")])
    lines = table.splitlines()
    assert lines[2].startswith("| large (weights: none) | 58,423 | 12 M | 3 MB | 1.2 (OpenCV) | 30 | 20 | 70.00% |")
    assert lines[3].startswith("| small | ")
    assert {line.count("|") for line in lines} == {10}


def test_an_unknown_budget_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        architectures.main(["--budgets", "equal,large"])
    assert "must be some of equal,onecycle,study. Received: equal,large" in capsys.readouterr().err


def test_the_figure_has_a_disc_for_each_network(tmp_path: Path) -> None:
    plots.draw_comparison(tmp_path / "a.png", [row("small", 0.6), row("large", 0.7)], "Compared")
    image = cv2.imread(str(tmp_path / "a.png"))
    assert image is not None
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 10


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_that_of_a_process_of_its_own() -> None:
    workspace = Workspace(REPOSITORY / DEFAULT_BASE_PATH)
    memory = detector_memory("ssd", workspace.base_path, workspace.sample_photo)
    # The detector's file has 3 MB; NumPy and OpenCV, which are there before, have more than 30.
    assert 1 < memory.added < 200
    assert memory.peak > memory.added + 30
    with pytest.raises(ValueError, match=r"must be one of"):
        detector_memory("eyes", workspace.base_path, workspace.sample_photo)
