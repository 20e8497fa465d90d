"""Predictions of the competition's test.csv."""

from pathlib import Path

import numpy as np
import pytest

import BuildDataset
import TestNetwork
from emotion_recognition.evaluation.submission import write_submission

#: Where the brightness model is surest of class 3, 0, 6 and 1.
SHADES = (128, 0, 255, 42)


def write_test_csv(path: Path) -> Path:
    path.write_text("\n".join(["pixels", *(" ".join([str(shade)] * 48 * 48) for shade in SHADES)]))
    return path


@pytest.fixture
def arguments(tmp_path: Path, brightness_model: Path) -> list[str]:
    return ["-b", str(tmp_path), "-im", str(brightness_model), "--predict"]


def submission(brightness_model: Path) -> Path:
    return brightness_model.with_name("brightness_submission.csv")


def test_what_was_built_gets_an_emotion_for_each_row(
    tmp_path: Path, arguments: list[str], brightness_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_test_csv(tmp_path / "test.csv")
    assert BuildDataset.main(["-b", str(tmp_path), "--input", str(source)]) == 0
    assert TestNetwork.main(arguments) == 0
    assert submission(brightness_model).read_text() == "3\n0\n6\n1\n"
    printed = capsys.readouterr().out
    assert f"4 images of {tmp_path / 'hdf5' / 'fer2013_unlabelled.hdf5'}" in printed
    assert f"Wrote {submission(brightness_model)}" in printed


def test_the_csv_may_be_given_itself(tmp_path: Path, arguments: list[str], brightness_model: Path) -> None:
    submission(brightness_model).unlink(missing_ok=True)
    assert TestNetwork.main([*arguments, str(write_test_csv(tmp_path / "test.csv"))]) == 0
    assert submission(brightness_model).read_text() == "3\n0\n6\n1\n"


def test_mistakes_are_one_line(
    tmp_path: Path, arguments: list[str], brightness_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    submission(brightness_model).unlink(missing_ok=True)
    source = write_test_csv(tmp_path / "test.csv")
    broken = tmp_path / "broken.csv"
    broken.write_text(source.read_text()[:-9])
    for options, words in [
        ([], "fer2013_unlabelled.hdf5. (BuildDataset.py --input test.csv writes it)"),
        ([str(broken)], "broken.csv: row 4 (line 5): there must be 2304 pixels"),
        ([str(source), "-n", "6"], "7 classes (anger, disgust"),
        (
            [str(source), "--split", "val", "--gallery"],
            "and has no labels; leave out --split and --gallery.",
        ),
        ([str(source), "--image_size", "96"], "leave out --image_size."),
    ]:
        assert TestNetwork.main([*arguments, *options]) == 2
        error = capsys.readouterr().err
        assert words in error
        assert error.count("\n") == 1
    assert not submission(brightness_model).exists()


def test_labels_of_merged_emotions_become_fer2013s_indices(tmp_path: Path) -> None:
    six = ("anger", "fear", "happy", "sad", "surprise", "neutral")
    write_submission(tmp_path / "a.csv", np.array([0, 1, 5]), six)
    assert (tmp_path / "a.csv").read_text() == "0\n2\n6\n"


def test_other_words_for_the_emotions_are_their_indices_too(tmp_path: Path) -> None:
    write_submission(tmp_path / "a.csv", np.array([0, 1, 2]), ("angry", "happiness", "surprised"))
    assert (tmp_path / "a.csv").read_text() == "0\n3\n5\n"
    write_submission(tmp_path / "b.csv", np.array([0, 1]), ("joy", "smiling"))
    assert (tmp_path / "b.csv").read_text() == "joy\nsmiling\n"


def test_classes_that_fer2013_does_not_have_are_named(tmp_path: Path) -> None:
    write_submission(tmp_path / "a.csv", np.array([1, 0]), ("sad", "asleep"))
    assert (tmp_path / "a.csv").read_text() == "asleep\nsad\n"
