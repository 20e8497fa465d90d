"""Serves detection over HTTP, with a page for browsers: the emotions of pictures and of a camera, and what suits them.

EmotionDetector.py does the same for files, without a server.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.detection_options import (
    add_detector_options,
    add_input_models,
    add_mirrored,
)
from emotion_recognition.command_line.detection_run import print_detector
from emotion_recognition.command_line.detector_plans import plan_of
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.model_options import (
    add_model_options,
    add_runtime_option,
    joined_ranges,
    model_options,
)
from emotion_recognition.command_line.parsers import new_parser
from emotion_recognition.command_line.serving_options import (
    add_recommender_options,
    add_server_options,
    allowed_hosts,
    api_key,
    serving_settings,
)
from emotion_recognition.detection.face_detectors.settings import check_detector_size
from emotion_recognition.detection.video.settings import VideoSettings
from emotion_recognition.workspace import Workspace, find_released_face_detector, find_released_model

if TYPE_CHECKING:
    from emotion_recognition.serving.recommending.recommender import Recommender

EPILOG = """examples:
  EmotionServer.py                                       the page, at http://127.0.0.1:8000/
  EmotionServer.py --host 0.0.0.0 --api_key_file key.txt for other machines; put a proxy with TLS before it
  curl -F image=@photo.jpg http://127.0.0.1:8000/v1/detect
  EmotionServer.py --catalogue songs.csv --memory taken.sqlite

Ctrl-C ends it when all requests that have begun are answered.

exit status: 0 ended; 2 bad input, nothing was served; 70 a fault of the program itself"""

#: How to get what the service needs beside detection.
HOW_TO_GET = "pip install -r requirements-serve.txt"


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser("Serves detection over HTTP, with a page for browsers.", EPILOG)
    add_server_options(parser)
    add_recommender_options(parser)
    classifier = parser.add_argument_group("emotion classifier")
    add_input_models(classifier)
    add_model_options(classifier)
    add_mirrored(classifier)
    add_runtime_option(classifier)
    add_detector_options(parser.add_argument_group("face detector"))
    parser.add_argument_group("streams").add_argument(
        "--smooth",
        type=float,
        default=VideoSettings.smooth,
        metavar="SECONDS",
        help="average each face's probabilities over this time, 0 for none",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(joined_ranges(sys.argv[1:] if argv is None else argv))
    return exit_status(lambda: _serve(arguments))


def _serve(arguments: argparse.Namespace) -> None:
    limits, key = serving_settings(arguments), api_key(arguments)
    smooth = VideoSettings(smooth=arguments.smooth).smooth
    if arguments.detector_size is not None:
        check_detector_size(arguments.detector_size)
    _check_can_serve()
    from emotion_recognition.serving.server import address_of, open_socket, serve

    listening = open_socket(arguments.host, arguments.port)
    with listening:
        workspace = Workspace(arguments.base_path)
        models = [workspace.find_model(name) for name in arguments.input_model or ()]
        models = models or [find_released_model(arguments.num_emotions, workspace)]

        import cv2

        from emotion_recognition.pictures.image_file import read_image
        from emotion_recognition.serving.app import PAGE, create_app
        from emotion_recognition.serving.looking import Looks
        from emotion_recognition.serving.metrics import Metrics
        from emotion_recognition.serving.pool import Pool
        from emotion_recognition.serving.service import Service, models_of

        # Detectors side by side use the cores better than one that splits its work.
        cv2.setNumThreads(max(1, (os.cpu_count() or 1) // limits.detectors))
        plan = plan_of(arguments, models, workspace)
        detectors = [plan.open() for _ in range(limits.detectors)]
        photo = read_image(PAGE / "sample.jpg")
        for detector in detectors:
            detector.detect(photo)  # the first picture takes more time than those that follow
        about = models_of(detectors[0], models)
        recommender, no_recommender = _recommender(arguments, about.class_names)
        device, no_device = _device(models, arguments, workspace)
        pool: Pool[Looks] = Pool(list(detectors), limits.queue, limits.seconds)
        service = Service(
            pool,
            limits,
            about,
            Metrics(lambda: pool.waiting),
            smooth=smooth,
            api_key=key,
            names=allowed_hosts(arguments, key, listening.getsockname()[0]),
            recommender=recommender,
            no_recommender=no_recommender,
            device=device,
        )
        print_detector(detectors[0].face_detector, arguments.detector, workspace)
        print(f"model: {', '.join(map(str, models))}\nruntime: {about.runtime}", flush=True)
        if recommender is None:
            print(f"no recommendations: {no_recommender}")
        if not device:
            print(f"no detection in the browser: {no_device}")
        address = address_of(listening)
        serve(create_app(service), listening, limits, lambda: print(f"serving at {address}", flush=True))
    print("ended")


def _check_can_serve() -> None:
    try:
        import fastapi  # noqa: F401
        import prometheus_client  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
        import websockets  # noqa: F401
    except ImportError as error:
        raise ValueError(f"The service needs {error.name}; install what it needs with: {HOW_TO_GET}") from error


def _recommender(arguments: argparse.Namespace, names: tuple[str, ...]) -> "tuple[Recommender | None, str]":
    """The recommender, or None and why there is none."""
    from emotion_recognition.serving.recommending.bandit import check_can_recommend
    from emotion_recognition.serving.recommending.catalogue import read_catalogue
    from emotion_recognition.serving.recommending.demonstration import demonstration_items
    from emotion_recognition.serving.recommending.memory import Memory
    from emotion_recognition.serving.recommending.recommender import Recommender

    try:
        check_can_recommend()
    except ValueError as error:
        if arguments.catalogue is not None or arguments.memory is not None:
            raise
        return None, str(error)
    if arguments.catalogue is None:
        catalogue = demonstration_items(names)
    else:
        catalogue = read_catalogue(arguments.catalogue, names)
    return Recommender(catalogue, names, Memory(arguments.memory or ":memory:")), ""


def _device(models: list[Path], arguments: argparse.Namespace, workspace: Workspace) -> tuple[dict[str, bytes], str]:
    """What detection in the browser needs; or nothing, and why the chosen models cannot run there."""
    from emotion_recognition.serving.device import device_files

    if len(models) > 1:
        return {}, "it runs one model, not several."
    try:
        return device_files(models[0], find_released_face_detector(workspace), model_options(arguments)), ""
    except (ValueError, OSError) as error:
        return {}, str(error)


if __name__ == "__main__":
    sys.exit(main())
