"""Works off a list of trainings, one after the other; given again after a stop, it goes on where it was.

Each run is an ordinary one of TrainNetwork.py, whose command is shown, and is tested on val when it ends. A run that
fails is named at the end and does not keep the others waiting.
"""

import argparse
import csv
import shlex
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.resumable import build_once, is_trained, run_script, train_once
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.models.card import read_card
from emotion_recognition.training.run import log_path
from emotion_recognition.workspace import FER2013, Workspace

QUEUE = Path(__file__).with_name("queue.toml")

_KINDS = {"model": str, "classes": int, "options": str, "labels": str}


@dataclass(frozen=True)
class Run:
    """One training.

    Args:
        model: File name of the model in output/.
        classes: Its number of classes.
        options: Options of TrainNetwork.py, without base path, classes, labels and model.
        labels: Where its labels are from.
    """

    model: str
    classes: int
    options: tuple[str, ...]
    labels: str = FER2013


def read_queue(path: Path) -> list[Run]:
    """The runs in a TOML file, whose head says what its entries mean.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no such file, an entry is missing, unknown or of another kind, or two runs have one model.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("run", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML: {error}") from None
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{path} must have one [[run]] or more. Received: none")
    runs = [_run(path, number, entry) for number, entry in enumerate(entries, 1)]
    names = [run.model for run in runs]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"{path} must name each model once. Received: {', '.join(sorted(twice))} more than once")
    return runs


def _run(path: Path, number: int, entry: Any) -> Run:
    where = f"Run {number} in {path}"
    if not isinstance(entry, dict) or not {"model", "classes", "options"} <= entry.keys() <= _KINDS.keys():
        raise ValueError(f"{where} must have model, classes and options, and may have labels. Received: {entry}")
    for name, value in entry.items():
        if type(value) is not _KINDS[name]:
            raise ValueError(f"{name} of run {number} in {path} must be {_KINDS[name].__name__}. Received: {value!r}")
    if Path(entry["model"]).name != entry["model"] or not entry["model"].endswith(".keras"):
        raise ValueError(f"{where} must name its model by a file name that ends in .keras. Received: {entry['model']}")
    return Run(**{**entry, "options": tuple(shlex.split(entry["options"]))})


def state_of(workspace: Workspace, run: Run) -> str:
    """How far a run is, in a few words."""
    if is_trained(workspace, run.model):
        accuracy = _tested(workspace, run)
        return "trained" if accuracy is None else f"trained, val {100 * accuracy:.2f} %"
    try:
        with log_path(workspace.output_folder / run.model).open(newline="", encoding="utf-8") as log:
            rows = list(csv.DictReader(log))
    except FileNotFoundError:
        return "waiting"
    return f"at epoch {len(rows)}, val {100 * float(rows[-1]['val_accuracy']):.2f} %" if rows else "waiting"


def _tested(workspace: Workspace, run: Run) -> float | None:
    # The accuracy on val of a run that needs no more work.
    if not is_trained(workspace, run.model):
        return None
    metrics = (read_card(workspace.output_folder / run.model) or {}).get("metrics", {})
    figures = metrics.get("val" if run.labels == FER2013 else f"{run.labels}_val")
    return None if figures is None else float(figures["accuracy"])


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("queue", type=Path, nargs="?", default=QUEUE, help="TOML file (default: benchmarks/queue.toml)")
    parser.add_argument("-b", "--base_path", type=Path, required=True, help="folder for the data sets and models")
    parser.add_argument("--fer2013", type=Path, help="FER2013's CSV, where data sets are still to be built")
    parser.add_argument("--votes", type=Path, help="FER+'s fer2013new.csv, likewise")
    parser.add_argument("--list", action="store_true", help="only show how far each run is")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the queue; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _work_off(arguments))


def _work_off(arguments: argparse.Namespace) -> None:
    workspace = Workspace(arguments.base_path)
    runs = read_queue(arguments.queue)
    failed = [] if arguments.list else [run.model for run in runs if not _done(workspace, run, arguments)]
    width = max(len(run.model) for run in runs)
    for run in runs:
        print(f"{run.model:<{width}}  {state_of(workspace, run)}")
    if failed:
        raise ValueError(f"These failed, see above: {', '.join(failed)}")


def _done(workspace: Workspace, run: Run, arguments: argparse.Namespace) -> bool:
    if _tested(workspace, run) is not None:
        return True
    labels = () if run.labels == FER2013 else ("--labels", run.labels)
    try:
        build_once(workspace, run.classes, run.labels, arguments.fer2013, arguments.votes)
        train_once(workspace, run.model, run.classes, (*run.options, *labels))
        data = ("-b", workspace.base_path, "-n", run.classes, *labels)
        run_script("TestNetwork.py", *data, "-im", run.model, "--split", "val")
    except ValueError as error:
        print(f"{run.model}: {error}", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
