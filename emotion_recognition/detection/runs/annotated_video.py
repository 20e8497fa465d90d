"""A whole run over a video: follows the faces where that is possible, annotates, and draws the timeline beside it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from emotion_recognition.atomic_file import last_files
from emotion_recognition.detection.emotion_detector import EmotionDetector
from emotion_recognition.detection.runs.outputs import Outputs
from emotion_recognition.detection.runs.timeline_figure import draw_timeline_figure
from emotion_recognition.detection.runs.video_run import VideoOutcome, look_at_video
from emotion_recognition.detection.video.reader import VideoReader
from emotion_recognition.detection.video.settings import VideoSettings
from emotion_recognition.detection.video.sound import HOW_TO_GET as HOW_TO_GET_SOUND
from emotion_recognition.detection.video.sound import can_copy_sound, copy_sound, may_have_sound
from emotion_recognition.detection.video.tracking import HOW_TO_GET, FaceTracker, can_track
from emotion_recognition.workspace import Workspace


def annotate_video(
    reader: VideoReader,
    detector: EmotionDetector,
    outputs: Outputs,
    *,
    output: Path | None,
    settings: VideoSettings,
    show: Callable[[np.ndarray], bool] | None = None,
    step: Callable[[], None] = lambda: None,
    note: Callable[[str], None] = lambda text: None,
) -> tuple[VideoOutcome, tuple[Path, ...]]:
    """Annotates a video with whatever is installed.

    Args:
        reader: The frames.
        detector: Finds the faces and what they express.
        outputs: Where the results go.
        output: The annotated video, None for none.
        settings: Which frames are looked at, and how long results are smoothed.
        show: Shows an annotated frame; False from it ends the run.
        step: Called after each frame.
        note: Takes a sentence about what a missing package leaves out.

    Returns:
        What became of the video, and the files that were written: the annotated video and the figure of its timeline.

    Raises:
        OSError: If something cannot be written, or a frame of the annotated video has not arrived.
        ValueError: If the annotated video's suffix is none that can be written.
    """
    tracker = None
    if can_track():
        tracker = FaceTracker(reader.rate / settings.every, detector.face_detector.settings.min_confidence)
    else:
        note(f"faces get no identity and are not smoothed; for both: {HOW_TO_GET}")
    outcome = look_at_video(
        reader, detector.detect, outputs, output=output, settings=settings, tracker=tracker, show=show, step=step
    )
    if output is None:
        return outcome, ()
    _add_sound(reader, output, note)
    figure = Workspace().timeline_figure(output)
    try:
        with last_files(str(figure), f"{output} is whole"):
            draw_timeline_figure(figure, outcome.timeline, reader.name, detector.classifier.class_names)
    except ImportError:
        note(f"no timeline figure {figure.name}, which needs Matplotlib: pip install matplotlib")
        return outcome, (output,)
    return outcome, (output, figure)


def _add_sound(reader: VideoReader, output: Path, note: Callable[[str], None]) -> None:
    """Puts the sound of a video file into its annotated copy; a note says where there is none."""
    video = Path(reader.name)
    if reader.is_camera or not video.is_file():
        return
    if can_copy_sound():
        reason = copy_sound(video, output)
        if reason is not None:
            note(f"{output.name} is without the sound of {video.name}: {reason}")
    elif may_have_sound(video):
        note(f"{output.name} is without the sound of {video.name}; for it: {HOW_TO_GET_SOUND}")
