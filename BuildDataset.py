"""Builds the HDF5 train, validation and test splits from FER2013's CSV, and audits them.

The first stage of all; TrainNetwork.py comes next.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line import add_labels_option, exit_status, new_parser
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import FER2013, SPLITS, Workspace

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
    parser.add_argument(
        "--drop",
        metavar="KINDS",
        help="leave out of train and val, and mark in test: duplicates,blank,notface or some of them (notface needs "
        "--votes)",
    )
    parser.add_argument(
        "--audit",
        action="store_true",
        help="report duplicates, blank images, images that are no face and doubtful labels; of the splits that are "
        "there, unless they are to be built",
    )
    parser.add_argument(
        "--audit_model",
        metavar="MODEL",
        help="audit with a trained model too, a name in output/ or a path: likely wrong labels by confident learning",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace splits that were built before")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _run(arguments))


def _run(arguments: argparse.Namespace) -> None:
    workspace = Workspace(arguments.base_path)
    audit = arguments.audit or arguments.audit_model is not None
    model = None if arguments.audit_model is None else workspace.find_model(arguments.audit_model)
    paths = [workspace.split_path(name, arguments.num_emotions, arguments.labels) for name in SPLITS]
    asked_to_build = arguments.overwrite or any(
        option is not None for option in (arguments.input, arguments.votes, arguments.drop)
    )
    if audit and not asked_to_build and all(path.is_file() for path in paths):
        from emotion_recognition.data.hdf5 import read_split

        print(f"audits {', '.join(map(str, paths))}", flush=True)
        splits = {name: read_split(path) for name, path in zip(SPLITS, paths, strict=True)}
    else:
        splits = _build(arguments, workspace)
    if audit:
        _audit(arguments, workspace, splits, model)


def _build(arguments: argparse.Namespace, workspace: Workspace) -> "dict[str, Split]":
    from emotion_recognition.data.building import build_splits, find_source
    from emotion_recognition.data.dropping import parse_kinds
    from emotion_recognition.data.fer2013_csv import PUBLISHED_COUNTS

    drop = () if arguments.drop is None else parse_kinds(arguments.drop)
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
        drop=drop,
    )
    print(_table(splits))
    if arguments.labels != FER2013:
        print("note: images whose votes give them no label are left out")
    for name, split in splits.items():
        counts = ", ".join(f"{count:,} {kind}" for kind, count in split.dropped.items())
        if counts:
            print(f"{'marked in' if name == 'test' else 'dropped from'} {name}: {counts}")
    if (
        not drop
        and arguments.labels == FER2013
        and {name: len(split) for name, split in splits.items()} != PUBLISHED_COUNTS
    ):
        print(f"note: the whole FER2013 has {' / '.join(f'{count:,}' for count in PUBLISHED_COUNTS.values())} images")

    from emotion_recognition import plots

    figure = workspace.distribution_figure(arguments.num_emotions, arguments.labels)
    class_names = splits["train"].class_names
    plots.draw_class_distribution(figure, class_names, {name: split.class_counts() for name, split in splits.items()})
    for name in splits:
        print(f"wrote {workspace.split_path(name, arguments.num_emotions, arguments.labels)}")
    print(f"wrote {figure}")
    return splits


def _audit(arguments: argparse.Namespace, workspace: Workspace, splits: "dict[str, Split]", model: Path | None) -> None:
    from emotion_recognition import plots
    from emotion_recognition.atomic_file import replace_when_complete, write_json
    from emotion_recognition.data.audit import audit_splits
    from emotion_recognition.data.audit_report import audit_json, audit_text, sheet_cases

    likely_errors = None
    if model is not None:
        import_keras()
        from emotion_recognition.evaluation.likely_errors import find_likely_errors

        likely_errors = find_likely_errors(model, splits, progress=True)
    audit = audit_splits(splits, likely_errors)
    text = audit_text(audit)
    print(text, end="")

    def path(ending: str) -> Path:
        return workspace.audit_file(arguments.num_emotions, ending, arguments.labels)

    with replace_when_complete(path(".txt")) as partial:
        partial.write_text(text, encoding="utf-8")
    write_json(path(".json"), audit_json(audit, splits))
    for finding in audit.findings:
        sheet = path(f"_{finding.name}.png")
        if finding.cases:
            cases = sheet_cases(finding, splits)
            plots.draw_contact_sheet(sheet, f"{finding.title}: {len(cases):,} of {len(finding.cases):,} cases", cases)
        else:
            sheet.unlink(missing_ok=True)  # of an earlier audit
    print(f"wrote {path('.txt')}, .json and a contact sheet for each kind, _KIND.png")


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
