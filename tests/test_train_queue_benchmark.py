"""The command that works off a list of trainings; the scripts that it runs are stood in for."""

from pathlib import Path

import pytest

import TrainNetwork
from benchmarks import resumable
from benchmarks.train_queue import QUEUE, Run, main, read_queue, state_of
from emotion_recognition.models.card import write_card
from emotion_recognition.workspace import Workspace

ROWS = "stage,epoch,learning_rate,loss,accuracy,val_loss,val_accuracy,seconds\n1,1,0.1,2,0.2,1.9,0.3,9\n"


def run_of(model: str, more: str = "") -> str:
    return f'[[run]]\nmodel = "{model}"\nclasses = 7\noptions = "-epochs 2"\n{more}\n'


class StandIn:
    """Takes the place of the scripts: writes what they would, and fails on the models it is told to fail on."""

    def __init__(self, workspace: Workspace, failing: str = "") -> None:
        self.workspace, self.failing, self.calls = workspace, failing, list[str]()

    def __call__(self, script: str, *arguments: object) -> None:
        words = list(map(str, arguments))
        model = words[words.index("-om" if script == "TrainNetwork.py" else "-im") + 1]
        self.calls.append(f"{script} {model}{' --resume' if '--resume' in words else ''}")
        if model == self.failing:
            raise ValueError(f"{script} failed; its message is above.")
        path = self.workspace.output_folder / model
        if script == "TrainNetwork.py":
            path.write_bytes(b"a network")
            path.with_suffix(".resume.h5").unlink(missing_ok=True)
        else:
            write_card(path, {"class_names": ["a", "b"], "metrics": {"val": {"accuracy": 0.625}}})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "base")
    made.create_folders()
    (made.hdf5_folder / "fer2013_7classes_test.hdf5").write_bytes(b"")
    return made


def work_off(
    workspace: Workspace, text: str, monkeypatch: pytest.MonkeyPatch, failing: str = ""
) -> tuple[int, StandIn]:
    queue = workspace.base_path / "queue.toml"
    queue.write_text(text, encoding="utf-8")
    scripts = StandIn(workspace, failing)
    monkeypatch.setattr("benchmarks.resumable.run_script", scripts)
    monkeypatch.setattr("benchmarks.train_queue.run_script", scripts)
    return main([str(queue), "-b", str(workspace.base_path)]), scripts


def test_the_project_s_own_queue_holds_trainings_that_the_script_takes() -> None:
    for run in read_queue(QUEUE):
        arguments = TrainNetwork.build_parser().parse_args(["-n", str(run.classes), "-om", run.model, *run.options])
        assert arguments.mixed_precision


def test_finished_runs_are_left_alone_and_an_interrupted_one_goes_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = run_of("done.keras") + run_of("stopped.keras") + run_of("new.keras")
    (workspace.output_folder / "done.keras").write_bytes(b"a network")
    write_card(
        workspace.output_folder / "done.keras", {"class_names": ["a", "b"], "metrics": {"val": {"accuracy": 0.5}}}
    )
    (workspace.output_folder / "stopped.resume.h5").write_bytes(b"")
    (workspace.output_folder / "stopped_log.csv").write_text(ROWS, encoding="utf-8")
    assert state_of(workspace, Run("stopped.keras", 7, ())) == "at epoch 1, val 30.00 %"
    status, scripts = work_off(workspace, text, monkeypatch)
    assert status == 0
    assert scripts.calls == [
        "TrainNetwork.py stopped.keras --resume",
        "TestNetwork.py stopped.keras",
        "TrainNetwork.py new.keras",
        "TestNetwork.py new.keras",
    ]
    assert capsys.readouterr().out.splitlines() == [
        "done.keras     trained, val 50.00 %",
        "stopped.keras  trained, val 62.50 %",
        "new.keras      trained, val 62.50 %",
    ]


def test_a_run_that_fails_does_not_keep_the_others_waiting(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = run_of("bad.keras") + run_of("good.keras")
    status, scripts = work_off(workspace, text, monkeypatch, failing="bad.keras")
    assert status == 2
    assert scripts.calls == ["TrainNetwork.py bad.keras", "TrainNetwork.py good.keras", "TestNetwork.py good.keras"]
    output = capsys.readouterr()
    assert output.out.splitlines() == ["bad.keras   waiting", "good.keras  trained, val 62.50 %"]
    assert output.err.splitlines()[-1] == "error: These failed, see above: bad.keras"


def test_data_that_is_missing_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Workspace(tmp_path / "empty")
    empty.create_folders()
    status, scripts = work_off(empty, run_of("a.keras", 'labels = "ferplus"'), monkeypatch)
    assert (status, scripts.calls) == (2, [])
    assert "has no splits for 7 classes labelled by ferplus; name --fer2013 and --votes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[run]", "is no TOML: "),
        ("", "must have one [[run]] or more"),
        ('[[run]]\nmodel = "a.keras"', "must have model, classes and options, and may have labels"),
        (run_of("a.keras", 'seed = "1"'), "must have model, classes and options, and may have labels"),
        (run_of("a.keras").replace("7", '"7"'), "classes of run 1 in"),
        (run_of("a.h5"), "must name its model by a file name that ends in .keras. Received: a.h5"),
        (run_of("x/a.keras"), "must name its model by a file name that ends in .keras. Received: x/a.keras"),
        (run_of("a.keras") * 2, "must name each model once. Received: a.keras more than once"),
    ],
)
def test_a_queue_that_is_none_ends_in_one_line(
    text: str, message: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, scripts = work_off(workspace, text, monkeypatch)
    assert (status, scripts.calls) == (2, [])
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert message in errors[0]


def test_a_missing_queue_ends_in_one_line(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(workspace.base_path / "none.toml"), "-b", str(workspace.base_path)]) == 2
    assert "none.toml" in capsys.readouterr().err


def test_a_script_that_fails_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"^TestNetwork.py failed; its message is above\.$"):
        resumable.run_script("TestNetwork.py", "-n", "9")
    assert capfd.readouterr().out == "$ TestNetwork.py -n 9\n"
