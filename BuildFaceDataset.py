"""Builds the HDF5 train and validation splits of photographs with face boxes.

TrainFaceDetector.py comes next: it trains a face detector on them.
"""

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_faces_parser, path_text
from emotion_recognition.data.face_pictures.sources.registry import face_sources_help, read_face_source
from emotion_recognition.data.sources.stratified import SplitShares
from emotion_recognition.workspace import Workspace

if TYPE_CHECKING:
    from emotion_recognition.data.face_pictures.split import FaceSplit

EPILOG = f"""\
--input takes
{face_sources_help()}
for example
  BuildFaceDataset.py --input WIDER_FACE
  BuildFaceDataset.py --input FOLDER --landmarks face_detection_yunet_2026may.onnx
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_faces_parser(
        "Builds the HDF5 splits that a face detector is trained on, hdf5/faces_train.hdf5 and faces_val.hdf5,\n"
        "from photographs with face boxes.",
        EPILOG,
    )
    parser.add_argument(
        "--input", type=path_text, required=True, metavar="PATH", help="the file or folder to build from, see below"
    )
    parser.add_argument(
        "--longest_side", type=int, metavar="PIXELS", help="larger photographs are shrunk to it (default: 640)"
    )
    shares = SplitShares()
    parser.add_argument(
        "--val_share",
        type=float,
        default=shares.val,
        help="share of the pictures that becomes val where the source has none",
    )
    parser.add_argument("--seed", type=int, default=shares.seed, help="seed of the random choice of those pictures")
    parser.add_argument(
        "--faceless_aside",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="share of the training pictures without a face that is left out, for counting false faces on them",
    )
    parser.add_argument(
        "--landmarks",
        type=path_text,
        metavar="PATH",
        help="add the landmarks that YuNet finds in the boxes, for a detector that learns them too; its file, or the "
        "folder with it; draws a contact sheet beside each split",
    )
    parser.add_argument(
        "--allow_bad", action="store_true", help="build even when more than 1%% of the pictures cannot be read"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace splits that were built before")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _build(arguments))


def _build(arguments: argparse.Namespace) -> None:
    from emotion_recognition.data.face_pictures.building import build_face_splits, check_face_targets
    from emotion_recognition.data.face_pictures.counts import counts_table
    from emotion_recognition.data.face_pictures.set_aside import without_set_aside
    from emotion_recognition.data.face_pictures.stored_picture import PictureStorage

    given = {} if arguments.longest_side is None else {"longest_side": arguments.longest_side}
    storage, val = PictureStorage(**given), arguments.val_share
    if not 0 < val < 1:
        raise ValueError(f"--val_share must be above 0 and below 1. Received: {val:g}")
    # Faces have no test split, whose share must fit in all the same.
    shares = SplitShares(val=val, test=min(SplitShares.test, (1 - val) / 2), seed=arguments.seed)
    workspace = Workspace(arguments.base_path)
    check_face_targets(workspace, overwrite=arguments.overwrite)
    teach = None if arguments.landmarks is None else _teacher(arguments.landmarks)
    source = without_set_aside(read_face_source(arguments.input, shares), arguments.faceless_aside)
    print(f"reads {arguments.input}: {source.kind}", flush=True)
    built = build_face_splits(
        source,
        workspace,
        storage,
        overwrite=arguments.overwrite,
        allow_bad=arguments.allow_bad,
        progress=True,
        teach=teach,
    )
    print(counts_table(built.counts))
    for note in built.notes:
        print(f"note: {note}")
    for path in built.paths.values():
        print(f"wrote {path}")
    if teach is not None:
        _draw_sheets(built.paths.values())


def _teacher(model: Path) -> "Callable[[FaceSplit], FaceSplit]":
    """What adds YuNet's landmarks to a split."""
    from emotion_recognition.detection import open_detector
    from emotion_recognition.detection.face_detectors.settings import DetectionSettings
    from emotion_recognition.progress import Progress
    from emotion_recognition.training.face_ssd.teaching import TeachingSettings, teach_landmarks

    lowest = DetectionSettings(min_confidence=TeachingSettings().min_score)
    teacher = open_detector("yunet", model=model, settings=lowest)
    # A second look at each face follows its tilt; a third would take minutes for a degree.
    teacher.search = replace(teacher.search, looks=1)  # type: ignore[attr-defined]

    def teach(split: "FaceSplit") -> "FaceSplit":
        with Progress(f"{split.split} pictures looked at by YuNet", len(split)) as progress:
            return teach_landmarks(split, teacher, step=progress.step)

    return teach


def _draw_sheets(paths: Iterable[Path]) -> None:
    from emotion_recognition.data.face_pictures.hdf5 import read_face_split
    from emotion_recognition.data.face_pictures.landmark_sheet import draw_landmark_sheet

    for path in paths:
        split = read_face_split(path)
        sheet = path.with_name(f"{path.stem}_landmarks.jpg")
        with contextlib.suppress(ValueError):  # YuNet is sure of none
            print(f"drew {draw_landmark_sheet(sheet, split)} faces with their landmarks: {sheet}")


if __name__ == "__main__":
    sys.exit(main())
