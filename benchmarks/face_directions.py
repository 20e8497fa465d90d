"""Measures how often faces are found, and read as when they are upright, over all directions in which they may lie.

    python -m benchmarks.face_directions --faces FOLDER --detectors ssd,ssd+,yunet+ --figure figures/face_directions.png

A + after a detector's name stands for the search in every direction. Each large marked face of FOLDER's val.csv is cut
out with what is round it and shown at every angle. What counts is whether a box is found on the face, and whether it
has the emotion that the upright face has.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.face_pictures import MarkedPicture, read_marked_pictures
from emotion_recognition.atomic_file import check_can_write, write_json
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import at_least_one
from emotion_recognition.detection.emotion_detector import EmotionDetector
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.workspace import Workspace

#: Shorter side, in pixels, of the smallest faces that are shown.
_SMALLEST = 64

#: Half of a shown picture's side, in sizes of its face, and the side in pixels.
_REACH, _SIDE = 1.6, 320

#: A box is on the face if its middle is no further from the face's than this share of the face's size.
_NEAR = 0.4

#: Marks a detector that searches in every direction.
_EVERY = "+"


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", type=Path, required=True, metavar="FOLDER", help="folder with val.csv and val/")
    parser.add_argument("--split", default="val", help="the pictures")
    parser.add_argument("--detectors", default="ssd,ssd+", help="names, with commas between; + for every direction")
    parser.add_argument("--detector_model", type=Path, metavar="FOLDER", help="where published detectors' files are")
    parser.add_argument("--count", type=at_least_one, default=40, help="faces to show (default: %(default)s)")
    parser.add_argument(
        "--step", type=at_least_one, default=10, help="degrees from one angle to the next (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw the curves here")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Prints the curves; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    for path in filter(None, (arguments.json, arguments.figure)):
        check_can_write(path)
    views = face_views(read_marked_pictures(arguments.faces, arguments.split), arguments.count)
    angles = list(range(0, 360, arguments.step))
    curves = {}
    for text in arguments.detectors.split(","):
        detector = _opened(text, arguments.detector_model)
        found, same = curve(detector.detect, views, angles)
        curves[text] = {"found": found, "unchanged": same}
        print(f"{text}: {len(views)} faces")
        for angle, share, unchanged in zip(angles, found, same, strict=True):
            print(f"  {angle:3d} degrees  {share:6.1%} found  {unchanged:6.1%} of all read as upright", flush=True)
    if arguments.json is not None:
        write_json(arguments.json, {"faces": len(views), "angles": angles, "detectors": curves})
    if arguments.figure is not None:
        _draw(arguments.figure, angles, curves, len(views))


def _opened(text: str, folder: Path | None) -> EmotionDetector:
    name = text.removesuffix(_EVERY)
    found = open_detector(name, folder=folder or Workspace().face_detector_folder, any_direction=text.endswith(_EVERY))
    return EmotionDetector(detector=found)


def face_views(pictures: list[MarkedPicture], count: int) -> list[np.ndarray]:
    """Squares round large faces, each with its face in the middle.

    Args:
        pictures: With marked faces.
        count: How many squares at most; of each picture its largest face.

    Returns:
        BGR uint8 arrays (320, 320, 3); what is outside the picture repeats its border.

    Raises:
        ValueError: If there is no face that is large enough.
    """
    views: list[np.ndarray] = []
    for picture in pictures:
        if len(views) == count or not len(picture.boxes):
            continue
        x, y, width, height = picture.boxes[picture.boxes[:, 2:].prod(axis=1).argmax()]
        if min(width, height) < _SMALLEST:
            continue
        half = _REACH * (width * height) ** 0.5
        scale = _SIDE / (2 * half)
        corner = np.array([x + width / 2 - half, y + height / 2 - half])
        pixels = np.array([[scale, 0, 0.0], [0, scale, 0.0]])
        pixels[:, 2] = scale * (0.5 - corner) - 0.5
        view = cv2.warpAffine(read_image(picture.path), pixels, (_SIDE, _SIDE), borderMode=cv2.BORDER_REPLICATE)
        views.append(np.asarray(view))
    if not views:
        raise ValueError(f"No marked face is at least {_SMALLEST} pixels wide and high.")
    return views


def curve(
    detect: Callable[[np.ndarray], Any], views: list[np.ndarray], angles: list[int]
) -> tuple[list[float], list[float]]:
    """How often the face in the middle is found, and read as when it is upright, at each angle.

    Args:
        detect: From a BGR picture to its faces with their emotions.
        views: Squares with a face in the middle.
        angles: Degrees clockwise.

    Returns:
        Two shares of all views, 0..1, for each angle.
    """
    upright = [_middle(detect(view), view.shape[0]) for view in views]
    found, same = [], []
    for angle in angles:
        hits = [_middle(detect(_turned(view, angle)), view.shape[0]) for view in views]
        found.append(float(np.mean([hit is not None for hit in hits])))
        pairs = zip(hits, upright, strict=True)
        same.append(
            float(
                np.mean(
                    [hit is not None and first is not None and hit.emotion == first.emotion for hit, first in pairs]
                )
            )
        )
    return found, same


def _turned(view: np.ndarray, angle: int) -> np.ndarray:
    """A square picture turned clockwise about its middle."""
    middle = (view.shape[0] - 1) / 2
    turn = cv2.getRotationMatrix2D((middle, middle), -angle, 1.0)
    size = view.shape[1], view.shape[0]
    return np.asarray(cv2.warpAffine(view, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _middle(faces: Any, side: int) -> FaceEmotion | None:
    """The face in the middle of a square picture; None without one."""
    reach = _NEAR * side / (2 * _REACH)
    for face in faces:
        x, y, width, height = face.box
        if abs(x + width / 2 - side / 2) <= reach and abs(y + height / 2 - side / 2) <= reach:
            found: FaceEmotion = face
            return found
    return None


def _draw(path: Path, angles: list[int], curves: dict[str, dict[str, list[float]]], faces: int) -> None:
    from emotion_recognition import plots

    plots.draw_directions(path, angles, curves, f"{faces} faces turned about their middles")
    print(f"drawn: {path}")


if __name__ == "__main__":
    sys.exit(main())
