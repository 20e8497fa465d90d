"""Builds the HDF5 train, validation and test splits from FER2013's CSV.

The first stage of all; TrainNetwork.py comes next.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line import add_labels_option, exit_status, new_parser
from emotion_recognition.workspace import FER2013, Workspace

if TYPE_CHECKING:
    from emotion_recognition.data.hdf5 import Split

EPILOG = """\
Without --input, fer2013/ below the base path is searched for fer2013.csv, fer2013.csv.gz, fer2013.tar.gz,
icml_face_data.csv, and then for Kaggle's .zip.
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser("Builds HDF5 train, val and test splits from FER2013's CSV.", EPILOG)
    parser.add_argument(
        "--input", type=Path, metavar="FILE", help="the CSV, plain or .gz, or the .tar.gz or .zip that holds it"
    )
    parser.add_argument(
        "--votes", type=Path, metavar="CSV", help="FER+'s fer2013new.csv; its votes are stored beside the labels"
    )
    add_labels_option(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace splits that were built before")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _build(arguments))


def _build(arguments: argparse.Namespace) -> None:
    from emotion_recognition.data.building import build_splits, find_source
    from emotion_recognition.data.fer2013_csv import PUBLISHED_COUNTS

    workspace = Workspace(arguments.base_path)
    workspace.create_folders()
    source = arguments.input or find_source(workspace.fer2013_folder)
    print(f"reads {source}", flush=True)
    splits = build_splits(
        source,
        workspace,
        arguments.num_emotions,
        overwrite=arguments.overwrite,
        votes=arguments.votes,
        labels=arguments.labels,
    )
    print(_table(splits))
    if arguments.labels != FER2013:
        print("note: images whose votes give them no label are left out")
    elif {name: len(split) for name, split in splits.items()} != PUBLISHED_COUNTS:
        print(f"note: the whole FER2013 has {' / '.join(f'{count:,}' for count in PUBLISHED_COUNTS.values())} images")

    from emotion_recognition import plots

    figure = workspace.distribution_figure(arguments.num_emotions, arguments.labels)
    class_names = splits["train"].class_names
    plots.draw_class_distribution(figure, class_names, {name: split.class_counts() for name, split in splits.items()})
    for name in splits:
        print(f"wrote {workspace.split_path(name, arguments.num_emotions, arguments.labels)}")
    print(f"wrote {figure}")


def _table(splits: "dict[str, Split]") -> str:
    """The number of images of each class in each split and in all, as aligned columns."""
    class_names = splits["train"].class_names
    width = max(len(name) for name in class_names)

    def line(name: str, cells: Sequence[str | int]) -> str:
        return f"{name:<{width}}" + "".join(f"{cell:>8,}" if isinstance(cell, int) else f"{cell:>8}" for cell in cells)

    counts = [split.class_counts().tolist() for split in splits.values()]
    rows = [[*of_class, sum(of_class)] for of_class in zip(*counts, strict=True)]
    return "\n".join(
        [
            line("", [*splits, "all"]),
            *(line(name, row) for name, row in zip(class_names, rows, strict=True)),
            line("all", [sum(column) for column in zip(*rows, strict=True)]),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
