import gc
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.results.parquet_file import FACE_COLUMNS, open_parquet
from emotion_recognition.detection.seen_face import SeenFace, Sight
from tests.conftest import full_disk

NAMES = ("happy", "sad")
FACE = FaceEmotion((1, 2, 30, 40), 0.875, {"happy": 0.25, "sad": 0.75}, embedding=np.array([0.5, -2], np.float32))


def test_a_row_for_each_face_with_types_and_metadata(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with open_parquet(path, {"models": ["m.keras"]}, NAMES, embeddings=True) as results:
        results.add(Sight("ä.jpg", (640, 480), [SeenFace(FACE), SeenFace(FACE)]))
        results.add(Sight("empty.jpg", (64, 48), []))
        results.add(Sight("film.mp4", (64, 48), [SeenFace(FACE, identity=3, carried=True)], frame=7, time=0.28))
        results.add_failure("bad.jpg", "bad.jpg is not a picture.")
    table = parquet.read_table(path)
    assert table.column_names == [*FACE_COLUMNS, *NAMES, "embedding"]
    assert table.schema.field("embedding").type == pa.list_(pa.float32())
    assert json.loads(table.schema.metadata[b"about"]) == {"models": ["m.keras"]}
    first, second, frame = table.to_pylist()
    assert first == {
        **{"file": "ä.jpg", "frame": None, "time": None, "identity": None, "carried": False},
        **{"picture_width": 640, "picture_height": 480, "face": 1, "x": 1, "y": 2, "width": 30, "height": 40},
        **{"score": 0.875, "emotion": "sad", "happy": 0.25, "sad": 0.75, "embedding": [0.5, -2.0]},
    }
    assert second == {**first, "face": 2}
    assert (frame["frame"], frame["time"], frame["identity"], frame["carried"]) == (7, 0.28, 3, True)


def test_without_faces_the_columns_are_there(tmp_path: Path) -> None:
    with open_parquet(tmp_path / "a.parquet", {}, NAMES):
        pass
    table = parquet.read_table(tmp_path / "a.parquet")
    assert (table.column_names, table.num_rows) == ([*FACE_COLUMNS, *NAMES], 0)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    face = FaceEmotion((1, 2, 3, 4), 0.5, {"happy": 0.5, "sad": 0.5}, None, rng.random(4000, np.float32))

    def write() -> None:
        with full_disk(4000), open_parquet(tmp_path / "a.parquet", {}, NAMES, embeddings=True) as results:
            results.add(Sight("a.jpg", (64, 48), [SeenFace(face)]))

    with pytest.raises(OSError, match=r"a\.parquet cannot be written: File too large"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_after_an_error_the_writer_says_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)

    def write() -> None:
        with open_parquet(tmp_path / "a.parquet", {}, NAMES) as results:
            results.add(Sight("a.jpg", (64, 48), [SeenFace(FACE)]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    gc.collect()
    assert unraisable == []
    assert list(tmp_path.iterdir()) == []
