"""Builds the HDF5 train, validation and test splits from a CSV or from folders of pictures, and audits them.

The first stage of all; TrainNetwork.py comes next. BuildFaceDataset.py builds what a face detector is trained on.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from emotion_recognition.command_line.detection_options import add_detector_options, given_detector_options
from emotion_recognition.command_line.detector_plans import open_face_detector
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import (
    add_former_option,
    add_image_options,
    new_parser,
    path_text,
    refuse_given,
    variant_of,
)
from emotion_recognition.data.sources.registry import sources_help
from emotion_recognition.data.sources.stratified import SplitShares
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import FER2013_FILES, SPLITS, Variant, Workspace

EPILOG = f"""\
--input takes
{sources_help()}
Without --input, fer2013/ below the base path is searched for
  {", ".join(FER2013_FILES)},
  and then for Kaggle's .zip.
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser("Builds HDF5 train, val and test splits from FER2013's CSV or folders of pictures.", EPILOG)
    parser.add_argument("--input", type=path_text, metavar="PATH", help="the file or folder to build from, see below")
    add_image_options(parser)
    shares = SplitShares()
    for split, default in (("val", shares.val), ("test", shares.test)):
        parser.add_argument(
            f"--{split}_share",
            type=float,
            default=default,
            help=f"share of the images that becomes {split} where the source has none",
        )
    parser.add_argument("--seed", type=int, default=shares.seed, help="seed of the random choice of those images")
    parser.add_argument(
        "--allow_bad", action="store_true", help="build even when more than 1%% of the pictures cannot be read"
    )
    parser.add_argument(
        "--votes", type=path_text, metavar="CSV", help="FER+'s fer2013new.csv; its votes are stored beside the labels"
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
        help="report duplicates, blank images, images without a face and doubtful labels: of the splits that exist, or "
        "of those that this command builds",
    )
    parser.add_argument(
        "--audit_model",
        metavar="MODEL",
        help="audit with a trained model too, a name in output/ or a path: likely wrong labels by confident learning",
    )
    faces = parser.add_argument_group("photographs in class folders")
    faces.add_argument(
        "--find_faces",
        action="store_true",
        help="crop the largest face of each picture as detection finds it, and leave out, count and name pictures "
        "without one (default: the square in the middle of the picture)",
    )
    add_detector_options(faces)
    parser.add_argument("--overwrite", action="store_true", help="replace splits that were built before")
    add_former_option(parser, "--faces", "is now a script of its own, BuildFaceDataset.py")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _run(arguments))


def _run(arguments: argparse.Namespace) -> None:
    if not arguments.find_faces:
        refuse_given(given_detector_options(arguments), "needs --find_faces")
    workspace, variant = Workspace(arguments.base_path), variant_of(arguments)
    model = None if arguments.audit_model is None else workspace.find_model(arguments.audit_model)
    paths = {name: workspace.split_path(name, arguments.num_emotions, variant=variant) for name in SPLITS}
    audit = arguments.audit or model is not None
    asked_to_build = (arguments.overwrite or arguments.find_faces) or any(
        option is not None for option in (arguments.input, arguments.votes, arguments.drop)
    )
    if audit and not asked_to_build and all(path.is_file() for path in paths.values()):
        print(f"audits {', '.join(map(str, paths.values()))}", flush=True)
    else:
        _build(arguments, workspace, variant)
    if audit:
        _audit(workspace, variant, paths, model)


def _build(arguments: argparse.Namespace, workspace: Workspace, variant: Variant) -> None:
    from emotion_recognition.data.building.build import build
    from emotion_recognition.data.building.build_targets import check_targets, target_paths
    from emotion_recognition.data.building.built import counts_table
    from emotion_recognition.data.building.dropping import parse_kinds
    from emotion_recognition.data.building.figures import draw_figures
    from emotion_recognition.data.building.finding import find_source
    from emotion_recognition.data.sources.class_labels import ClassLabels
    from emotion_recognition.data.sources.registry import recognise
    from emotion_recognition.data.sources.source import UNLABELLED, SourceOptions

    workspace.create_folders()
    path = arguments.input or find_source(workspace)
    kind = recognise(path)
    print(f"reads {path}: {kind.name}", flush=True)
    face_detector = None
    if arguments.find_faces:
        # Before a detector is opened, which may download its files.
        kind.check_takes(["find_faces"])
        face_detector = open_face_detector(arguments, workspace)
        print(f"face detector: {face_detector.description}", flush=True)
    options = SourceOptions(
        ClassLabels(arguments.class_names, own=arguments.classes is not None),
        variant,
        SplitShares(arguments.val_share, arguments.test_share, arguments.seed),
        arguments.votes,
        face_detector,
    )
    if UNLABELLED in kind.splits and (arguments.audit or arguments.audit_model or arguments.drop is not None):
        raise ValueError(f"--audit, --audit_model and --drop need labels; {path} has none.")
    drop = () if arguments.drop is None else parse_kinds(arguments.drop)
    check_targets(target_paths(workspace, kind.splits, options).values(), overwrite=arguments.overwrite)
    built = build(
        kind.open(path, options),
        workspace,
        overwrite=arguments.overwrite,
        drop=drop,
        allow_bad=arguments.allow_bad,
        progress=True,
    )
    print(counts_table(built))
    for note in built.notes:
        print(f"note: {note}")
    for written in built.paths.values():
        print(f"wrote {written}", flush=True)
    for outdated in workspace.audit_files(arguments.num_emotions, variant=variant):
        outdated.unlink(missing_ok=True)
        print(f"removed {outdated}, which was about the splits before")
    for written in draw_figures(built, workspace, variant, path.name):
        print(f"wrote {written}")


def _audit(workspace: Workspace, variant: Variant, paths: Mapping[str, Path], model: Path | None) -> None:
    from emotion_recognition import plots
    from emotion_recognition.data.audit.audit import audit_splits
    from emotion_recognition.data.audit.report import audit_text, write_audit
    from emotion_recognition.data.files.hdf5 import read_split

    splits = {name: read_split(path, role=name) for name, path in paths.items()}
    likely_errors = None
    if model is not None:
        import_keras()
        from emotion_recognition.evaluation.likely_errors import find_likely_errors

        likely_errors = find_likely_errors(model, splits, progress=True)
    audit = audit_splits(splits, likely_errors)
    print(audit_text(audit), end="")

    def file_of(ending: str) -> Path:
        return workspace.audit_file(len(audit.class_names), ending, variant=variant)

    write_audit(audit, splits, file_of, plots.draw_contact_sheet)
    print(f"wrote {file_of('.txt')}, .json and a contact sheet for each kind, _KIND.png")


if __name__ == "__main__":
    sys.exit(main())
