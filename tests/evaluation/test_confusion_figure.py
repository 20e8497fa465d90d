"""The confusion matrix's figure, read back from the file."""

from pathlib import Path

import cv2
import numpy as np

from emotion_recognition.plots import draw_confusion_matrix

NAMES = ("happy", "sad")


def dark_centres(path: Path) -> tuple[float, float]:
    """Share of dark blue pixels in the picture's upper left and lower right quarter."""
    image = cv2.imread(str(path)).astype(int)
    blue, green, red = np.moveaxis(image, -1, 0)
    dark = (blue > 80) & (red < 40) & (green < 90)
    height, width = dark.shape
    return float(dark[: height // 2, : width // 2].mean()), float(dark[height // 2 :, width // 2 :].mean())


def test_the_colour_follows_the_share_of_the_row_and_not_the_count(tmp_path: Path) -> None:
    draw_confusion_matrix(tmp_path / "a.png", np.array([[9000, 0], [0, 3]]), NAMES, "title")
    upper, lower = dark_centres(tmp_path / "a.png")
    assert upper > 0.1
    assert lower > 0.1


def test_a_class_without_images_stays_light(tmp_path: Path) -> None:
    draw_confusion_matrix(tmp_path / "a.png", np.array([[9, 0], [0, 0]]), NAMES, "title")
    with_row = tmp_path / "b.png"
    draw_confusion_matrix(with_row, np.array([[9, 0], [0, 1]]), NAMES, "title")
    assert dark_centres(tmp_path / "a.png")[0] > 0.1
    assert dark_centres(tmp_path / "a.png")[1] < dark_centres(with_row)[1] - 0.1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.png", "b.png"]
