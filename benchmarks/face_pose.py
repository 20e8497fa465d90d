"""Measures how often a face detector finds faces that are turned to the side or tilted.

    python -m benchmarks.face_pose --faces FOLDER --pose_model FOLDER

The marked faces of FOLDER's val.csv say nothing of their pose, so it is taken from YuNet's landmarks: how far the nose
is from the middle between the eyes, along the line through them and in units of their distance, tells how far a head is
turned; that line's angle, how far it is tilted. Only faces of at least 24 pixels that YuNet finds can be told apart so:
a profile that YuNet misses too is not in the table, and the figures for faces turned far are better than the truth.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.face_pictures import read_marked_pictures
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.overlap import corners_of, overlaps
from emotion_recognition.pictures.upright import roll_of

#: Smaller faces have landmarks that cannot be trusted: shorter side in pixels.
_SMALLEST = 24

#: Two boxes of one face overlap at least so much, as in average precision at 0.5.
_SAME_FACE = 0.5

#: From which turn, in distances of the eyes, and from which tilt, in degrees, a group begins.
_TURNS = {"towards the camera": 0.0, "turned": 0.2, "turned far": 0.5}
_TILTS = {"upright": 0.0, "tilted by 10 to 20 degrees": 10.0, "by 20 to 45": 20.0, "by more": 45.0}


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", type=Path, required=True, metavar="FOLDER", help="folder with val.csv and val/")
    parser.add_argument("--split", default="val", help="the pictures")
    parser.add_argument("--detector", default="ssd", help="what to measure")
    parser.add_argument("--detector_model", type=Path, metavar="PATH", help="its file, or the folder with its files")
    parser.add_argument("--detector_size", type=int, metavar="N", help="longest side in pixels")
    parser.add_argument("--pose_model", type=Path, metavar="PATH", help="YuNet's file, or its folder")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Prints the table; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    pictures = read_marked_pictures(arguments.faces, arguments.split)
    detector = open_detector(arguments.detector, model=arguments.detector_model, size=arguments.detector_size)
    yunet = open_detector("yunet", model=arguments.pose_model)
    rows = []
    for picture in pictures:
        image = read_image(picture.path)
        known = yunet.detect(image)
        large = picture.boxes[picture.boxes[:, 2:].min(axis=1) >= _SMALLEST]
        same = overlaps(corners_of(large), corners_of([face.box for face in known]))
        found = overlaps(corners_of(large), corners_of([face.box for face in detector.detect(image)]))
        for face in np.flatnonzero((same >= _SAME_FACE).any(axis=1)):
            landmarks = known[same[face].argmax()].landmarks
            rows.append((turn_of(np.array(landmarks)), abs(roll_of(landmarks)), (found[face] >= _SAME_FACE).any()))
    if not rows:
        raise ValueError("YuNet finds none of the marked faces, so no pose is known.")
    turns, tilts, hits = (np.array(column) for column in zip(*rows, strict=True))
    print(f"{detector.description}: {len(rows)} faces whose pose is known")
    for title, values, groups in (("turn", turns, _TURNS), ("tilt", tilts, _TILTS)):
        borders = [*groups.values(), np.inf]
        for name, low, high in zip(groups, borders, borders[1:], strict=False):
            here = (low <= values) & (values < high)
            share = f"{hits[here].mean():.1%}" if here.any() else "-"
            print(f"{title:5s} {name:28s} {here.sum():5d} faces  {share:>7s} found")


def turn_of(landmarks: np.ndarray) -> float:
    """How far a head is turned to the side, from 0; about 0.5 where one eye begins to disappear.

    Args:
        landmarks: float array (5, 2): right eye, left eye, nose, right and left corner of the mouth, x and y in pixels.

    Example:
        >>> turn_of(np.array([[0, 0], [10, 0], [8, 7], [2, 12], [9, 12]]))
        0.3
    """
    eyes = landmarks[1] - landmarks[0]
    offset = landmarks[2] - (landmarks[0] + landmarks[1]) / 2
    return float(abs(offset @ eyes) / max(eyes @ eyes, 1e-9))


if __name__ == "__main__":
    sys.exit(main())
