"""Measures what the weight of a Haar cascade's or dlib's box says: the share of boxes of a weight that are faces.

A logistic regression of "is a face" on the weight gives HaarSettings and DlibSettings their two numbers.
Reads a CSV file with the columns file, x, y, w and h, one row a face in pixels, one row with empty numbers for a
picture without one.
"""

import argparse
import sys
from pathlib import Path

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import at_least_one

#: A box with at least this intersection over union with a marked face counts as one; a cascade's square differs
#: from a tall box round the same face.
SAME_FACE = 0.35


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("boxes", type=Path, help="CSV file with the marked faces")
    parser.add_argument("pictures", type=Path, help="folder with the pictures that it names")
    parser.add_argument("--count", type=at_least_one, default=500, help="pictures to look at")
    parser.add_argument("--detector", choices=("haar", "dlib"), default="haar", help="whose boxes")
    parser.add_argument("--cascade", help="file in OpenCV's folder of cascades (default: the detector's)")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the measurement; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    import cv2
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    from emotion_recognition.detection.face_detectors.dlib_hog import DlibDetector
    from emotion_recognition.detection.face_detectors.haar import HaarDetector, HaarSettings
    from emotion_recognition.pictures.image_file import read_image
    from emotion_recognition.pictures.overlap import corners_of, overlaps

    cv2.setNumThreads(1)
    table = pd.read_csv(arguments.boxes)
    files = table["file"].drop_duplicates()
    files = files.sample(min(arguments.count, len(files)), random_state=1)
    search = HaarSettings() if arguments.cascade is None else HaarSettings(cascade=arguments.cascade)
    detector = DlibDetector() if arguments.detector == "dlib" else HaarDetector(search=search)
    weights: list[float] = []
    is_face: list[bool] = []
    marked = 0
    for name in files:
        faces = table.loc[(table["file"] == name) & table["w"].notna(), ["x", "y", "w", "h"]].to_numpy()
        marked += len(faces)
        for box, weight in zip(*detector.weighted_boxes(read_image(arguments.pictures / name)), strict=True):
            weights.append(float(weight))
            is_face.append(bool((overlaps(corners_of([box]), corners_of(faces)) >= SAME_FACE).any()))
    regression = LogisticRegression(C=np.inf).fit(np.array(weights)[:, None], is_face)
    slope, intercept = float(regression.coef_[0, 0]), float(regression.intercept_[0])
    print(
        f"{detector.description} on {len(files)} pictures with {marked} faces: {len(weights)} boxes, "
        f"{np.mean(is_face):.1%} of them faces, {sum(is_face) / marked:.1%} of the faces found\n"
        f"at half {-intercept / slope:.2f}, slope {slope:.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
