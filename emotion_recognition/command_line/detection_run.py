"""What the detection script opens, prints and shows to run over pictures or over a video.

The run itself is :mod:`emotion_recognition.detection.runs`. Importing this module imports neither OpenCV nor Keras.
"""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.progress import Progress
from emotion_recognition.quantity import quantity
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import Workspace

if TYPE_CHECKING:
    from emotion_recognition import EmotionDetector
    from emotion_recognition.collection.parallel_pictures import ParallelPictures
    from emotion_recognition.detection import FaceDetector, VideoReader, VideoSettings
    from emotion_recognition.detection.detector_plan import DetectorPlan
    from emotion_recognition.detection.drawing.explanation import Explanation
    from emotion_recognition.detection.runs.inputs import Input
    from emotion_recognition.detection.runs.outputs import Outputs, OutputSettings
    from emotion_recognition.detection.runs.picture_run import LookAtPictures
    from emotion_recognition.detection.runs.window import Window

#: Seconds that a frame of a video waits for a key.
_A_MOMENT = 0.001


def print_detector(detector: "FaceDetector", asked: str, workspace: Workspace) -> None:
    """Prints which face detector runs and, where only the cascade was found, how to get a better one.

    Args:
        detector: The opened face detector.
        asked: The name that the user gave, "auto" perhaps.
        workspace: Where the project's own detector would be.
    """
    print(f"face detector: {detector.description}", flush=True)
    if asked == "auto" and detector.name == "haar":
        ours = workspace.released_face_detector
        print(
            f"The SSDs find more faces. Put the project's own, {ours.stem}.onnx and {ours.stem}.json, into "
            f"{ours.parent}, or run once with --detector ssd-opencv, which downloads OpenCV's."
        )


def open_window(stack: contextlib.ExitStack) -> "Window | None":
    """Opens a window that the stack closes; where there can be none, says why and returns None."""
    from emotion_recognition.detection.runs.window import Window

    try:
        return stack.enter_context(Window())
    except ValueError as error:
        note(f"no window: {error}")
        return None


def open_explanation(models: Sequence[Path], detector: "EmotionDetector") -> "Explanation":
    """What draws heat maps.

    Raises:
        ValueError: If Keras or TensorFlow is not installed, or a model has no feature maps.
    """
    try:
        import_keras()
        from emotion_recognition.detection.drawing.explanation import Explanation
    except ImportError as error:
        raise ValueError(
            f"--explain needs Keras and TensorFlow; install them with: pip install -r requirements-train.txt ({error})"
        ) from error
    return Explanation(models, detector)


def in_processes(
    source: "Input", plan: "DetectorPlan", settings: "OutputSettings", *, explain: bool, workers: int | None
) -> "ParallelPictures | None":
    """What looks at the pictures in several processes; None where one is enough.

    Args:
        source: An input of pictures.
        plan: What each process opens its detector by.
        settings: What is written.
        explain: Whether heat maps are drawn.
        workers: Number of processes; None for one for each core.
    """
    if workers == 1:
        return None
    from emotion_recognition.collection.parallel_pictures import ParallelPictures
    from emotion_recognition.collection.worker_pool import usable_cores

    workers = min(workers or usable_cores(), len(source.pictures))
    return ParallelPictures(plan, settings, explain, workers) if workers > 1 else None


def show_pictures(
    source: "Input",
    output: Path,
    detector: "EmotionDetector",
    outputs: "Outputs",
    window: "Window | None",
    look: "LookAtPictures | None" = None,
) -> int:
    """Runs over pictures, prints what was found and shows them in the window.

    Args:
        source: An input of pictures.
        output: The annotated picture, or the folder for several.
        detector: Finds faces and their emotions.
        outputs: Where the results go.
        window: Waits for a key after each picture; None for no window.
        look: Looks at several pictures, in several processes perhaps; None for one after the other.

    Returns:
        The number of pictures that could not be read.

    Raises:
        ValueError: If no picture can be read, or a copy would replace a picture of the input.
        OSError: If something cannot be written.
    """
    from emotion_recognition.detection.results.result_text import faces_table, headline
    from emotion_recognition.detection.runs.picture_run import look_at_input, look_at_pictures
    from emotion_recognition.pictures.shown_path import printed

    is_single, total = source.folder is None, len(source.pictures)
    failed = faces = 0
    with Progress("pictures", total) as progress:
        for outcome in look_at_input(source, output, detector.detect, outputs, look or look_at_pictures):
            if outcome.sight is None:
                failed += 1
                progress.clear()
                print(f"skipped: {printed(outcome.reason)}", file=sys.stderr, flush=True)
            else:
                if outcome.sight.images > 1:
                    progress.clear()
                    name = printed(outcome.sight.file)
                    note(f"{name}: only the first of its {outcome.sight.images:,} images was looked at")
                faces += len(outcome.sight.faces)
                # On a terminal the bar says enough.
                if is_single or not sys.stdout.isatty():
                    print(headline(outcome.sight), flush=True)
                if is_single and outcome.sight.faces:
                    print(faces_table(outcome.sight.faces))
                if window is not None and outcome.annotated is not None and not window.show(outcome.annotated, 0):
                    break
            progress.step()
    if not is_single:
        print(f"{total - failed:,} of {quantity(total, 'picture')} read, {quantity(faces, 'face')}")
    print(f"Wrote {printed(output)}")
    return failed


def show_video(
    reader: "VideoReader",
    output: Path | None,
    detector: "EmotionDetector",
    outputs: "Outputs",
    settings: "VideoSettings",
    window: "Window | None",
) -> int:
    """Runs over a video or a camera, prints how long each emotion was seen and shows the frames in the window.

    Args:
        reader: The opened video or camera.
        output: The annotated video; None for none.
        detector: Finds faces and their emotions.
        outputs: Where the results go.
        settings: How the video is looked at.
        window: Closing it ends the run; None for no window.

    Returns:
        1 for a stream that broke off for good, else 0.

    Raises:
        ValueError: If no frame can be decoded.
        OSError: If something cannot be written.
    """
    from emotion_recognition.detection.results.result_text import seconds_table
    from emotion_recognition.detection.runs.annotated_video import annotate_video

    print(f"{reader.name}: {reader.size[0]}×{reader.size[1]} pixels, {reader.rate:g} frames a second", flush=True)
    show = None if window is None else lambda image: window.show(image, _A_MOMENT)
    with Progress("frames", reader.announced) as progress:
        outcome, files = annotate_video(
            reader, detector, outputs, output=output, settings=settings, show=show, step=progress.step, note=note
        )
    lost = f"; {outcome.lost:,} more could not be decoded" if outcome.lost else ""
    print(quantity(outcome.frames, "frame") + lost)
    print(seconds_table(outcome.timeline.seconds(), detector.classifier.class_names))
    for path in files:
        print(f"Wrote {path}")
    if outcome.broken_off:
        note(f"{outcome.broken_off} What it has shown is kept.")
    return 1 if outcome.broken_off else 0


def left_out_text(paths: Sequence[Path]) -> str:
    """Says which files were left out because earlier runs have written them.

    Example:
        >>> left_out_text([Path("photos/a_emotions.jpg")])
        'left out what earlier runs have written, 1 file: a_emotions.jpg'
    """
    shown = ", ".join(path.name for path in paths[:3]) + (", ..." if len(paths) > 3 else "")
    return f"left out what earlier runs have written, {len(paths):,} file{'s' * (len(paths) != 1)}: {shown}"


def note(text: str) -> None:
    """Prints a note on standard error."""
    print(f"note: {text}", file=sys.stderr)
