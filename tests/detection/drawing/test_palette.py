import numpy as np
import pytest

from emotion_recognition.detection.drawing.palette import COLOURS, palette
from emotion_recognition.emotions import EIGHT_EMOTIONS


def test_every_emotion_has_a_colour_of_its_own() -> None:
    assert set(COLOURS) == set(EIGHT_EMOTIONS)
    assert len(set(COLOURS.values())) == 8


@pytest.mark.parametrize("names", [EIGHT_EMOTIONS, EIGHT_EMOTIONS[::-1], ("sad",), ()])
def test_emotions_keep_their_colours_in_any_set(names: tuple[str, ...]) -> None:
    assert dict(palette(names)) == {name: COLOURS[name] for name in names}
    assert list(palette(names)) == list(names)


def test_other_classes_are_told_apart_from_each_other_and_from_emotions() -> None:
    colours = np.array(list(palette(("happy", "asleep", "awake", "sad", "yawning", "smoking")).values()), float)
    distances = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    assert distances[~np.eye(6, dtype=bool)].min() > 60  # of 442, from black to white


def test_as_many_classes_as_a_data_set_has_get_a_colour_each() -> None:
    names = [f"class{i}" for i in range(255)]
    colours = palette(names)
    assert len(set(colours.values())) == 255
    assert palette(list(names)) == colours
    assert all(0 <= value <= 255 for colour in colours.values() for value in colour)
