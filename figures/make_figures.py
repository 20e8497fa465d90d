"""Makes the README's figures again: from the HDF5 splits, the released models and the logs of their training.

Run by ``make figures``; needs both builds of the data set below the base path.
"""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.emotions import FER2013_CLASS_COUNTS
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import DEFAULT_BASE_PATH, LOG, SPLITS, Workspace, beside

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
    import EmotionDetector
    import TestNetwork

    import_keras()
    from emotion_recognition import plots
    from emotion_recognition.models.card import read_card
    from emotion_recognition.models.files import load_network
    from emotion_recognition.training.face_ssd.stage import COLUMNS
    from emotion_recognition.training.log_file import read_log
    from emotion_recognition.training.saving import also_in_training_loss

    released = Workspace(FIGURES.parent / DEFAULT_BASE_PATH)
    for num_emotions in FER2013_CLASS_COUNTS:
        model = released.released_model(num_emotions)
        rows = read_log(beside(model, LOG))
        kept = sum(row["stage"] < rows[-1]["stage"] for row in rows) + _best_epoch(model)
        stages = (read_card(model) or {}).get("stages", [])
        plots.draw_training_curves(
            FIGURES / f"training_{num_emotions}classes.png",
            rows,
            kept,
            model.name,
            also_in_training_loss=also_in_training_loss(stages),
        )
        _run(TestNetwork.main, "-b", workspace.base_path, "-n", num_emotions, "-im", model)
        for figure in ("confusion", "reliability"):
            shutil.copyfile(beside(model, f"_test_{figure}.png"), FIGURES / f"{figure}_{num_emotions}classes.png")
        _draw_distribution(workspace, num_emotions)
    detector = released.released_face_detector
    rows = read_log(beside(detector, LOG), COLUMNS)
    plots.draw_training_curves(FIGURES / "training_face_ssd.png", rows, len(rows), detector.name)
    _run(EmotionDetector.main, "-b", released.base_path, "-o", FIGURES / "sample_annotated.jpg")
    more = ("--explain", "--histogram", "-o", FIGURES / "sample_explained.jpg")
    _run(EmotionDetector.main, "-b", released.base_path, *more)
    print(plots.draw_network(FIGURES / "vggnet_wide", load_network(released.released_model(7))))


def _run(script: Callable[[list[str]], int], *options: object) -> None:
    arguments = [str(option) for option in options]
    if script(arguments):
        raise ValueError(f"{script.__module__} failed with {' '.join(arguments)}")


def _draw_distribution(workspace: Workspace, num_emotions: int) -> None:
    from emotion_recognition import plots
    from emotion_recognition.data.files.hdf5 import read_split

    splits = {name: read_split(workspace.split_path(name, num_emotions)) for name in SPLITS}
    counts = {name: split.class_counts() for name, split in splits.items()}
    plots.draw_class_distribution(
        FIGURES / f"distribution_{num_emotions}classes.png", splits["train"].class_names, counts
    )


def _best_epoch(model: Path) -> int:
    from emotion_recognition.models.card import read_card

    card = read_card(model)
    if card is None:
        raise ValueError(f"{model} has no card beside it.")
    return int(card["stages"][-1]["best_epoch"])


if __name__ == "__main__":
    sys.exit(main())
