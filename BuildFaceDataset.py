"""Builds the HDF5 train and validation splits of photographs with face boxes.

TrainFaceDetector.py comes next: it trains a face detector on them.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_faces_parser
from emotion_recognition.data.face_pictures.sources.registry import face_sources_help, read_face_source
from emotion_recognition.data.sources.stratified import SplitShares
from emotion_recognition.workspace import Workspace

EPILOG = f"""\
--input takes
{face_sources_help()}
for example
  BuildFaceDataset.py --input WIDER_FACE
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_faces_parser(
        "Builds the HDF5 splits that a face detector is trained on, hdf5/faces_train.hdf5 and faces_val.hdf5,\n"
        "from photographs with face boxes.",
        EPILOG,
    )
    parser.add_argument(
        "--input", type=Path, required=True, metavar="PATH", help="the file or folder to build from, see below"
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
    from emotion_recognition.data.face_pictures.stored_picture import PictureStorage

    given = {} if arguments.longest_side is None else {"longest_side": arguments.longest_side}
    storage, shares = PictureStorage(**given), replace(SplitShares(), val=arguments.val_share, seed=arguments.seed)
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
    for path in built.paths.values():
        print(f"wrote {path}")


if __name__ == "__main__":
    sys.exit(main())
