"""The options of scripts that look for faces: the face detector, and what is done with a video."""

import argparse

from emotion_recognition.command_line.parsers import path_text
from emotion_recognition.detection.face_detectors.registry import (
    AUTO,
    DETECTORS,
    ROWS,
    describe_detectors,
    describe_models,
    describe_sizes,
    row_of,
)
from emotion_recognition.detection.face_detectors.settings import AUTO_SIZE, DetectionSettings, DetectorSize
from emotion_recognition.detection.video.settings import VideoSettings
from emotion_recognition.error_about import about


def add_input_models(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Adds ``-m``, the emotion models that detection runs."""
    parser.add_argument(
        *("-m", "-im", "--input_model"),
        nargs="+",
        metavar="MODEL",
        help="trained models: names in output/ or paths; the probabilities of several are averaged "
        "(default: the one that comes with the project for -n)",
    )


def add_mirrored(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Adds ``--mirrored``."""
    parser.add_argument(
        "--mirrored",
        action="store_true",
        help="average the probabilities of each face and its mirror image, in twice the time; not every model gains",
    )


def add_detector_options(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Adds ``--detector`` with its files, ``--detector_size``, ``--any_direction`` and ``--min_confidence``."""
    parser.add_argument("--detector", choices=DETECTORS, default=AUTO, help=describe_detectors())
    parser.add_argument(
        "--detector_model",
        type=path_text,
        metavar="PATH",
        help=f"{describe_models()}: a path or a name in output/ (default: output/, output/face_detector/)",
    )
    parser.add_argument(
        "--detector_size",
        type=_size,
        metavar="PIXELS",
        help=f"longest side of the pictures that the detector sees, for {describe_sizes()}; larger finds smaller faces "
        f"and takes longer; {AUTO_SIZE} looks at large pictures in several sizes and in tiles",
    )
    parser.add_argument(
        "--any_direction",
        action="store_true",
        help="also find faces lying on their side and upside down, in four times the detector's time",
    )
    usual = DetectionSettings.min_confidence
    own = " and ".join(row.name for row in ROWS if row.min_confidence is None)
    others = [f"{row.min_confidence:g} for {row.name}" for row in ROWS if row.min_confidence not in (None, usual)]
    parser.add_argument(
        "--min_confidence",
        type=float,
        metavar="SCORE",
        help="lowest score of the face detector that counts as a face, 0..1 (default: what its card states for "
        f"{own}; {', '.join([*others, f'{usual:g} for the others'])})",
    )


def _size(text: str) -> DetectorSize:
    if text == AUTO_SIZE:
        return AUTO_SIZE
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number of pixels or {AUTO_SIZE}. Received: {text}") from None


def given_detector_options(arguments: argparse.Namespace) -> dict[str, bool]:
    """Whether each option of the face detector is given, for scripts that take them with another option alone."""
    return {
        "--detector": arguments.detector != AUTO,
        "--detector_model": arguments.detector_model is not None,
        "--detector_size": arguments.detector_size is not None,
        "--any_direction": arguments.any_direction,
        "--min_confidence": arguments.min_confidence is not None,
    }


def detection_settings(arguments: argparse.Namespace) -> DetectionSettings | None:
    """Which boxes count, by ``--min_confidence``; None for the detector's own choice.

    Raises:
        ValueError: If the score is out of range, or the detector chosen by name gives none.
    """
    if arguments.min_confidence is not None and arguments.detector != AUTO and row_of(arguments.detector).whole:
        message = f"The detector {arguments.detector} looks for no face, so there is none with a score."
        raise about(ValueError(message), "min_confidence")
    return None if arguments.min_confidence is None else DetectionSettings(min_confidence=arguments.min_confidence)


def add_video_options(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Adds ``--every`` and ``--smooth``."""
    parser.add_argument(
        "--every",
        type=int,
        default=VideoSettings.every,
        metavar="N",
        help="detect in every N-th frame and repeat the result in between",
    )
    parser.add_argument(
        "--smooth",
        type=float,
        metavar="SECONDS",
        help=f"average each face's probabilities over this time, 0 for none (default: {VideoSettings.smooth:g} if the "
        "package trackers is there, which tells the faces apart)",
    )


def video_settings(arguments: argparse.Namespace) -> VideoSettings:
    """How a video is looked at."""
    return VideoSettings(arguments.every, VideoSettings.smooth if arguments.smooth is None else arguments.smooth)


def given_video_options(arguments: argparse.Namespace) -> dict[str, bool]:
    """Whether each of the options of :func:`add_video_options` says something of its own."""
    return {"--every": arguments.every != VideoSettings.every, "--smooth": arguments.smooth is not None}


def add_output_options(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Adds what can be written and shown beside annotated pictures."""
    parser.add_argument(
        "--json", type=path_text, metavar="FILE", help="write everything that is known about each face as JSON"
    )
    parser.add_argument("--csv", type=path_text, metavar="FILE", help="write a row for each face")
    parser.add_argument(
        "--parquet", type=path_text, metavar="FILE", help="write a row for each face as Parquet (needs pyarrow)"
    )
    parser.add_argument(
        "--embeddings",
        action="store_true",
        help="add the classifier's feature vector of each face to the JSON and Parquet files",
    )
    parser.add_argument("--crops", type=path_text, metavar="DIR", help="save each face as a picture")
    parser.add_argument("--histogram", action="store_true", help="draw the probabilities of all emotions")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="draw a heat map of what the network responded to (Grad-CAM; needs Keras)",
    )
    parser.add_argument("--show", action="store_true", help="show the result in a window, if there is a display")
