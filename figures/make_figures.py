"""Makes the README's figures again: from the HDF5 splits, the released models and the logs of their training.

Run by ``make figures``; needs both builds of the data set below the base path.
"""

import argparse
import csv
import shutil
import sys
from pathlib import Path

from emotion_recognition.command_line import exit_status
from emotion_recognition.emotions import CLASS_COUNTS
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace, beside

FIGURES = Path(__file__).resolve().parent


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-b", "--base_path", type=Path, default=DEFAULT_BASE_PATH, help="folder with the HDF5 splits")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Makes all figures; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _make(Workspace(arguments.base_path)))


def _make(workspace: Workspace) -> None:
    import TestNetwork
    from emotion_recognition import plots
    from emotion_recognition.models.files import load_network

    released = Workspace(FIGURES.parent / DEFAULT_BASE_PATH)
    for num_emotions in CLASS_COUNTS:
        model = released.released_model(num_emotions)
        rows = [row for log in _logs_of(model) for row in _read_log(log)]
        kept = len(rows) - len(_read_log(_logs_of(model)[-1])) + _best_epoch(model)
        plots.draw_training_curves(FIGURES / f"training_{num_emotions}classes.png", rows, kept, model.name)
        status = TestNetwork.main(["-b", str(workspace.base_path), "-n", str(num_emotions), "-im", str(model)])
        if status:
            raise ValueError(f"TestNetwork.py failed for {model}")
        shutil.copyfile(beside(model, "_test_confusion.png"), FIGURES / f"confusion_{num_emotions}classes.png")
        _draw_distribution(workspace, num_emotions)
    print(plots.draw_network(FIGURES / "vggnet", load_network(released.released_model(7))))


def _draw_distribution(workspace: Workspace, num_emotions: int) -> None:
    raise NotImplementedError


def _logs_of(model: Path) -> list[Path]:
    """The logs of all stages of a released model, earliest first."""
    return [*sorted(model.parent.glob(f"{model.stem}_stage*_log.csv")), beside(model, "_log.csv")]


def _read_log(path: Path) -> list[dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def _best_epoch(model: Path) -> int:
    from emotion_recognition.models.card import read_card

    card = read_card(model)
    if card is None:
        raise ValueError(f"{model} has no card beside it.")
    return int(card["stages"][-1]["best_epoch"])


if __name__ == "__main__":
    sys.exit(main())
