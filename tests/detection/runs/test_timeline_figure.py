from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.detection.drawing.palette import palette
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.runs.timeline_figure import draw_timeline_figure
from emotion_recognition.detection.video.timeline import Timeline
from emotion_recognition.emotions import EIGHT_EMOTIONS
from emotion_recognition.pictures.image_file import read_image


@pytest.mark.parametrize("names", [EIGHT_EMOTIONS, ("asleep", "awake")], ids=["contempt", "own classes"])
def test_every_class_has_its_colour_of_the_pictures(names: tuple[str, ...], tmp_path: Path) -> None:
    timeline = Timeline(last_duration=1.0)
    for time, name in enumerate(names):
        timeline.add(time, [(1, FaceEmotion((0, 0, 9, 9), 0.9, {other: float(other == name) for other in names}))])
    timeline.finish()
    draw_timeline_figure(tmp_path / "timeline.png", timeline, "film.mp4", names)
    drawn = read_image(tmp_path / "timeline.png")
    for colour in palette(names).values():
        assert (drawn == np.array(colour)).all(axis=2).sum() > 100  # pixels
