"""How long each face detector takes on a photograph, and how many faces it finds.

Rounds alternate between the detectors, medians count. The SSD takes part where its files are; nothing is downloaded.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

from emotion_recognition.command_line import exit_status, new_parser
from emotion_recognition.workspace import Workspace

#: Fewer rounds than this make no median worth printing.
MIN_ROUNDS = 9


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser(__doc__ or "")
    parser.add_argument("photos", nargs="*", type=Path, help="photographs (default: the sample photo in output/)")
    parser.add_argument(
        "--detector_model", type=Path, help="folder with the SSD's files (default: output/face_detector/)"
    )
    parser.add_argument("--rounds", type=int, default=15, help=f"runs of each detector, at least {MIN_ROUNDS}")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    from emotion_recognition.detection.detectors import open_detector
    from emotion_recognition.detection.image_file import read_image

    if arguments.rounds < MIN_ROUNDS:
        raise ValueError(f"--rounds must be at least {MIN_ROUNDS}. Received: {arguments.rounds}")
    workspace = Workspace(arguments.base_path)
    detectors = {"haar": open_detector("haar")}
    best = open_detector("auto", model=arguments.detector_model, folder=workspace.face_detector_folder)
    detectors[best.name] = best
    for photo in arguments.photos or [workspace.sample_photo]:
        image = read_image(photo)
        print(f"{photo.name}, {image.shape[1]}×{image.shape[0]} pixels")
        found = {name: len(detector.detect(image)) for name, detector in detectors.items()}  # warms up, too
        seconds: dict[str, list[float]] = {name: [] for name in detectors}
        for _ in range(arguments.rounds):
            for name, detector in detectors.items():
                start = time.perf_counter()
                detector.detect(image)
                seconds[name].append(time.perf_counter() - start)
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        for name, median in medians.items():
            print(f"  {name:4s} {median * 1000:7.1f} ms, faces found: {found[name]}")
        if "ssd" in medians:
            print(f"  the SSD takes {medians['ssd'] / medians['haar']:.2f} times as long as the Haar cascade")
        else:
            print("  the SSD's files are not there; EmotionDetector.py --detector ssd fetches them")


if __name__ == "__main__":
    sys.exit(main())
