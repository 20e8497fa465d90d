"""Measures how a face detector's box relates to FER2013's frame; the detectors' ``framing`` is what this prints.

    python -m benchmarks.crop_margin --split hdf5/fer2013_7classes_train.hdf5 --photos PICTURES --detector_model FOLDER

FER2013's images are frames without the photographs they were cut from, so an SSD cannot be measured on them: what it
needs to see round a face is not there, and its box changes with whatever is put there instead (first table). A
Haar cascade looks only at its own square, whatever lies round it (second table): it finds FER2013's frames nearly as
they are, which is how they were made (Goodfellow et al. 2013, arXiv:1307.0414). So the way goes over photographs,
on which both detectors find the same faces (third table): SSD box -> Haar box -> frame.
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
from emotion_recognition.detection.face_detectors.haar import HaarDetector, HaarSettings
from emotion_recognition.detection.face_detectors.opening import FaceDetector, open_detector
from emotion_recognition.pictures.faces import Box
from emotion_recognition.pictures.image_file import read_image

#: The detectors whose framing leads over the Haar cascade's boxes.
MEASURED = ("ssd", "ssd-opencv", "yunet", "dlib")

#: Sides, in pixels, to which FER2013's images are enlarged: different ones, because a cascade's sizes go in steps.
_SIDES = (100, 160)

#: Boxes of one face: centres closer than this share of the box's size, sizes within the second number of each other.
_SAME_CENTRE, _SAME_SIZE = 0.3, 1.8

#: A box this close to the picture's border, in pixels, may be a part of a face.
_BORDER = 2


def main(argv: list[str] | None = None) -> int:
    """Prints the three tables and the framings that follow from them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--split", type=Path, required=True, help="HDF5 file of FER2013's training images")
    parser.add_argument("--photos", type=Path, required=True, help="folder of photographs with faces")
    parser.add_argument("--detector", choices=MEASURED, default="ssd", help="whose framing to measure")
    parser.add_argument("--detector_model", type=Path, help="the detector's file, or the folder with its files")
    parser.add_argument("--count", type=at_least_one, default=2000, help="images, and photographs, to measure on")
    arguments = parser.parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    cv2.setNumThreads(1)
    draw = np.random.default_rng(0)
    everything = read_split(arguments.split).images
    images = everything[draw.permutation(len(everything))[: arguments.count]]
    measured = open_detector(arguments.detector, model=arguments.detector_model)
    haar = HaarDetector(search=HaarSettings(scale_step=1.05))

    for detector in (measured, haar):
        print(f"frame, seen from the box of {detector.name} on FER2013 images (shares of the box's size)")
        for border in (0.25, 0.5, 1.0):
            for filling in ("repeated", "mean"):
                relations = frames_from_boxes(detector, images, border, filling, draw)
                print(f"  border {border:4.2f} {filling:8s}  {summary(relations, len(images))}")
    frame_from_haar = np.median(frames_from_boxes(haar, images, 0.5, "repeated", draw), axis=0)

    photos = sorted(path for path in arguments.photos.rglob("*") if path.is_file())
    if not photos:
        raise FileNotFoundError(f"There is no file in {arguments.photos}.")
    photos = [photos[i] for i in draw.permutation(len(photos))[: arguments.count]]
    relations = haar_from(measured, haar, photos)
    print(f"box of haar, seen from the box of {measured.name}, on {len(photos)} photographs\n  {summary(relations)}")
    haar_from_measured = np.median(relations, axis=0)
    print(f"framing of haar: {framing(frame_from_haar)}")
    print(f"framing of {measured.name}: {framing(chain(haar_from_measured, frame_from_haar))}")


def frames_from_boxes(
    detector: FaceDetector, images: np.ndarray, border: float, filling: str, draw: np.random.Generator
) -> np.ndarray:
    """The frame seen from the box of every image with exactly one.

    Args:
        detector: Finds the boxes.
        images: uint8 array (N, height, width, 1), 0..255.
        border: Width of the border put round an image, as a share of its side.
        filling: What the border shows: "repeated" edge pixels, or the image's "mean".
        draw: Source of the random sides.

    Returns:
        float array (found, 3): scale, offset x, offset y, see Framing.
    """
    relations = []
    for image, side in zip(images, draw.integers(*_SIDES, size=len(images)), strict=True):
        margin = round(border * side)
        enlarged = cv2.resize(image, (int(side), int(side)), interpolation=cv2.INTER_CUBIC)
        kind, value = (cv2.BORDER_REPLICATE, 0.0) if filling == "repeated" else (cv2.BORDER_CONSTANT, image.mean())
        pasted = cv2.copyMakeBorder(enlarged, margin, margin, margin, margin, kind, value=float(value))
        boxes = whole_boxes(detector, cv2.cvtColor(pasted, cv2.COLOR_GRAY2BGR))
        if len(boxes) == 1:
            relations.append(relation(boxes[0], (margin, margin, int(side), int(side))))
    return np.array(relations).reshape(-1, 3)


def haar_from(measured: FaceDetector, haar: FaceDetector, photos: Iterable[Path]) -> np.ndarray:
    """The Haar box seen from the other detector's, float array (faces that both found, 3)."""
    relations = []
    for path in photos:
        photo = read_image(path)
        squares = whole_boxes(haar, photo)
        for box in whole_boxes(measured, photo):
            seen = [relation(box, square) for square in squares]
            relations += [r for r in seen if is_same_face(r)]
    return np.array(relations).reshape(-1, 3)


def whole_boxes(detector: FaceDetector, image: np.ndarray) -> list[Box]:
    """The boxes that do not touch the border of a BGR uint8 image (height, width, 3)."""
    height, width = image.shape[:2]
    return [
        (x, y, w, h)
        for x, y, w, h in (face.box for face in detector.detect(image))
        if min(x, y, width - x - w, height - y - h) >= _BORDER
    ]


def relation(box: Box, square: Box) -> tuple[float, float, float]:
    """Scale, offset x and offset y that lead from a box to a square, see Framing."""
    size = (box[2] * box[3]) ** 0.5
    return (
        square[2] / size,
        (square[0] + square[2] / 2 - box[0] - box[2] / 2) / size,
        (square[1] + square[3] / 2 - box[1] - box[3] / 2) / size,
    )


def is_same_face(seen: Sequence[float]) -> bool:
    """Whether two boxes in this relation hold the same face."""
    scale, x, y = seen
    return 1 / _SAME_SIZE < scale < _SAME_SIZE and max(abs(x), abs(y)) < _SAME_CENTRE


def chain(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The relation that leads from the first box over a square in between to the last."""
    return np.array([first[0] * second[0], *(first[1:] + first[0] * second[1:])])


def summary(relations: np.ndarray, of: int | None = None) -> str:
    """Median and quartiles of each column."""
    if not len(relations):
        return "no boxes"
    found = f"found {len(relations) / of:4.0%}  " if of else f"{len(relations)} faces  "
    low, middle, high = np.percentile(relations, [25, 50, 75], axis=0)
    columns = ("scale", "offset x", "offset y")
    return found + "  ".join(
        f"{name} {m:6.3f} ({a:6.3f}..{b:6.3f})" for name, a, m, b in zip(columns, low, middle, high, strict=True)
    )


def framing(values: np.ndarray) -> str:
    """The relation as the arguments of Framing."""
    scale, x, y = values
    return f"scale={scale:.3f}, offset_x={x:.3f}, offset_y={y:.3f}"


if __name__ == "__main__":
    sys.exit(main())
