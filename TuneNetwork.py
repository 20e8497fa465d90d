"""Searches for settings of TrainNetwork.py that do best on validation.

Every trial is a run of TrainNetwork.py, which repeats it from the command that is printed in the end.
"""

import argparse
import contextlib
import importlib
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.model_options import joined_ranges
from emotion_recognition.command_line.parsers import new_parser, variant_of
from emotion_recognition.tuning.search_space import SEARCHABLE, Range, parse_range
from emotion_recognition.workspace import Workspace

EPILOG = f"""settings that can be searched: {", ".join(SEARCHABLE)}

examples:
  TuneNetwork.py -n 7 --trials 30
  TuneNetwork.py -n 7 --search learning_rate=1e-3..0.3:log --search optimizer=sgd,adam -- --recipe onecycle -epochs 10
  TuneNetwork.py -n 7 --trials 60                  goes on with the same study, to 60 trials in all
  TuneNetwork.py -n 7 --trials 60 --engine ray --address auto --gpus_per_worker 1

What follows -- is given to every run of TrainNetwork.py. Several of these may run at the same time with one --study."""

#: What is searched where nothing is named.
USUAL = ("learning_rate=1e-4..1e-1:log", "weight_decay=1e-5..1e-2:log", "label_smoothing=0..0.2")

#: The script that trains.
SCRIPT = Path(__file__).resolve().with_name("TrainNetwork.py")


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser("Searches for settings of training that do best on validation.", EPILOG)
    parser.add_argument("--trials", type=int, default=30, metavar="N", help="trials in all, earlier ones included")
    parser.add_argument(
        "--search",
        action="append",
        metavar="NAME=LOW..HIGH[:log]|NAME=A,B,...",
        help=f"what may be tried of a setting; can be given several times (default: {' '.join(USUAL)})",
    )
    parser.add_argument(
        "--study", default="search", metavar="NAME", help="name of the search, and of its folder in output/"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the choices; training has its own")
    engine = parser.add_argument_group("where trials are trained")
    engine.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="this machine, or a Ray cluster that shares -b"
    )
    engine.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="trials at the same time (default: 1, on a cluster as many as it has room for)",
    )
    engine.add_argument(
        "--address",
        metavar="auto|HOST:PORT",
        help="the Ray cluster; auto finds that of this machine (default: a new one on this machine)",
    )
    engine.add_argument(
        "--cpus_per_worker", type=float, default=1.0, metavar="N", help="cores that Ray reserves for each trial"
    )
    engine.add_argument(
        "--gpus_per_worker", type=float, default=0.0, metavar="SHARE", help="GPUs that Ray reserves for each trial"
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    given = sys.argv[1:] if argv is None else list(argv)
    split = given.index("--") if "--" in given else len(given)
    arguments = build_parser().parse_args(given[:split])
    return exit_status(lambda: _tune(arguments, given[split + 1 :]))


def _check_training(base: list[str], more: list[str], ranges: Sequence[Range]) -> None:
    """Finds out early what trials would end with: options and values that TrainNetwork.py has not, or no data set.

    Raises:
        FileNotFoundError: If a split is not built.
        ValueError: If one of the options is the search's own, or of a setting that is searched.
    """
    from emotion_recognition.data.files.hdf5 import check_is_there

    # An installation holds the scripts as one package.
    training = importlib.import_module(f"{__package__}.TrainNetwork" if __package__ else "TrainNetwork")
    parser = training.build_parser()
    parser.prog = SCRIPT.name  # whose --help an error names
    for name, value in ((part.name, value) for part in ranges for value in part.choices):
        parser.parse_args(joined_ranges([*base, *more, f"--{name}", str(value)]))
    arguments = parser.parse_args(joined_ranges([*base, *more]))
    fixed = next((part.name for part in ranges if getattr(arguments, part.name, None) is not None), None)
    if fixed is not None:
        raise ValueError(f"{fixed} is searched, and cannot be given to trainings behind -- too.")
    if arguments.output_model is not None or arguments.resume:
        raise ValueError("-om and --resume cannot be given to a search's trainings, which have names of their own.")
    workspace, variant = Workspace(arguments.base_path), variant_of(arguments)
    for split in ("train", "val"):
        check_is_there(workspace.split_path(split, arguments.num_emotions, variant=variant))


def _tune(arguments: argparse.Namespace, more: list[str]) -> None:
    for name in ("trials", "workers"):
        if getattr(arguments, name) is not None and getattr(arguments, name) < 1:
            raise ValueError(f"--{name} must be at least 1. Received: {getattr(arguments, name)}")
    ranges = [parse_range(text) for text in arguments.search or USUAL]
    if len({part.name for part in ranges}) < len(ranges):
        raise ValueError(f"--search must name each setting once. Received: {' '.join(arguments.search)}")
    if Path(arguments.study).name != arguments.study or arguments.study in ("", ".", ".."):
        raise ValueError(f"--study must be a name. Received: {arguments.study}")
    if arguments.engine == "local" and (
        arguments.address is not None or arguments.cpus_per_worker != 1 or arguments.gpus_per_worker
    ):
        raise ValueError("--address, --cpus_per_worker and --gpus_per_worker are for --engine ray.")
    if arguments.engine == "ray":
        # The processes of other machines run in other folders.
        arguments.base_path = arguments.base_path.resolve()
    folder: Path = Workspace(arguments.base_path).output_folder / arguments.study

    from emotion_recognition.tuning.study import Search, Trial, import_optuna, report_of, run_search

    import_optuna()
    from emotion_recognition.atomic_file import write_json

    classes = [] if arguments.classes is None else ["--classes", ",".join(arguments.classes)]
    own = [] if arguments.classes is not None else ["-n", str(arguments.num_emotions)]
    base = ["-b", str(arguments.base_path), *classes, *own]
    _check_training(base, more, ranges)

    def model(trial: Trial) -> Path:
        return folder / f"trial{trial.number:04d}.keras"

    def command(trial: Trial) -> list[str]:
        options = [part for name, value in trial.settings.items() for part in (f"--{name}", str(value))]
        return [sys.executable, str(SCRIPT), *base, "-om", str(model(trial)), *more, *options]

    search = Search(folder / "study.sqlite", arguments.study, ranges, command, model, arguments.seed)
    say = lambda text: print(text, flush=True)  # noqa: E731
    with contextlib.ExitStack() as stack:
        workers = arguments.workers or 1
        if arguments.engine == "ray":
            from emotion_recognition.tuning.ray_trainings import RayTrainings

            cpus, gpus = arguments.cpus_per_worker, arguments.gpus_per_worker
            trainings = RayTrainings(search.storage, arguments.address, cpus_per_worker=cpus, gpus_per_worker=gpus)
            stack.enter_context(trainings)
            room = trainings.slots
            workers = min(arguments.workers or room, room)
            print(
                f"trains {workers} trial{'s' * (workers != 1)} at a time on a cluster with room for {room}", flush=True
            )
            search = replace(search, start=trainings)
        study = run_search(search, arguments.trials, workers=workers, say=say)
    report = report_of(study, search)
    write_json(folder / "report.json", report)
    print(f"Best of {len(report['trials'])} trials: {report['best']['val_accuracy']:.2%} on validation")
    for name, value in report["importance"].items():
        print(f"  {name:<16} importance {value:.2f}, best {report['best']['settings'][name]}")
    print(f"It is repeated by: {shlex.join(report['best']['command'])}")
    print(f"Wrote {folder / 'report.json'}; {search.storage} has all trials")


if __name__ == "__main__":
    sys.exit(main())
