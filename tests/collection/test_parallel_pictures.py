from pathlib import Path
from typing import Any

import numpy as np

from emotion_recognition.collection.parallel_pictures import ParallelPictures
from emotion_recognition.detection.runs.outputs import Outputs, OutputSettings
from emotion_recognition.pictures.image_file import write_image
from tests.collection.handlers import DyingDetector


def test_a_picture_that_ends_its_process_is_reported_and_the_others_keep_their_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in "abcd":
        image = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
        write_image(tmp_path / f"{name}.png", np.full_like(image, 90) if name == "b" else image)
    pairs = [(tmp_path / f"{name}.png", tmp_path / "out" / f"{name}.png") for name in "abcd"]
    plan: Any = DyingDetector()
    look = ParallelPictures(plan, OutputSettings(), explain=False, workers=2)
    outcomes = list(look(pairs, None, Outputs(OutputSettings(), []), tmp_path))
    assert [outcome.picture.name for outcome in outcomes] == ["a.png", "b.png", "c.png", "d.png"]
    assert [outcome.sight is None for outcome in outcomes] == [False, True, False, False]
    assert outcomes[1].reason == f"{tmp_path / 'b.png'}: the process that looked at it was ended by SIGKILL."
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png", "d.png"]
