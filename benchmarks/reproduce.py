"""Makes the released emotion models again, and prints each released figure beside the repeated one.

Builds the data sets, trains and tests with the project's own scripts, each in a process of its own. What is there
already is kept, and a training that was interrupted goes on, so that the command can be given again after a stop. The
random numbers of training depend on the version of the project, so a repeated figure lies within the interval of the
released one and need not equal it. The released small model had 296 of its 330 epochs, and four more of its own.

The class prior and the temperature of the model for photographs were fitted to labelled photographs, those of
--photographs here. Without them the repeated one keeps the prior of its training, which costs FER2013's val 0.7 points.
"""

import argparse
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.resumable import SCRIPTS, build_once, run_script, train_once
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.models.card import read_card
from emotion_recognition.workspace import FER2013, FERPLUS, FERPLUS_PROBABILITY, Workspace

RELEASED = Workspace(SCRIPTS / "FacialExpressionRecognition")


@dataclass(frozen=True)
class Model:
    """One released model, or what one starts or learns from, and how it is made.

    Args:
        released: Its file name; what others start or learn from has one too, and is not among the released files.
        classes: Its number of classes.
        train: Options of TrainNetwork.py, without base path, classes and names.
        start: Number of the model that it starts from, counted from 0; None from scratch.
        teachers: Numbers of the models that it learns from.
        test_labels: Where the labels that it is tested on are from.
        fitted: Whether its class prior and its temperature are fitted to photographs.
    """

    released: str
    classes: int
    train: tuple[str, ...]
    start: int | None = None
    test_labels: str = FER2013
    fitted: bool = False
    teachers: tuple[int, ...] = ()

    @property
    def repeated(self) -> str:
        """File name of the repeated model."""
        return f"repeated_{self.released.removeprefix('emotion_classification_')}"

    @property
    def needs(self) -> set[int]:
        """Numbers of the models that it starts and learns from."""
        return {*self.teachers, *(() if self.start is None else (self.start,))}


_RECORD = ("--recipe", "record", "--votes_weight", "1")
_LONG = (*_RECORD, *shlex.split("--network vggnet_large --batch_size 256 -epochs 130"))
_WIDER = "rotation=12,shift=0.1,zoom=0.15,contrast=0.3,gamma=0.3,erase=0.3"
_TAUGHT = (
    *_RECORD,
    *shlex.split("--batch_size 256 -lr 0.15 --mixup 0.5 --label_smoothing 0"),
    *shlex.split("--teacher_views --teacher_weight 0.8 --teacher_temperature 1"),
)
#: A new head alone.
_HEAD = tuple(shlex.split("--recipe record -lr 0.05 --freeze all -epochs 1 --new_head"))
_SMALL = (
    *_RECORD,
    *shlex.split(
        "--network vggnet_small --batch_size 256 -lr 0.15 -epochs 330 --weight_decay 3e-3 --label_smoothing 0"
    ),
    *shlex.split("--mixup 0.2 --augmentation shift=0.08,zoom=0.1,erase=0.15 --seed 12"),
    *shlex.split("--teacher_views --teacher_weight 0.8 --teacher_temperature 1"),
)

MODELS = (
    Model("wide_seed0.keras", 7, _RECORD),
    Model("long_seed1.keras", 7, (*_LONG, *shlex.split("--mixup 0.2 --seed 1"))),
    Model("long_seed2.keras", 7, (*_LONG, *shlex.split("--mixup 0.4 --seed 2"))),
    Model("long_seed3.keras", 7, (*_LONG, *shlex.split(f"--mixup 0.3 --augmentation {_WIDER} --seed 3"))),
    Model("taught.keras", 7, (*_TAUGHT, *shlex.split("-epochs 105 --seed 5")), teachers=(1, 2, 3)),
    Model(
        "emotion_classification_7classes.keras",
        7,
        (*_TAUGHT, *shlex.split("-epochs 260 --seed 11")),
        teachers=(4, 1, 2),
    ),
    Model("emotion_classification_6classes.keras", 6, _HEAD, 4),
    Model("emotion_classification_8classes_ferplus.keras", 8, (*_HEAD, "--labels", FERPLUS_PROBABILITY), 5, FERPLUS),
    Model("emotion_classification_7classes_ferplus.keras", 7, (*_HEAD, "--labels", FERPLUS_PROBABILITY), 5, FERPLUS),
    Model(
        "emotion_classification_7classes_photographs.keras",
        7,
        ("--recipe", "photographs", "-epochs", "16", "-lr", "0.03"),
        0,
        fitted=True,
    ),
    Model("emotion_classification_7classes_small.keras", 7, _SMALL, teachers=(4, 1)),
)


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-b", "--base_path", type=Path, required=True, help="folder for the data sets and models")
    parser.add_argument("--fer2013", type=Path, required=True, help="FER2013's CSV, in any of its distributions")
    parser.add_argument("--votes", type=Path, required=True, help="FER+'s fer2013new.csv")
    parser.add_argument("--photographs", type=Path, help="labelled photographs that TestNetwork.py --photos reads")
    parser.add_argument(
        "--only", nargs="+", type=int, choices=range(len(MODELS)), help="numbers of the models to make (default: all)"
    )
    parser.add_argument("--mixed_precision", action="store_true", help="train in bfloat16, as the released models were")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _reproduce(arguments))


def _reproduce(arguments: argparse.Namespace) -> None:
    workspace = Workspace(arguments.base_path)
    wanted = with_what_they_need(arguments.only or range(len(MODELS)))
    for number in wanted:
        model = MODELS[number]
        for labels in dict.fromkeys((FER2013, *_labels(model), model.test_labels)):
            build_once(workspace, model.classes, labels, arguments.fer2013, arguments.votes)
        source = () if model.start is None else ("-im", MODELS[model.start].repeated)
        teachers = ",".join(MODELS[teacher].repeated for teacher in model.teachers)
        taught = ("--teacher", teachers) if teachers else ()
        precision = ("--mixed_precision",) if arguments.mixed_precision else ()
        train_once(workspace, model.repeated, model.classes, (*source, *taught, *model.train, *precision))
        if model.fitted and arguments.photographs is not None:
            run_script(
                *("TestNetwork.py", "-b", workspace.base_path, "-n", model.classes, "-im", model.repeated),
                *("--photos", arguments.photographs, "--fit_prior", "classes", "--fit_temperature", "--keep"),
            )
        for split in ("val", "test"):
            run_script(
                *("TestNetwork.py", "-b", workspace.base_path, "-n", model.classes, "-im", model.repeated),
                *("--split", split, "--labels", model.test_labels),
            )
    for number in wanted:
        print(comparison(workspace, MODELS[number]))


def with_what_they_need(numbers: Iterable[int]) -> list[int]:
    """Numbers of some models and of all that these start and learn from, in the order in which they are made."""
    needed = set(numbers)
    for number in reversed(range(len(MODELS))):  # whatever one needs stands before it
        if number in needed:
            needed |= MODELS[number].needs
    return sorted(needed)


def _labels(model: Model) -> tuple[str, ...]:
    return (model.train[model.train.index("--labels") + 1],) if "--labels" in model.train else ()


def comparison(workspace: Workspace, model: Model) -> str:
    """The released model's figures beside the repeated one's, as text."""
    lines = [model.released]
    cards = [read_card(folder / name) for folder, name in _files(workspace, model)]
    for split in ("val", "test"):
        released, repeated = (_accuracy(card, split, model.test_labels) for card in cards)
        lines.append(f"  {split:<5} released {released}   repeated {repeated}")
    return "\n".join(lines)


def _files(workspace: Workspace, model: Model) -> list[tuple[Path, str]]:
    return [(RELEASED.output_folder, model.released), (workspace.output_folder, model.repeated)]


def _accuracy(card: dict[str, Any] | None, split: str, labels: str) -> str:
    metrics = (card or {}).get("metrics", {})
    figures = metrics.get(f"{labels}_{split}", metrics.get(split)) if labels != FER2013 else metrics.get(split)
    if figures is None:
        return "   -"
    low, high = figures["accuracy_interval_95"]
    return f"{100 * figures['accuracy']:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


if __name__ == "__main__":
    sys.exit(main())
