"""Draws the README's contact sheet: what a face detector finds, and misses, in pictures made harder step by step.

Run by ``make figures``; nothing is downloaded with the default detector. Prints the hits, misses and false alarms of
each picture.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace

if TYPE_CHECKING:
    from emotion_recognition.detection.face_detectors.opening import FaceDetector

FIGURES = Path(__file__).resolve().parent


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-b", "--base_path", type=Path, default=DEFAULT_BASE_PATH, help="folder that holds output/")
    parser.add_argument("--detector", default="auto", help="whose finds (default: %(default)s)")
    parser.add_argument("--detector_model", type=Path, help="the detector's file, or the folder with its files")
    parser.add_argument(
        "-o", "--output", type=Path, default=FIGURES / "face_sheet.jpg", help="file to write (default: %(default)s)"
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Draws the sheet; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _draw(arguments))


def _draw(arguments: argparse.Namespace) -> None:
    from emotion_recognition.detection.face_detectors.opening import open_detector

    folder = Workspace(arguments.base_path).face_detector_folder
    detector = open_detector(arguments.detector, model=arguments.detector_model, folder=folder)
    print(draw_sheet(arguments.output, detector))


def draw_sheet(path: Path, detector: "FaceDetector") -> str:
    """Draws the sheet of a detector at its own confidence.

    Returns:
        A line for each picture: what was done to it, hits, misses and false alarms.
    """
    from emotion_recognition import plots
    from emotion_recognition.evaluation.face_detection.outcomes import sort_boxes
    from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture
    from figures.hard_pictures import hard_pictures

    pictures = hard_pictures()
    scored = []
    for picture in pictures:
        faces = detector.detect(picture.image)
        scored.append(ScoredPicture.of(picture.boxes, [face.box for face in faces], [face.score for face in faces]))
    outcomes = sort_boxes(scored, confidence=0.0)
    tiles, lines = [], []
    for picture, boxes in zip(pictures, outcomes, strict=True):
        kinds = [kind for kind, _ in boxes]
        hits, misses, alarms = (kinds.count(kind) for kind in ("hit", "missed", "false alarm"))
        told = f"{hits} of {len(picture.boxes)} found" if picture.boxes else "nothing to find"
        told += f", {alarms} false" if alarms else ""
        tiles.append((picture.image, boxes, f"{picture.words}\n{told}"))
        lines.append(f"{picture.words:<36} {hits:3d} hits {misses:3d} misses {alarms:3d} false alarms")
    found = sum(kind == "hit" for boxes in outcomes for kind, _ in boxes)
    faces_in_all = sum(len(picture.boxes) for picture in pictures)
    plots.draw_found_faces(path, f"{detector.name}: {found} of {faces_in_all} faces in {len(pictures)} pictures", tiles)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
