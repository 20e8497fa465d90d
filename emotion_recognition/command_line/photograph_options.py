"""The options of TestNetwork.py for labelled photographs, and which of its others go with them."""

import argparse
from pathlib import Path

from emotion_recognition.command_line.detection_options import add_detector_options
from emotion_recognition.detection.face_detectors.registry import AUTO
from emotion_recognition.workspace import CHANNELS, FER2013, IMAGE_SIZES


def add_photograph_options(parser: argparse.ArgumentParser) -> None:
    """Adds ``--photos`` and ``--mirrored``, and the options of the face detector."""
    group = parser.add_argument_group("photographs, in place of a split")
    group.add_argument(
        "--photos",
        type=Path,
        metavar="PATH",
        help="test on labelled photographs: a folder with a folder for each class, a CSV with the columns file, label "
        "and perhaps source, or a folder with such a labels.csv; faces are found, cropped and classified as in "
        "detection, and a photograph without a found face counts as wrong",
    )
    group.add_argument(
        "--mirrored",
        action="store_true",
        help="average what is said of each face and of its mirror image, as in detection",
    )
    add_detector_options(group)


def check_photograph_options(arguments: argparse.Namespace) -> None:
    """Refuses options that do not go together.

    Raises:
        ValueError: If an option is given that is for photographs without ``--photos``, or for splits with it.
    """
    if arguments.photos is None:
        _refuse(_of_photographs(arguments), "needs --photos")
    else:
        _refuse(_of_splits(arguments), "does not go with --photos")


def _refuse(options: dict[str, bool], why: str) -> None:
    for option, is_given in options.items():
        if is_given:
            raise ValueError(f"{option} {why}.")


def _of_photographs(arguments: argparse.Namespace) -> dict[str, bool]:
    """Whether each option that is for photographs alone is given."""
    return {
        "--mirrored": arguments.mirrored,
        "--detector": arguments.detector != AUTO,
        "--detector_model": arguments.detector_model is not None,
        "--detector_size": arguments.detector_size is not None,
        "--min_confidence": arguments.min_confidence is not None,
    }


def _of_splits(arguments: argparse.Namespace) -> dict[str, bool]:
    """Whether each option that is for splits alone is given."""
    return {
        "--split": arguments.split is not None,
        "--predict": arguments.predict is not None,
        "--tta, which is --mirrored here,": arguments.tta != "none",
        "--gallery": arguments.gallery,
        "--image_size": arguments.image_size != IMAGE_SIZES[0],
        "--channels": arguments.channels != CHANNELS[0],
        "--labels": arguments.labels != FER2013,
    }
