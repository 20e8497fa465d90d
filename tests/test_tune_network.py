"""TuneNetwork.py, with real trainings of a tiny data set."""

import json
import subprocess
from pathlib import Path

import pytest

import TuneNetwork

pytestmark = pytest.mark.usefixtures("generated_code_goes")


@pytest.mark.filterwarnings("ignore")
def test_a_search_of_two_trials_ends_in_a_command_that_repeats_the_best(
    small_base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fixed = [
        "--network",
        "vggnet_tiny",
        "--augmentation",
        "none",
        "-epochs",
        "1",
        "--patience",
        "none",
        "--schedule",
        "constant",
    ]
    search = ["--search", "learning_rate=1e-4..1e-2:log"]
    assert TuneNetwork.main(["-b", str(small_base), "--trials", "1", *search, "--", *fixed]) == 0
    folder = small_base / "output" / "search"
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert [trial["state"] for trial in report["trials"]] == ["complete"]
    assert report["importance"] == {}  # one trial says nothing of it
    assert "Best of 1 trials: " in capsys.readouterr().out
    model = Path(report["best"]["model"])
    before = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
    assert before["metrics"]["val"]["accuracy"] == report["best"]["val_accuracy"]
    assert before["stages"][0]["learning_rate"] == report["best"]["settings"]["learning_rate"]
    subprocess.run(report["best"]["command"], check=True, capture_output=True)
    after = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
    assert after["metrics"]["val"]["accuracy"] == report["best"]["val_accuracy"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trials", "0"], "--trials must be at least 1. Received: 0"),
        (["--search", "epochs=1..2"], "search must be NAME=LOW..HIGH or NAME=A,B with NAME one of learning_rate, "),
        (["--search", "ema=0..1", "--search", "ema=0..2"], "--search must name each setting once."),
        (["--study", "../x"], "--study must be a name. Received: ../x"),
        (["--", "-om", "mine.keras"], "-om and --resume cannot be given to a search's trainings"),
        (["--search", "ema=0..1", "--", "--ema", "0.5"], "ema is searched, and cannot be given to trainings behind --"),
        (["--", "--resume"], "-om and --resume cannot be given to a search's trainings"),
        (["--address", "auto"], "--address, --cpus_per_worker and --gpus_per_worker are for --engine ray."),
        (
            ["-b", "nothere"],
            "There is no data set nothere/hdf5/fer2013_7classes_train.hdf5. (Build",
        ),
        (
            ["-b", "nothere", "--", "--image_size", "96"],
            "There is no data set nothere/hdf5/fer2013_7classes_96px_",
        ),
        (["-b", "nothere", "--engine", "ray"], "There is no data set "),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert TuneNetwork.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}")
    assert error.count("\n") == 1


def test_a_cluster_that_is_not_there_is_one_line(small_base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert TuneNetwork.main(["-b", str(small_base), "--engine", "ray", "--address", "127.0.0.1:1"]) == 2
    assert capsys.readouterr().err == "error: There is no Ray cluster at 127.0.0.1:1: Connection refused\n"


def test_an_option_that_no_training_has_shows_the_usage_of_trainings(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        TuneNetwork.main(["--", "--lr", "3"])
    assert capsys.readouterr().err == "error: unrecognized arguments: --lr 3 (see TrainNetwork.py --help)\n"


def test_a_value_that_no_training_takes_is_refused_before_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        TuneNetwork.main(["-b", str(tmp_path), "--search", "optimizer=sgd,foo"])
    assert ended.value.code == 2
    assert "argument --optimizer: invalid choice: 'foo'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
