"""The example on the page about tables draws what it promises."""

import re
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.results.parquet_file import open_parquet
from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.pictures.image_file import read_image
from tests.conftest import REPOSITORY


def test_the_example_plots_emotions_over_a_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (REPOSITORY / "docs" / "tables.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    embedding = np.zeros(2, np.float32)
    with open_parquet(tmp_path / "film.parquet", {}, ("happy", "sad"), embeddings=True) as film:
        for frame in range(100):
            face = FaceEmotion((1, 2, 3, 4), 0.5, {"happy": frame / 100, "sad": 1 - frame / 100}, embedding=embedding)
            film.add(Sight("film.mp4", (64, 48), [SeenFace(face)], frame, frame / 10))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, object] = {}
    exec(program, names)
    shares = names["shares"]
    # Frames 0 to 19 in the first two seconds, and so on.
    assert shares["happy"].tolist() == pytest.approx([0.095, 0.295, 0.495, 0.695, 0.895])  # type: ignore[index]
    assert list(shares.index) == [0, 2, 4, 6, 8]  # type: ignore[attr-defined]
    assert read_image(tmp_path / "film.png").std() > 10
