"""How many frames a second a video goes through: 640×480, one face, every frame looked at, and how many arrive.

The video is made of the sample photograph. Measured is everything but the start: reading, finding the face, following
it, classifying, drawing, writing, and reading the written file again. Medians count.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_parser
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import Workspace

#: Fewer rounds than this make no median worth printing.
MIN_ROUNDS = 9

SIZE = (640, 480)
FRAMES = 100


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser(__doc__ or "")
    parser.add_argument("--detector", default="auto", help="name of the face detector")
    parser.add_argument("--detector_model", type=Path, help="the detector's file, or the folder with its files")
    parser.add_argument("--every", type=int, default=1, help="look at every N-th frame")
    parser.add_argument("--rounds", type=int, default=MIN_ROUNDS, help=f"runs, at least {MIN_ROUNDS}")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    if arguments.rounds < MIN_ROUNDS:
        raise ValueError(f"--rounds must be at least {MIN_ROUNDS}. Received: {arguments.rounds}")
    workspace = Workspace(arguments.base_path)

    from emotion_recognition.detection.face_detectors.opening import open_detector
    from emotion_recognition.detection.runs.outputs import OutputSettings, open_outputs
    from emotion_recognition.detection.runs.video_run import look_at_video
    from emotion_recognition.detection.video.reader import VideoReader
    from emotion_recognition.detection.video.settings import VideoSettings
    from emotion_recognition.detection.video.tracking import FaceTracker, can_track
    from emotion_recognition.detection.video.writer import count_frames

    import_keras()
    from emotion_recognition import EmotionDetector

    face_detector = open_detector(arguments.detector, model=arguments.detector_model, base_path=workspace.base_path)
    detector = EmotionDetector(
        workspace.released_model(arguments.num_emotions), num_emotions=arguments.num_emotions, detector=face_detector
    )
    rates, arrived, faces = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        film, output = Path(folder) / "film.mp4", Path(folder) / "annotated.mp4"
        _write_film(workspace.sample_photo, film)
        for _ in range(arguments.rounds):
            start = time.perf_counter()
            with VideoReader(film) as reader, open_outputs(OutputSettings(), {}, ()) as outputs:
                least = face_detector.settings.min_confidence
                tracker = FaceTracker(reader.rate / arguments.every, least) if can_track() else None
                settings = VideoSettings(every=arguments.every)
                outcome = look_at_video(
                    reader, detector.detect, outputs, output=output, settings=settings, tracker=tracker
                )
            rates.append(FRAMES / (time.perf_counter() - start))
            arrived.append(count_frames(output))
            faces = len({stretch.identity for stretch in outcome.timeline.stretches} - {None})
    size = f"{SIZE[0]}×{SIZE[1]}"
    followed = f"{faces} identities" if can_track() else "without trackers"
    print(
        f"video {size}, {FRAMES} frames, every {arguments.every}, {followed}, {face_detector.description}\n"
        f"  {statistics.median(rates):.1f} frames a second (from {min(rates):.1f} to {max(rates):.1f}), "
        f"{min(arrived)} of {FRAMES} frames in the output"
    )


def _write_film(photo: Path, film: Path) -> None:
    """A video in which the photograph moves slowly to and fro."""
    import cv2
    import numpy as np

    from emotion_recognition.detection.video.writer import open_video
    from emotion_recognition.pictures.image_file import read_image

    image = read_image(photo)
    wide = cv2.resize(image, (SIZE[0], SIZE[0] * image.shape[0] // image.shape[1]))
    with open_video(film, SIZE, 25) as video:
        for i in range(FRAMES):
            shift = round(30 * np.sin(i / 15))
            top = (wide.shape[0] - SIZE[1]) // 4 + shift // 3
            video.write(np.ascontiguousarray(np.roll(wide, shift, axis=1)[max(0, top) : max(0, top) + SIZE[1]]))


if __name__ == "__main__":
    sys.exit(main())
