"""Draws the timeline of a video, each class in the colour that it has in the pictures. Needs Matplotlib."""

from collections.abc import Sequence
from pathlib import Path

from emotion_recognition.detection.drawing.palette import palette
from emotion_recognition.detection.video.timeline import Timeline


def draw_timeline_figure(path: Path, timeline: Timeline, name: str, class_names: Sequence[str]) -> None:
    """Draws who showed what when.

    Args:
        path: PNG file to write.
        timeline: What was seen.
        name: The video's name.
        class_names: The emotions in label order.

    Raises:
        ImportError: If Matplotlib is not installed.
        OSError: If the file cannot be written.
    """
    from emotion_recognition.plots import draw_timeline

    stretches = [(stretch.identity, stretch.emotion, stretch.start, stretch.end) for stretch in timeline.stretches]
    colours = {name: (red, green, blue) for name, (blue, green, red) in palette(class_names).items()}
    draw_timeline(path, stretches, colours, f"Emotions in {Path(name).name}")
