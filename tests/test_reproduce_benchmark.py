"""The command that makes the released models again: its trainings are ones that TrainNetwork.py takes."""

from pathlib import Path

import pytest

import TestNetwork
import TrainNetwork
from benchmarks.reproduce import MODELS, comparison, main, with_what_they_need
from emotion_recognition.models.card import write_card
from emotion_recognition.workspace import Workspace


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.released)
def test_each_training_is_one_that_the_script_takes(model: object) -> None:
    assert model in MODELS
    number = MODELS.index(model)  # type: ignore[arg-type]
    arguments = TrainNetwork.build_parser().parse_args(["-n", str(MODELS[number].classes), *MODELS[number].train])
    assert arguments.recipe in ("record", "photographs")
    start = MODELS[number].start
    # A model starts from one that is made before it, or from scratch.
    assert start is None or start < number
    assert all(teacher < number for teacher in MODELS[number].teachers)
    assert arguments.teacher is None
    # With other classes than the model that it starts from has.
    other = start is not None and MODELS[start].test_labels != MODELS[number].test_labels
    other |= start is not None and MODELS[start].classes != MODELS[number].classes
    assert arguments.new_head == other


def metrics(accuracy: float, low: float, high: float) -> dict[str, object]:
    return {"accuracy": accuracy, "accuracy_interval_95": [low, high]}


def test_released_and_repeated_figures_stand_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released, workspace = Workspace(tmp_path / "released"), Workspace(tmp_path / "again")
    monkeypatch.setattr("benchmarks.reproduce.RELEASED", released)
    model = next(model for model in MODELS if "7classes_ferplus" in model.released)
    card = {"class_names": ["a", "b"]}
    released.create_folders()
    workspace.create_folders()
    write_card(
        released.output_folder / model.released,
        {
            **card,
            "metrics": {"ferplus_val": metrics(0.884, 0.873, 0.895), "ferplus_test": metrics(0.8822, 0.87, 0.893)},
        },
    )
    write_card(
        workspace.output_folder / model.repeated, {**card, "metrics": {"ferplus_val": metrics(0.88, 0.869, 0.891)}}
    )
    assert comparison(workspace, model).splitlines() == [
        "emotion_classification_7classes_ferplus.keras",
        "  val   released 88.40 % (87.30 to 89.50)   repeated 88.00 % (86.90 to 89.10)",
        "  test  released 88.22 % (87.00 to 89.30)   repeated    -",
    ]


def test_a_step_that_fails_ends_the_whole(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "missing.csv")
    options = ["-b", str(tmp_path / "base"), "--fer2013", missing, "--votes", missing, "--only", "0"]
    assert main(options) == 2
    error = capfd.readouterr().err
    assert "missing.csv" in error
    assert error.splitlines()[-1] == "error: BuildDataset.py failed; its message is above."


def test_the_prior_of_the_model_for_photographs_is_fitted_before_it_is_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[tuple[object, ...]] = []
    monkeypatch.setattr("benchmarks.reproduce.build_once", lambda *_: None)
    monkeypatch.setattr("benchmarks.reproduce.train_once", lambda *_: None)
    monkeypatch.setattr("benchmarks.reproduce.run_script", lambda *command: commands.append(command))
    number = next(number for number, model in enumerate(MODELS) if model.fitted)
    options = ["-b", str(tmp_path), "--fer2013", "a.csv", "--votes", "b.csv", "--only", str(number)]
    assert main(options) == 0
    assert not any("--photos" in command for command in commands)
    commands.clear()
    assert main([*options, "--photographs", "mine"]) == 0
    # The model that it starts from is tested on both splits; then its own prior, then its own splits.
    assert ["--photos" in command for command in commands] == [False, False, True, False, False]
    arguments = TestNetwork.build_parser().parse_args([str(part) for part in commands[2][1:]])
    assert (arguments.photos, arguments.fit_prior, arguments.keep) == (Path("mine"), "classes", True)


def test_teachers_are_made_first_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[tuple[str, tuple[str, ...]]] = []
    monkeypatch.setattr("benchmarks.reproduce.build_once", lambda *_: None)
    monkeypatch.setattr(
        "benchmarks.reproduce.train_once", lambda _, name, __, options: trained.append((name, tuple(options)))
    )
    monkeypatch.setattr("benchmarks.reproduce.run_script", lambda *_: None)
    number = next(number for number, model in enumerate(MODELS) if "small" in model.released)
    assert main(["-b", str(tmp_path), "--fer2013", "a.csv", "--votes", "b.csv", "--only", str(number)]) == 0
    # Of its two teachers one was taught by three.
    assert [name for name, _ in trained] == [
        "repeated_long_seed1.keras",
        "repeated_long_seed2.keras",
        "repeated_long_seed3.keras",
        "repeated_taught.keras",
        "repeated_7classes_small.keras",
    ]
    options = trained[-1][1]
    assert options[options.index("--teacher") + 1] == "repeated_taught.keras,repeated_long_seed1.keras"


def test_what_a_start_starts_and_learns_from_is_made_too() -> None:
    (number,) = (number for number, model in enumerate(MODELS) if "8classes" in model.released)
    names = [MODELS[needed].released for needed in with_what_they_need([number])]
    assert names == [
        *("long_seed1.keras", "long_seed2.keras", "long_seed3.keras", "taught.keras"),
        *("emotion_classification_7classes.keras", "emotion_classification_8classes_ferplus.keras"),
    ]
