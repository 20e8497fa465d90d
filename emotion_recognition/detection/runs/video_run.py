"""Looks at a video or a camera from its first frame to its last.

A reader goes in; an annotated video with every frame, the results and a timeline come out.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.runs.inputs import Input
from emotion_recognition.detection.runs.outputs import Outputs
from emotion_recognition.detection.runs.pacing import Pacing
from emotion_recognition.detection.video.reader import VideoReader
from emotion_recognition.detection.video.settings import VideoSettings
from emotion_recognition.detection.video.smoothing import Smoother
from emotion_recognition.detection.video.streams import StreamEndedError
from emotion_recognition.detection.video.timeline import Timeline
from emotion_recognition.detection.video.tracking import FaceTracker
from emotion_recognition.detection.video.video_faces import faces_of_video
from emotion_recognition.detection.video.writer import open_video


@dataclass(frozen=True, eq=False)
class VideoOutcome:
    """What became of a video.

    Args:
        frames: Number of frames that were read; the annotated video repeats some where they are unevenly spaced.
        lost: Number of frames that could not be decoded, as far as there is evidence.
        timeline: Who showed what when.
        broken_off: Why a stream ended before anybody ended it; empty where none did.
    """

    frames: int
    lost: int
    timeline: Timeline
    broken_off: str = ""


def open_reader(source: Input) -> VideoReader:
    """Opens the video, the camera or the stream of an input.

    Raises:
        FileNotFoundError: If there is no such file.
        OSError: If there is no such camera, the stream gives nothing, or the file cannot be read.
        ValueError: If the input is none of them, or the file is no video.
    """
    place = source.camera if source.video is None else source.video
    if source.stream is not None:
        return VideoReader(source.stream)
    if place is None:
        raise ValueError(f"source must be a video or a camera. Received: {len(source.pictures)} pictures")
    return VideoReader(place)


def look_at_video(
    reader: VideoReader,
    detect: Callable[[np.ndarray], Sequence[FaceEmotion]],
    outputs: Outputs,
    *,
    output: Path | None,
    settings: VideoSettings,
    tracker: FaceTracker | None = None,
    show: Callable[[np.ndarray], bool] | None = None,
    step: Callable[[], None] = lambda: None,
) -> VideoOutcome:
    """Annotates a video; a camera is looked at until it ends, the window is closed or Ctrl-C is pressed.

    A stream that breaks off for good ends, too; the outcome says so.

    Args:
        reader: The frames.
        detect: Finds the faces of a BGR image and what they express.
        outputs: Where the results go.
        output: The annotated video, None for none.
        settings: Which frames are looked at, and how long results are smoothed.
        tracker: Gives the faces identities; without one they have none and are not smoothed.
        show: Shows an annotated frame; False from it ends the run.
        step: Called after each frame.

    Raises:
        OSError: If something cannot be written, or a frame of the annotated video has not arrived.
        ValueError: If the annotated video's suffix is none that can be written.
    """
    timeline = Timeline(last_duration=1 / reader.rate)
    smoother = Smoother(settings.smooth) if tracker and settings.smooth else None
    name = Path(reader.name).name
    with contextlib.ExitStack() as stack:
        rate = reader.rate if output is None else reader.copy_rate
        writer = None if output is None else stack.enter_context(open_video(output, reader.size, rate))
        sights = faces_of_video(
            reader, detect, name=reader.name, every=settings.every, tracker=tracker, smoother=smoother
        )
        pacing, before, broken_off = Pacing(rate), None, ""
        try:
            for frame, sight in sights:
                outputs.record(sight, frame.image, name)
                timeline.add(frame.time, [(face.identity, face.emotion) for face in sight.faces])
                if writer is not None or show is not None:
                    annotated = outputs.draw(sight, frame.image)
                if writer is not None and (repeats := pacing.repeats(frame.time)) is not None:
                    for _ in range(repeats):
                        writer.write(annotated if before is None else before)
                    writer.write(annotated)
                    before = annotated
                step()
                if show is not None and not show(annotated):
                    break
        except KeyboardInterrupt:
            if not reader.is_camera:
                raise
        except StreamEndedError as error:
            broken_off = str(error)  # what it has shown is kept, as when a camera ends
        timeline.finish()
    outcome = VideoOutcome(reader.read, reader.lost, timeline, broken_off)
    outputs.summarise(
        {
            "frames": outcome.frames,
            "lost_frames": outcome.lost,
            "frames_per_second": reader.rate,
            "seconds": [
                {"identity": identity, **{emotion: round(time, 3) for emotion, time in shown.items()}}
                for identity, shown in timeline.seconds().items()
            ],
        }
    )
    return outcome
