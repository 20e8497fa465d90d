"""Finds the faces of pictures, of a video or before a camera, and says what emotion each expresses.

TrainNetwork.py makes the model; TestNetwork.py says how often it is right.
"""

import argparse
import contextlib
import io
import sys
from typing import TYPE_CHECKING

from emotion_recognition.command_line.detection_options import (
    add_detector_options,
    add_input_models,
    add_mirrored,
    add_output_options,
    add_video_options,
    given_video_options,
    video_settings,
)
from emotion_recognition.command_line.detection_run import (
    in_processes,
    left_out_text,
    note,
    open_explanation,
    open_window,
    print_detector,
    show_pictures,
    show_video,
)
from emotion_recognition.command_line.detector_plans import detector_model_of, plan_of
from emotion_recognition.command_line.exit_status import SOME_BAD, exit_status
from emotion_recognition.command_line.model_options import (
    add_model_options,
    add_runtime_option,
    joined_ranges,
)
from emotion_recognition.command_line.parsers import new_parser, path_text, refuse_given, workers_or_auto
from emotion_recognition.detection.face_detectors.settings import check_detector_size
from emotion_recognition.workspace import Workspace, find_released_model

if TYPE_CHECKING:
    from emotion_recognition.detection.runs.inputs import Input

EPILOG = """examples:
  EmotionDetector.py -i photo.jpg                        annotates it as photo_emotions.jpg
  EmotionDetector.py -i photos/ --csv faces.csv          every picture of a folder, and a table of the faces
  EmotionDetector.py -i "photos/**/*.jpg" -o annotated/  every picture that matches, into a folder
  EmotionDetector.py -i photos/ --workers auto           the same on all cores
  EmotionDetector.py -i film.mp4 --every 3 --json film.json
  EmotionDetector.py -i rtsp://camera.local/live --json live.json
  EmotionDetector.py -i camera --show                    q, Escape or Ctrl-C ends it

exit status: 0 all done; 1 some pictures could not be read or a stream broke off, the rest is done; 2 bad input,
nothing is done; 70 a fault of the program itself"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser("Finds faces in pictures and videos, names their emotions and draws both.", EPILOG)
    add_input_models(parser)
    parser.add_argument(
        *("-i", "--input", "--image_path"),
        nargs="+",
        dest="input",
        metavar="INPUT",
        help='pictures, a folder, a pattern in quotes, a video, "camera", "camera:1" or an address (rtsp://, http://) '
        "(default: the sample photo in output/)",
    )
    parser.add_argument(
        *("-o", "--output_path"),
        type=path_text,
        metavar="OUTPUT",
        help="annotated picture, folder or video to write (default: the input's name with _emotions, beside it; "
        "for the sample testOutput.jpg; for a camera none)",
    )
    parser.add_argument(
        "--workers",
        type=workers_or_auto,
        default=1,
        metavar="N|auto",
        help="processes that look at several pictures at the same time; auto is one for each core",
    )
    classifier = parser.add_argument_group("emotion classifier")
    add_model_options(classifier)
    add_mirrored(classifier)
    add_runtime_option(classifier)
    add_detector_options(parser.add_argument_group("face detector"))
    add_output_options(parser.add_argument_group("more output"))
    add_video_options(parser.add_argument_group("video and camera"))
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(joined_ranges(sys.argv[1:] if argv is None else argv))
    failed: list[int] = []
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may hold what is no text
    return exit_status(lambda: failed.append(_detect(arguments))) or (SOME_BAD if any(failed) else 0)


def _detect(arguments: argparse.Namespace) -> int:
    """Runs the script; returns the number of pictures that could not be read, or of streams that broke off."""
    from emotion_recognition.detection.face_detectors.opening import detector_files
    from emotion_recognition.detection.results.parquet_file import check_parquet
    from emotion_recognition.detection.runs.inputs import find_input
    from emotion_recognition.detection.runs.output_paths import check_result_paths, output_of
    from emotion_recognition.detection.video.tracking import check_can_track

    video = video_settings(arguments)
    if arguments.detector_size is not None:
        check_detector_size(arguments.detector_size)
    workspace = Workspace(arguments.base_path)
    if not arguments.input and not workspace.sample_photo.is_file():
        raise FileNotFoundError(f"Name an input with -i: the sample photograph {workspace.sample_photo} is not there.")
    source = find_input(arguments.input or [str(workspace.sample_photo)])
    if source.left_out:
        note(left_out_text(source.left_out))
    if source.pictures:
        refuse_given(given_video_options(arguments), "is for a video or a camera, not for pictures")
    elif arguments.smooth:
        check_can_track()
    if arguments.embeddings and arguments.json is None and arguments.parquet is None:
        raise ValueError("--embeddings needs a file to write them to: --json or --parquet.")
    if arguments.parquet is not None:
        check_parquet()
    if arguments.workers != 1:
        _check_workers(arguments, source)
    models = [workspace.find_model(name) for name in arguments.input_model or ()]
    models = models or [find_released_model(arguments.num_emotions, workspace)]
    output = output_of(source, arguments.output_path, workspace)
    files = [path for path in (arguments.json, arguments.csv, arguments.parquet) if path is not None]
    folders = [] if arguments.crops is None else [arguments.crops]
    check_result_paths(
        files,
        source,
        output,
        folders=folders,
        in_use=[*models, *detector_files(detector_model_of(arguments, workspace), workspace)],
    )

    from emotion_recognition.detection.runs.outputs import OutputSettings, open_outputs
    from emotion_recognition.detection.runs.video_run import open_reader
    from emotion_recognition.pictures.shown_path import printed, shown_path

    plan = plan_of(arguments, models, workspace, embeddings=arguments.embeddings)
    with contextlib.ExitStack() as stack:
        reader = None if source.pictures else stack.enter_context(open_reader(source))
        face_detector = plan.open_face_detector()
        print_detector(face_detector, arguments.detector, workspace)

        # A model without an ONNX copy needs Keras, which takes seconds; other mistakes have been found by now.
        detector = plan.open(face_detector)
        class_names = detector.classifier.class_names
        explain = open_explanation(models, detector) if arguments.explain else None
        print(f"model: {', '.join(map(str, models))}\nruntime: {detector.classifier.runtime}", flush=True)
        about = {
            "models": [shown_path(model) for model in models],
            "detector": printed(face_detector.description),
            "runtime": detector.classifier.runtime,
            "class_names": list(class_names),
        }
        result_files = OutputSettings(
            json=arguments.json,
            csv=arguments.csv,
            crops=arguments.crops,
            histogram=arguments.histogram,
            parquet=arguments.parquet,
            embeddings=arguments.embeddings,
        )
        outputs = stack.enter_context(open_outputs(result_files, about, class_names, explain))
        window = open_window(stack) if arguments.show else None
        failed = 0
        if reader is not None:
            failed = show_video(reader, output, detector, outputs, video, window)
        elif output is not None:
            look = in_processes(source, plan, result_files, explain=arguments.explain, workers=arguments.workers)
            failed = show_pictures(source, output, detector, outputs, window, look)
    # Now each of these is complete.
    for path in (*files, *folders):
        print(f"Wrote {printed(path)}")
    return failed


def _check_workers(arguments: argparse.Namespace, source: "Input") -> None:
    """Refuses what several processes are no help with."""
    if not source.pictures:
        raise ValueError("--workers is for pictures; a video or a camera is looked at by one process.")
    if arguments.show:
        raise ValueError("--show goes through the pictures one by one; leave out --workers.")


if __name__ == "__main__":
    sys.exit(main())
