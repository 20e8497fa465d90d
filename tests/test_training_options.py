"""The options that the training scripts have in common."""

import argparse
from pathlib import Path

import pytest

import BuildDataset
from emotion_recognition.command_line.parsers import add_former_option
from emotion_recognition.command_line.training_options import (
    Wording,
    add_training_options,
    lowers_rate,
    only_exports,
    stage_settings,
    training_run,
)
from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.error_about import names_of
from emotion_recognition.training.settings import FitSettings, StageSettings

WORDING = Wording("model", "images", "final.keras", "rotation=12", ("onnx", "litert"))


def parser(defaults: FitSettings | None = None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    add_training_options(made, WORDING, defaults)
    return made


def parsed(*options: str) -> argparse.Namespace:
    return parser().parse_args(options)


def parsed_for_all(*options: str) -> argparse.Namespace:
    """With options that only some of the scripts have."""
    made = parser()
    for name, kind in (("freeze", str), ("hidden", int), ("unlabelled", str), ("card_confidence", float)):
        made.add_argument(f"--{name}", type=kind, dest="freezes" if name == "freeze" else name)
    return made.parse_args(options)


def test_only_what_is_given_overrides_the_settings() -> None:
    base = StageSettings(learning_rate=0.5, epochs=7, weight_decay=0.25, augmentation=None)
    (same,) = stage_settings(parsed(), base, Augmentation())
    assert same == base
    options = parsed("--weight_decay", "0", "--patience", "none", "--seed", "3", "--augmentation", "rotation=3")
    (changed,) = stage_settings(options, base, Augmentation(zoom=0.5))
    assert (changed.learning_rate, changed.epochs, changed.weight_decay) == (0.5, 7, 0)
    assert (changed.patience, changed.seed, changed.augmentation) == (None, 3, Augmentation(rotation=3.0, zoom=0.5))


@pytest.mark.parametrize(
    ("options", "count"),
    [([], 2), (["-lr", "1"], 1), (["-epochs", "1"], 1), (["-m", "a.keras"], 1), (["--stages", "1:1,1:1,1:1"], 3)],
)
def test_a_whole_run_has_the_usual_stages_unless_something_else_is_asked_for(options: list[str], count: int) -> None:
    assert len(stage_settings(parsed(*options), StageSettings(), None, ((0.1, 3), (0.01, 2)))) == count


@pytest.mark.parametrize(
    ("options", "expected"),
    [(["-im", "a"], True), (["-im", "a", "-lr", "1"], False), (["-im", "a", "--stages", "1:1"], False)],
)
def test_the_rate_is_lowered_unless_one_is_given(options: list[str], expected: bool) -> None:
    assert lowers_rate(parsed(*options)) is expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--export", "onnx", "-im", "a"], True),
        (["--export", "onnx"], False),
        (["--export", "onnx", "-im", "a", "-om", "b"], False),
        (["-im", "a"], False),
    ],
)
def test_nothing_is_trained_where_an_existing_model_is_exported(options: list[str], expected: bool) -> None:
    assert only_exports(parsed(*options), FitSettings) is expected


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["-epochs", "3"], "epochs"),
        (["--weight_decay", "0"], "weight_decay"),
        (["--stages", "1e-3:2"], "stages"),
        (["--resume"], "resume"),
        (["--freeze", "all"], "freezes"),
        (["--hidden", "0"], "hidden"),
        (["--unlabelled", "a.hdf5"], "unlabelled"),
        (["--card_confidence", "0.9"], "card_confidence"),
    ],
)
def test_an_export_is_not_told_how_to_train(options: list[str], named: str) -> None:
    with pytest.raises(ValueError, match="trains nothing unless the output is named") as raised:
        only_exports(parsed_for_all("--export", "onnx", "-im", "a", *options), FitSettings)
    assert names_of(raised.value) == ("output_model", named)
    assert not only_exports(parsed_for_all("--export", "onnx", "-im", "a", "-om", "b", *options), FitSettings)


def test_a_run_writes_beside_its_model() -> None:
    run = training_run(parsed("--resume"), Path("output/a.keras"), callbacks=["one"])
    assert (run.log_path, run.resume_path) == (Path("output/a_log.csv"), Path("output/a.resume.h5"))
    # Standard output is no terminal here: a line for each epoch.
    assert (run.resume, run.verbose, run.callbacks) == (True, 2, ["one"])


def test_defaults_are_shown_where_they_do_not_depend_on_other_options() -> None:
    shown = " ".join(parser(StageSettings(epochs=12, patience=None)).format_help().split())
    for text in ("(default: 0.001; from an input model: a tenth", "exactly as many (default: 12)", "(default: none)"):
        assert text in shown
    assert "(default: 12)" not in " ".join(parser().format_help().split())
    assert "some of onnx,litert (training" in shown


def test_a_renamed_option_says_its_new_name(capsys: pytest.CaptureFixture[str]) -> None:
    made = parser()
    add_former_option(made, "--old", "is now called --new")
    assert "old" not in vars(made.parse_args([]))
    with pytest.raises(SystemExit) as caught:
        made.parse_args(["--old", "3"])
    assert caught.value.code == 2
    assert capsys.readouterr().err == "error: --old is now called --new\n"


def test_what_became_a_script_is_said_of_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        BuildDataset.main(["--faces", "--input", "WIDER_FACE"])
    assert caught.value.code == 2
    assert capsys.readouterr().err == "error: --faces is now a script of its own, BuildFaceDataset.py\n"
