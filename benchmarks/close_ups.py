"""Measures what becomes of pictures that a face fills: how many are found, and how many read as well as whole pictures.

    python -m benchmarks.close_ups --split hdf5/fer2013_7classes_val.hdf5 --sides 48 160 640

FER2013's images stand for portraits and crops; enlarged, they stand for such pictures of other sizes.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import at_least_one
from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.detection.emotion_detector import EmotionDetector
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.evaluation.photographs.looking import largest_face
from emotion_recognition.pictures.image_source import as_bgr
from emotion_recognition.workspace import Workspace


def main(argv: list[str] | None = None) -> int:
    """Prints a line for each size; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--split", type=Path, required=True, help="HDF5 file of a split of FER2013")
    parser.add_argument("--count", type=at_least_one, help="images, from the first on (default: all)")
    parser.add_argument(
        "--sides", type=at_least_one, nargs="+", default=[48], help="sides in pixels to enlarge them to"
    )
    parser.add_argument("-im", "--input_model", type=Path, help="classifier (default: the released one for FER2013)")
    parser.add_argument("--detector", default="ssd", help="face detector")
    parser.add_argument("--detector_model", type=Path, help="the detector's file, or the folder with its files")
    arguments = parser.parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    split = read_split(arguments.split)
    images, labels = split.images[: arguments.count], split.labels[: arguments.count]
    model = arguments.input_model or Workspace().released_model(len(split.class_names))
    whole = EmotionDetector(model, classes=split.class_names, detector="none")
    named = open_detector(arguments.detector, model=arguments.detector_model)
    cropped = EmotionDetector(model, classes=split.class_names, detector=named)
    print(f"{len(images):,} images of {arguments.split.name}, read by {model.name}", flush=True)
    for side in arguments.sides:
        pictures = (_enlarged(as_bgr(image, "rgb"), side) for image in images)
        truth = [split.class_names[label] for label in labels]
        print(f"{side:4d} pixels: {figures(cropped, whole, pictures, truth)}", flush=True)


def figures(
    cropped: EmotionDetector, whole: EmotionDetector, pictures: Iterable[np.ndarray], truth: Sequence[str]
) -> str:
    """The shares of pictures that are found, found and read right, and read right as whole pictures, in words.

    Args:
        cropped: Finds faces.
        whole: Takes each picture for one.
        pictures: BGR uint8 arrays (height, width, 3), 0..255, each of one face.
        truth: What each expresses.
    """
    rows = []
    for picture, emotion in zip(pictures, truth, strict=True):
        faces = cropped.detect(picture)
        right = bool(faces) and largest_face(faces).emotion == emotion
        rows.append((bool(faces), right, whole.detect(picture)[0].emotion == emotion))
    found, read, direct = np.mean(rows, axis=0)
    return f"found {found:.2%}, found and read right {read:.2%}, as whole pictures {direct:.2%}"


def _enlarged(image: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_LINEAR))


if __name__ == "__main__":
    sys.exit(main())
