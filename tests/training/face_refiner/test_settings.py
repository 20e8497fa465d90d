import re

import pytest

from emotion_recognition.training.face_refiner.settings import RefinerSettings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"views": 1}, "views must be at least 2. Received: 1"),
        ({"box_weight": -1.0}, "box_weight must be at least 0. Received: -1.0"),
        ({"landmark_weight": float("inf")}, "landmark_weight must be at least 0. Received: inf"),
        ({"augmentation": None}, "augmentation cannot be none: views that are not shifted teach nothing about boxes"),
        ({"epochs": 0}, "epochs must be at least 1. Received: 0"),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        RefinerSettings(**changes)  # type: ignore[arg-type]
