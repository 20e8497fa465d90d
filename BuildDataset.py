"""Builds the HDF5 train, validation and test splits from a CSV, image folders or photographs, and audits them.

The first stage of all; TrainNetwork.py comes next. With --faces it builds the splits that a face detector is trained
on.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import add_image_options, classes_option, new_parser, variant_of
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import FER2013, SPLITS, USUAL, Variant, Workspace

if TYPE_CHECKING:
    import numpy as np

    from emotion_recognition.data.building.picture_building import Built
    from emotion_recognition.data.sources.stratified import SplitShares

EPILOG = """\
--input takes
  FER2013's CSV with emotion, pixels and Usage, plain, .gz, .tar.gz or .zip
  the competition's train.csv (emotion, pixels), of which val and test become parts
  the competition's test.csv (pixels), for TestNetwork.py --predict
  a folder with train/CLASS/, test/CLASS/ and perhaps val/CLASS/, or with CLASS/ alone
  a folder with Pascal VOC annotations: an XML file with boxes and emotions for each picture
Without --input, fer2013/ below the base path is searched for fer2013.csv, fer2013.csv.gz, fer2013.tar.gz,
icml_face_data.csv, and then for Kaggle's .zip.

With --faces it builds photographs with face boxes, hdf5/faces_train.hdf5 and faces_val.hdf5. --input then takes
  a folder with train.csv and val.csv: file,x,y,w,h in pixels, perhaps source,mask, one row a face; the numbers of a
    picture without a face are empty; the pictures lie in train/ and val/ beside them
  one such CSV, with the pictures in a folder of its name or beside it, of which val becomes a part
  WIDER FACE's folder, with wider_face_split/, WIDER_train/ and WIDER_val/
for example
  BuildDataset.py --faces --input WIDER_FACE
"""

#: What --faces goes with, by the options' names in the arguments; all others are about emotions.
FACES_OPTIONS = ("base_path", "input", "faces", "longest_side", "val_share", "seed", "allow_bad", "overwrite")


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser(
        "Builds HDF5 train, val and test splits from FER2013's CSV, image folders or annotated photographs;\n"
        "with --faces, the splits that a face detector is trained on.",
        EPILOG,
    )
    parser.add_argument("--input", type=Path, metavar="PATH", help="the file or folder to build from, see below")
    add_image_options(parser)
    parser.add_argument(
        "--val_share", type=float, help="part that becomes val where the source has none (default: 0.1)"
    )
    parser.add_argument(
        "--test_share", type=float, help="part that becomes test where the source has none (default: 0.1)"
    )
    parser.add_argument("--seed", type=int, default=0, help="start of the random numbers that choose those parts")
    parser.add_argument(
        "--allow_bad", action="store_true", help="build even when more than 1%% of the pictures cannot be read"
    )
    parser.add_argument(
        "--votes", type=Path, metavar="CSV", help="FER+'s fer2013new.csv; its votes are stored beside the labels"
    )
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
    parser.add_argument(
        "--faces", action="store_true", help="build photographs with face boxes, to train a face detector; see below"
    )
    parser.add_argument(
        "--longest_side",
        type=int,
        metavar="PIXELS",
        help="with --faces: larger photographs are shrunk to it (default: 640)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace splits that were built before")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _build_faces(arguments) if arguments.faces else _run(arguments))


def _run(arguments: argparse.Namespace) -> None:
    if arguments.longest_side is not None:
        raise ValueError("--longest_side is for --faces; other images get their size from --image_size.")
    workspace, variant = Workspace(arguments.base_path), variant_of(arguments)
    model = None if arguments.audit_model is None else workspace.find_model(arguments.audit_model)
    paths = {name: workspace.split_path(name, arguments.num_emotions, variant=variant) for name in SPLITS}
    audit = arguments.audit or model is not None
    asked_to_build = arguments.overwrite or any(
        option is not None for option in (arguments.input, arguments.votes, arguments.drop)
    )
    if audit and not asked_to_build and all(path.is_file() for path in paths.values()):
        print(f"audits {', '.join(map(str, paths.values()))}", flush=True)
    else:
        _build(arguments, workspace, variant)
    if audit:
        _audit(workspace, variant, paths, model)


def _build_faces(arguments: argparse.Namespace) -> None:
    # The decoder is the one that the detector reads photographs with.
    from emotion_recognition.data.face_pictures.building import build_face_splits, check_face_targets
    from emotion_recognition.data.face_pictures.counts import counts_table
    from emotion_recognition.data.face_pictures.face_sources import read_face_source
    from emotion_recognition.data.face_pictures.stored_picture import PictureStorage

    _refuse_emotion_options(arguments)
    if arguments.input is None:
        raise ValueError("--faces needs --input: a folder with train.csv and val.csv, a CSV, or WIDER FACE's folder.")
    given = {} if arguments.longest_side is None else {"longest_side": arguments.longest_side}
    storage, shares = PictureStorage(**given), _shares(arguments)
    workspace = Workspace(arguments.base_path)
    check_face_targets(workspace, overwrite=arguments.overwrite)
    source = read_face_source(arguments.input, shares)
    print(f"reads {arguments.input}: {source.kind}", flush=True)
    built = build_face_splits(
        source,
        workspace,
        storage,
        overwrite=arguments.overwrite,
        allow_bad=arguments.allow_bad,
        progress=True,
    )
    print(counts_table(built.counts))
    for note in built.notes:
        print(f"note: {note}")
    for name in built.counts:
        print(f"wrote {workspace.face_split_path(name)}")


def _refuse_emotion_options(arguments: argparse.Namespace) -> None:
    parser = build_parser()
    if arguments.chose_classes:
        raise ValueError(f"{classes_option(arguments)} does not go with --faces: faces have no classes.")
    for name, value in vars(arguments).items():
        chosen = value != parser.get_default(name)
        if chosen and name not in (*FACES_OPTIONS, "num_emotions", "class_names", "chose_classes"):
            raise ValueError(f"--{name} does not go with --faces: it is for data sets of emotions.")


def _build(arguments: argparse.Namespace, workspace: Workspace, variant: Variant) -> None:
    from emotion_recognition.data.building.building import find_source
    from emotion_recognition.data.building.csv_building import build_unlabelled
    from emotion_recognition.data.sources.fer2013_csv import TEST_KIND
    from emotion_recognition.data.sources.source_kind import CSV_KINDS, recognise

    shares = _shares(arguments)
    workspace.create_folders()
    source = arguments.input or find_source(workspace.fer2013_folder)
    kind = recognise(source)
    print(f"reads {source}: {kind}", flush=True)
    if kind in CSV_KINDS and arguments.classes is not None:
        raise ValueError(f"--classes is for folders and annotations; the emotions of {source} are FER2013's.")
    if (arguments.votes is not None or arguments.labels != FER2013) and not _is_usual(kind, variant):
        raise ValueError("--votes and --labels are for FER2013's whole CSV, at its own image size and in grey.")
    if kind == TEST_KIND:
        if arguments.audit or arguments.audit_model is not None or arguments.drop is not None:
            raise ValueError(f"--audit, --audit_model and --drop need labels; {source} has none.")
        path, count = build_unlabelled(source, workspace, variant, overwrite=arguments.overwrite)
        print(f"{count:,} images without labels\nwrote {path}")
        return
    built = _build_splits(arguments, source, kind, workspace, shares)
    print(_table(built.class_names, built.counts))
    if arguments.drop is not None:
        for name in built.counts:
            print(_dropped(workspace.split_path(name, len(built.class_names), variant=variant)))
    for note in built.notes:
        print(f"note: {note}")

    from emotion_recognition import plots
    from emotion_recognition.data.files.samples import read_samples

    classes = len(built.class_names)
    distribution = workspace.distribution_figure(classes, variant=variant)
    plots.draw_class_distribution(distribution, built.class_names, built.counts)
    samples = workspace.samples_figure(classes, variant=variant)
    train = workspace.split_path("train", classes, variant=variant)
    plots.draw_samples(samples, read_samples(train), f"{source.name}: images of the training split")
    for name in built.counts:
        print(f"wrote {workspace.split_path(name, classes, variant=variant)}")
    print(f"wrote {distribution}\nwrote {samples}")


def _build_splits(
    arguments: argparse.Namespace, source: Path, kind: str, workspace: Workspace, shares: "SplitShares"
) -> "Built":
    from functools import partial

    from emotion_recognition.data.building.building import build_splits
    from emotion_recognition.data.building.csv_building import build_from_csv
    from emotion_recognition.data.building.dropping import parse_kinds
    from emotion_recognition.data.building.picture_building import Built, build_from_pictures, check_split_targets
    from emotion_recognition.data.sources.class_labels import ClassLabels, describe_absent
    from emotion_recognition.data.sources.fer2013_csv import FER2013_KIND, PUBLISHED_COUNTS
    from emotion_recognition.data.sources.source_kind import CSV_KINDS, list_pictures

    variant = variant_of(arguments)
    drop = () if arguments.drop is None else parse_kinds(arguments.drop)
    classes = ClassLabels(arguments.class_names, own=arguments.classes is not None)
    notes: list[str] = []
    if kind in CSV_KINDS:
        if _is_usual(kind, variant):
            splits = build_splits(
                source,
                workspace,
                arguments.num_emotions,
                overwrite=arguments.overwrite,
                votes=arguments.votes,
                labels=arguments.labels,
                drop=drop,
            )
            if arguments.labels != FER2013:
                notes.append("images whose votes give them no label are left out")
            counts = {name: split.class_counts() for name, split in splits.items()}
            built = Built(classes.names, counts)
        else:
            built = build_from_csv(
                source, workspace, classes, variant, shares=shares, overwrite=arguments.overwrite, drop=drop
            )
        sizes = {name: int(counts.sum()) for name, counts in built.counts.items()}
        whole = not drop and arguments.labels == FER2013 and len(classes.names) > 5
        if kind == FER2013_KIND and whole and sizes != PUBLISHED_COUNTS:
            notes.append(
                f"the whole FER2013 has {' / '.join(f'{count:,}' for count in PUBLISHED_COUNTS.values())} images"
            )
    else:
        # Only here: OpenCV and Pillow open the pictures, as they do for the detector.
        from emotion_recognition.data.building.labelled_faces import read_labelled_faces

        check_split_targets(workspace, classes, variant, overwrite=arguments.overwrite)
        built = build_from_pictures(
            list_pictures(source, kind, classes, shares),
            partial(read_labelled_faces, image_size=variant.image_size, channels=variant.channels),
            workspace,
            classes,
            variant,
            overwrite=arguments.overwrite,
            drop=drop,
            allow_bad=arguments.allow_bad,
            progress=True,
        )
    absent = describe_absent(classes, built.counts["train"].tolist())
    return Built(built.class_names, built.counts, (*built.notes, *notes, *([] if absent is None else [absent])))


def _is_usual(kind: str, variant: Variant) -> bool:
    """Whether it is FER2013's CSV as it is: all that votes can be matched with."""
    from emotion_recognition.data.sources.fer2013_csv import FER2013_KIND

    return kind == FER2013_KIND and replace(variant, labels=FER2013) == USUAL


def _dropped(path: Path) -> str:
    """What was taken out of a split, in words."""
    from emotion_recognition.data.files.hdf5 import read_split

    split = read_split(path, stream_above=0)
    counts = ", ".join(f"{count:,} {kind}" for kind, count in split.dropped.items())
    return f"{'marked in' if split.split == 'test' else 'dropped from'} {split.split}: {counts}"


def _audit(workspace: Workspace, variant: Variant, paths: Mapping[str, Path], model: Path | None) -> None:
    from emotion_recognition import plots
    from emotion_recognition.atomic_file import replace_when_complete, write_json
    from emotion_recognition.data.audit.audit import audit_splits
    from emotion_recognition.data.audit.report import audit_json, audit_text, sheet_cases
    from emotion_recognition.data.files.hdf5 import read_split

    splits = {name: read_split(path) for name, path in paths.items()}
    classes = len(splits["train"].class_names)
    likely_errors = None
    if model is not None:
        import_keras()
        from emotion_recognition.evaluation.likely_errors import find_likely_errors

        likely_errors = find_likely_errors(model, splits, progress=True)
    audit = audit_splits(splits, likely_errors)
    text = audit_text(audit)
    print(text, end="")

    def path(ending: str) -> Path:
        return workspace.audit_file(classes, ending, variant=variant)

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


def _shares(arguments: argparse.Namespace) -> "SplitShares":
    from emotion_recognition.data.sources.stratified import SplitShares

    given = {"val": arguments.val_share, "test": arguments.test_share, "seed": arguments.seed}
    return replace(SplitShares(), **{name: value for name, value in given.items() if value is not None})


def _table(class_names: Sequence[str], counts: "Mapping[str, np.ndarray]") -> str:
    """The number of images of each class in each split and in all, as aligned columns."""
    width = max(len("all"), *(len(name) for name in class_names))

    def line(name: str, cells: Sequence[str | int]) -> str:
        return f"{name:<{width}}" + "".join(f"{cell:>8,}" if isinstance(cell, int) else f"{cell:>8}" for cell in cells)

    rows = [
        [*of_class, sum(of_class)]
        for of_class in zip(*(of_split.tolist() for of_split in counts.values()), strict=True)
    ]
    return "\n".join(
        [
            line("", [*counts, "all"]),
            *(line(name, row) for name, row in zip(class_names, rows, strict=True)),
            line("all", [sum(column) for column in zip(*rows, strict=True)]),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
