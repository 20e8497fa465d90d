from pathlib import Path

import numpy as np
import pytest

from benchmarks import close_ups
from emotion_recognition.data.files.hdf5 import Split, write_split
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.emotions import class_names


class Reads:
    """Says of a picture what it was told to."""

    def __init__(self, *answers: list[FaceEmotion]) -> None:
        self._answers = iter(answers)

    def detect(self, picture: np.ndarray) -> list[FaceEmotion]:
        return next(self._answers)


def face(emotion: str, side: int = 40) -> FaceEmotion:
    return FaceEmotion((0, 0, side, side), 0.9, {"happy": 0.4, emotion: 0.6})


def test_found_and_right_are_shares_of_all_pictures() -> None:
    # The second face of the second picture is larger and right; nothing is found in the third one.
    cropped = Reads([face("sad")], [face("sad", 10), face("fear")], [], [face("anger")])
    whole = Reads([face("sad")], [face("sad")], [face("fear")], [face("sad")])
    pictures = [np.zeros((48, 48, 3), np.uint8)] * 4
    text = close_ups.figures(cropped, whole, pictures, ["sad", "fear", "fear", "sad"])  # type: ignore[arg-type]
    assert text == "found 75.00%, found and read right 50.00%, as whole pictures 75.00%"


def test_every_side_has_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "val.hdf5"
    images = np.full((3, 48, 48, 1), 90, np.uint8)
    write_split(path, Split(images, np.array([0, 1, 2], np.uint8), class_names(7), "val", "a.csv", "0" * 64))
    assert close_ups.main(["--split", str(path), "--count", "2", "--sides", "48", "96"]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "2 images of val.hdf5, read by emotion_classification_7classes.keras"
    assert [line.partition(",")[0] for line in lines] == ["  48 pixels: found 0.00%", "  96 pixels: found 0.00%"]
    assert close_ups.main(["--split", str(tmp_path / "none.hdf5")]) == 2
