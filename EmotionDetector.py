"""Finds the faces of a picture and says what emotion each expresses.

TrainNetwork.py makes the model; TestNetwork.py says how often it is right.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line import exit_status, new_parser
from emotion_recognition.detection.detection_settings import DETECTORS, DetectionSettings
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import Workspace

if TYPE_CHECKING:
    from emotion_recognition.detection.face_emotion import FaceEmotion


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser("Finds the faces of a picture, names their emotions and draws both into a copy of it.")
    parser.add_argument(
        "-m",
        "--input_model",
        help="trained model: a name in output/ or a path (default: the one that comes with the project for -n)",
    )
    parser.add_argument(
        "-i", "--image_path", type=Path, help="picture to look at (default: the sample photo in output/)"
    )
    parser.add_argument(
        "-o",
        "--output_path",
        type=Path,
        help="annotated picture to write (default: NAME_emotions beside the input, testOutput.jpg for the sample)",
    )
    parser.add_argument(
        "--detector",
        choices=DETECTORS,
        default="auto",
        help="ssd finds more faces and downloads its files once; haar comes with OpenCV; "
        "auto takes ssd when its files are there and never downloads",
    )
    parser.add_argument(
        "--detector_model",
        type=Path,
        help="the SSD's weights (.pb or .caffemodel), or the folder with its files (default: output/face_detector/)",
    )
    parser.add_argument(
        "--min_confidence",
        type=float,
        default=DetectionSettings.min_confidence,
        help="lowest score of the face detector that counts as a face, 0..1",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _detect(arguments))


def _detect(arguments: argparse.Namespace) -> None:
    settings = DetectionSettings(min_confidence=arguments.min_confidence)
    workspace = Workspace(arguments.base_path)
    picture = arguments.image_path or workspace.sample_photo
    output = arguments.output_path or workspace.annotated_photo(picture)
    model = workspace.find_model(arguments.input_model or workspace.released_model(arguments.num_emotions).name)

    from emotion_recognition.detection.annotation import annotate
    from emotion_recognition.detection.detectors import open_detector
    from emotion_recognition.detection.image_file import check_output, read_image, write_image
    from emotion_recognition.detection.ssd_files import PUBLISHED_FILES

    image = read_image(picture)
    check_output(output, input_path=picture)
    face_detector = open_detector(
        arguments.detector,
        model=arguments.detector_model,
        folder=workspace.face_detector_folder,
        settings=settings,
    )
    print(f"face detector: {face_detector.description}", flush=True)
    if arguments.detector == "auto" and face_detector.name == "haar":
        print(
            "The SSD finds more faces. To use it, run once with --detector ssd, which downloads it, or put "
            f"{' and '.join(file.name for file in PUBLISHED_FILES)} into {workspace.face_detector_folder}."
        )

    # Keras takes seconds to import, so mistakes in the other options have been found by now.
    import_keras()
    from emotion_recognition.detection.emotion_detector import EmotionDetector

    faces = EmotionDetector(model, classes=arguments.class_names, detector=face_detector).detect(image)
    write_image(output, annotate(image, faces))  # first, so that `| head` cannot end the script before it
    print(f"model: {model}")
    print(f"{picture}: {image.shape[1]}×{image.shape[0]} pixels, {len(faces) or 'no'} face{'s' * (len(faces) != 1)}")
    if faces:
        _print_faces(faces)
    print(f"Wrote {output}")


def _print_faces(faces: Sequence["FaceEmotion"]) -> None:
    print("face      x      y  width height  score  emotion   probability")
    for number, face in enumerate(faces, start=1):
        x, y, width, height = face.box
        print(
            f"{number:4d} {x:6d} {y:6d} {width:6d} {height:6d} {face.score:6.3f}  "
            f"{face.emotion:9s} {face.probability:11.3f}"
        )
    print("face " + " ".join(f"{name:>8s}" for name in faces[0].probabilities))
    for number, face in enumerate(faces, start=1):
        print(f"{number:4d} " + " ".join(f"{probability:8.3f}" for probability in face.probabilities.values()))


if __name__ == "__main__":
    sys.exit(main())
