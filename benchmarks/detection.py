"""How long each face detector takes on photographs with a known number of faces, and how many it finds.

Rounds alternate between the detectors, medians count. A detector takes part where its files or its package are; nothing
is downloaded. With marked faces, every detector's finds are held against them, too:

    python -m benchmarks.detection --boxes val.csv --pictures val/

The CSV file has the columns file, x, y, w and h: one row a face in pixels, one row with empty numbers for a picture
without one.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_parser
from emotion_recognition.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np

    from emotion_recognition.detection.face_detectors.opening import FaceDetector

#: Fewer rounds than this make no median worth printing.
MIN_ROUNDS = 9

#: A box with at least this intersection over union with a marked face has found it; conventions differ about foreheads.
FOUND = 0.4


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser(__doc__ or "")
    parser.add_argument(
        "photos",
        nargs="*",
        metavar="PHOTO=FACES",
        help="photographs, each with its number of faces (default: the sample photo, which has one)",
    )
    parser.add_argument(
        "--detector_model",
        type=Path,
        help="folder with the files of OpenCV's SSD and of YuNet (default: output/face_detector/)",
    )
    parser.add_argument("--rounds", type=int, default=15, help=f"runs of each detector, at least {MIN_ROUNDS}")
    parser.add_argument("--boxes", type=Path, help="CSV file with marked faces")
    parser.add_argument("--pictures", type=Path, help="folder with the pictures that it names")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    from emotion_recognition.pictures.image_file import read_image

    if arguments.rounds < MIN_ROUNDS:
        raise ValueError(f"--rounds must be at least {MIN_ROUNDS}. Received: {arguments.rounds}")
    if (arguments.boxes is None) != (arguments.pictures is None):
        raise ValueError("--boxes and --pictures belong together.")
    workspace = Workspace(arguments.base_path)
    photos = [_photo(text) for text in arguments.photos or [f"{workspace.sample_photo}=1"]]
    detectors = _detectors(arguments.detector_model or workspace.face_detector_folder, workspace.base_path)
    for path, faces in photos:
        image = read_image(path)
        print(f"{path.name}, {image.shape[1]}×{image.shape[0]} pixels, {faces} faces")
        found = {name: len(detector.detect(image)) for name, detector in detectors.items()}  # warms up, too
        medians = _medians(detectors, image, arguments.rounds)
        for name, median in medians.items():
            ratio = median / medians["haar"]
            print(
                f"  {name:10s} {median * 1000:7.1f} ms, {ratio:5.2f} of the Haar cascade's, faces found: {found[name]}"
            )
    if arguments.boxes is not None:
        _compare(detectors, arguments.boxes, arguments.pictures)


def _photo(text: str) -> tuple[Path, int]:
    path, _, faces = text.rpartition("=")
    if not path or not faces.isdecimal():
        raise ValueError(f"A photograph must be given with its number of faces, as in photo.jpg=3. Received: {text}")
    return Path(path), int(faces)


def _detectors(folder: Path, base_path: Path) -> "dict[str, FaceDetector]":
    """Every detector that can be opened without a download."""
    from emotion_recognition.detection.face_detectors.opening import open_detector

    detectors: dict[str, FaceDetector] = {}
    for name in ("haar", "ssd", "ssd-opencv", "yunet", "dlib"):
        try:
            detectors[name] = open_detector(
                name, model=folder if name in ("ssd-opencv", "yunet") else None, base_path=base_path
            )
        except (ValueError, OSError) as error:
            print(f"without {name}: {error}")
    return detectors


def _medians(detectors: "dict[str, FaceDetector]", image: "np.ndarray", rounds: int) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in detectors}
    for _ in range(rounds):
        for name, detector in detectors.items():
            start = time.perf_counter()
            detector.detect(image)
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def _compare(detectors: "dict[str, FaceDetector]", boxes: Path, pictures: Path) -> None:
    import pandas as pd

    from emotion_recognition.pictures.image_file import read_image
    from emotion_recognition.pictures.overlap import overlap

    table = pd.read_csv(boxes)
    marked = int(table["w"].notna().sum())
    print(f"{boxes.name}, {table['file'].nunique()} pictures with {marked} marked faces")
    found, wrong = dict.fromkeys(detectors, 0), dict.fromkeys(detectors, 0)
    seconds: dict[str, list[float]] = {name: [] for name in detectors}
    for file, rows in table.groupby("file"):
        image = read_image(pictures / str(file))
        faces = rows.loc[rows["w"].notna(), ["x", "y", "w", "h"]].to_numpy().tolist()
        for name, detector in detectors.items():
            start = time.perf_counter()
            seen = [face.box for face in detector.detect(image)]
            seconds[name].append(time.perf_counter() - start)
            found[name] += sum(any(overlap(box, face) >= FOUND for box in seen) for face in faces)
            wrong[name] += sum(not any(overlap(box, face) >= FOUND for face in faces) for box in seen)
    for name in detectors:
        print(
            f"  {name:10s} {statistics.median(seconds[name]) * 1000:7.1f} ms a picture, "
            f"{found[name] / marked:6.1%} of the faces found, {wrong[name]} boxes without a face"
        )


if __name__ == "__main__":
    sys.exit(main())
