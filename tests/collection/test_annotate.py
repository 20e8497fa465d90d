"""Collections from the first picture to the tables, in this process and in others."""

import dataclasses
import gzip
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from emotion_recognition.collection import CollectionSettings, DetectorPlan, annotate_collection
from emotion_recognition.collection.annotate import Piece
from emotion_recognition.collection.shard_work import ShardWork, Tables
from emotion_recognition.collection.worker_pool import Finished, Lost
from emotion_recognition.detection.video.writer import open_video
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.pictures.image_file import read_image
from tests.collection.conftest import RELEASED
from tests.conftest import REPOSITORY, full_disk

SMALL = CollectionSettings(shard_size=3)


class Here:
    """An engine in this process.

    Args:
        work: What is done.
        deadly: Names of items that end the process.
        chance: Numbers of pieces, in the order in which they are submitted, that are lost by chance.
    """

    slots = 2
    description = "this process"

    def __init__(self, work: ShardWork, deadly: Sequence[str] = (), chance: Sequence[int] = ()) -> None:
        self._look = work()
        self._deadly, self._chance = deadly, chance
        self._pieces: deque[tuple[int, Piece]] = deque()
        self.count = 0

    def submit(self, piece: Piece) -> None:
        self._pieces.append((self.count, piece))
        self.count += 1

    def next(self) -> Finished[Piece, Tables] | Lost[Piece]:
        number, piece = self._pieces.pop()
        if number in self._chance or any(Path(item.name).name in self._deadly for item in piece.items):
            return Lost(piece, "was ended by SIGKILL")
        return Finished(piece, self._look(piece.items))

    def __enter__(self) -> "Here":
        return self

    def __exit__(self, *error: object) -> None:
        pass


def annotate(
    pictures: Path | str, out: Path, plan: DetectorPlan, settings: CollectionSettings = SMALL, **more: Any
) -> Any:
    return annotate_collection([str(pictures)], out, plan, settings, engine=more.pop("engine", Here), **more)


def tables(out: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables, with the names of the files in place of their paths."""
    found = [pd.read_parquet(out / name) for name in ("faces", "others")]
    for table in found:
        table["file"] = [Path(file).name for file in table["file"]]
    return found[0], found[1]


@pytest.fixture(scope="module")
def whole(pictures: Path, plan: DetectorPlan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection of the pictures, undisturbed."""
    out = tmp_path_factory.mktemp("whole")
    annotate(pictures, out, plan)
    return out


def same(out: Path, whole: Path) -> bool:
    """Whether two collections have the same tables, byte by byte, shard by shard."""
    files = [
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.parquet")}
        for folder in (out, whole)
    ]
    return files[0] == files[1]


def test_every_picture_is_in_the_tables_once(whole: Path, plan: DetectorPlan) -> None:
    faces, others = tables(whole)
    assert list(faces["file"]) == ["0.jpg", "4.jpg", "8.jpg"]
    (face,) = plan.open().detect(RELEASED.sample_photo)
    for row in faces.to_dict("records"):
        assert (row["x"], row["y"], row["width"], row["height"]) == face.box
        assert (row["picture_width"], row["picture_height"], row["emotion"]) == (512, 512, face.emotion)
        assert row["happy"] == np.float32(face.probabilities["happy"])
    assert dict(zip(others["file"], others["status"], strict=True)) == {
        **{f"{i}.jpg": "no face" for i in (1, 2, 3, 5, 6, 7)},
        "9.jpg": "unreadable",
    }
    assert others.set_index("file").loc["3.jpg", "picture_height"] == 33
    assert (
        others.set_index("file")
        .loc["9.jpg", "error"]
        .endswith("9.jpg is truncated or damaged: it ends or breaks off in its header.")
    )
    assert sorted(path.name for path in (whole / "faces").iterdir()) == [f"{i:05d}.parquet" for i in range(4)]


def test_a_manifest_says_by_what_it_was_annotated(whole: Path, pictures: Path) -> None:
    manifest = json.loads((whole / "manifest.json").read_text(encoding="utf-8"))
    faces, others = tables(whole)
    assert manifest["inputs"] == [str(pictures)]
    assert set(faces["model"]) == set(others["model"]) == {manifest["model"]}
    assert set(faces["detector"]) == set(others["detector"]) == {manifest["detector"]}
    assert manifest["class_names"][3] == "happy"


def test_what_is_lost_by_chance_is_done_again(whole: Path, pictures: Path, plan: DetectorPlan, tmp_path: Path) -> None:
    annotate(pictures, tmp_path, plan, engine=lambda work: Here(work, chance=(0, 2, 3, 5)))
    assert same(tmp_path, whole)


def test_a_deadly_picture_is_found_and_the_others_are_kept(
    pictures: Path, plan: DetectorPlan, whole: Path, tmp_path: Path
) -> None:
    counts = annotate(pictures, tmp_path, plan, engine=lambda work: Here(work, deadly=("1.jpg",)))
    assert counts == {"pictures": 10, "frames": 0, "faces": 3, "without_face": 5, "unreadable": 2}
    faces, others = tables(tmp_path)
    assert faces.equals(tables(whole)[0])
    error = others.set_index("file").loc["1.jpg", "error"]
    assert error == f"{pictures / '1.jpg'}: the process that looked at it was ended by SIGKILL."


def test_when_every_process_dies_the_error_names_the_shard(
    pictures: Path, plan: DetectorPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emotion_recognition.collection.annotate.MOST_LOST_PICTURES", 4)
    with pytest.raises(
        ChildProcessError, match=r"More than 4 pictures were lost, the last in shard \d, .*\.jpg: the process"
    ):
        annotate(pictures, tmp_path, plan, engine=lambda work: Here(work, chance=range(1000)))


def test_resuming_does_only_what_is_missing(whole: Path, pictures: Path, plan: DetectorPlan, tmp_path: Path) -> None:
    annotate(pictures, tmp_path, plan)
    (tmp_path / "done" / "00001.json").unlink()
    # One table is cut short, as after a power failure.
    with (tmp_path / "faces" / "00003.parquet").open("r+b") as file:
        file.truncate(100)
    engines: list[Here] = []
    begun: list[tuple[int, int]] = []

    def engine(work: ShardWork) -> Here:
        engines.append(Here(work))
        return engines[0]

    resuming = dataclasses.replace(SMALL, resume=True)
    annotate_collection(
        [], tmp_path, plan, resuming, engine=engine, begin=lambda total, done: begun.append((total, done))
    )
    assert engines[0].count == 2
    assert begun == [(10, 6)]
    assert same(tmp_path, whole)


def test_resuming_with_something_else_is_refused(pictures: Path, plan: DetectorPlan, whole: Path) -> None:
    resuming = dataclasses.replace(SMALL, resume=True)
    before = sorted(whole.rglob("*"))
    for changed, settings, inputs, message in (
        (
            dataclasses.replace(plan, options=ModelOptions(interpolation="linear")),
            resuming,
            pictures,
            "annotated with another m",
        ),
        (
            dataclasses.replace(plan, models=(RELEASED.released_model(6),), num_emotions=6),
            resuming,
            pictures,
            "another mo",
        ),
        (dataclasses.replace(plan, detector="ssd"), resuming, pictures, "another face detector"),
        (plan, dataclasses.replace(resuming, every=2), pictures, "another choice of frames"),
        (plan, resuming, pictures / "deep", "is of other inputs: "),
    ):
        with pytest.raises(ValueError, match=message):
            annotate(inputs, whole, changed, settings)
    with pytest.raises(FileExistsError, match="has an annotated collection already; resume it, or write elsewhere"):
        annotate(pictures, whole, plan)
    assert sorted(whole.rglob("*")) == before


def test_a_damaged_manifest_is_refused(pictures: Path, plan: DetectorPlan, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="is not the manifest of a collection, or is damaged"):
        annotate(pictures, tmp_path, plan, dataclasses.replace(SMALL, resume=True))


def test_shards_without_a_manifest_are_not_taken_for_this_run_s(
    pictures: Path, plan: DetectorPlan, tmp_path: Path
) -> None:
    annotate(pictures, tmp_path, plan)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(FileExistsError, match="has shards, but no manifest of their collection"):
        annotate(pictures / "deep", tmp_path, plan)


def test_paths_that_are_no_text_are_shown_and_resumed(pictures: Path, plan: DetectorPlan, tmp_path: Path) -> None:
    folder, out = tmp_path / "p\udcff", tmp_path / "out"
    folder.symlink_to(pictures)
    counts = annotate(folder, out, plan)
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["inputs"] == [f"{tmp_path}/p\\xff"]
    assert annotate(folder, out, plan, dataclasses.replace(SMALL, resume=True)) == counts


def test_a_full_disk_leaves_whole_shards_that_are_resumed(
    whole: Path, pictures: Path, plan: DetectorPlan, tmp_path: Path
) -> None:
    def begin(total: int, done: int) -> None:
        disk.__enter__()

    disk = full_disk(1000)
    try:
        with pytest.raises(OSError, match=r"0000\d\.parquet cannot be written: File too large"):
            annotate(pictures, tmp_path, plan, begin=begin)
    finally:
        disk.__exit__(None, None, None)
    assert [path.name for path in (tmp_path / "faces").iterdir()] == []
    annotate(pictures, tmp_path, plan, dataclasses.replace(SMALL, resume=True))
    assert same(tmp_path, whole)


def test_a_disk_that_is_full_before_the_first_shard_leaves_nothing(
    pictures: Path, plan: DetectorPlan, tmp_path: Path
) -> None:
    with full_disk(500), pytest.raises(OSError, match=r"plan\.sqlite cannot be written: ") as caught:
        annotate(pictures, tmp_path, plan)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_input_behind_a_good_one_leaves_nothing(pictures: Path, plan: DetectorPlan, tmp_path: Path) -> None:
    (tmp_path / "cut.tgz").write_bytes(gzip.compress(bytes(20_000))[:-9])
    (tmp_path / "cut.tar").write_bytes(b"no tar" * 200)
    paths = pa.table({"path": [f"{i}.jpg" for i in range(500)], "size": list(range(500))})
    parquet.write_table(paths, tmp_path / "list.parquet", compression="none", use_dictionary=False)
    whole = (tmp_path / "list.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-10])
    # The footer is whole, the paths are not.
    (tmp_path / "flipped.parquet").write_bytes(whole[:4] + bytes(200) + whole[204:])
    for name, column, message in (
        ("cut.tgz", None, "is not a tar file, or is damaged"),
        ("cut.tar", None, "is not a tar file, or is damaged"),
        ("cut.parquet", None, "is not a Parquet file, or is damaged"),
        ("flipped.parquet", None, "is not a Parquet file, or is damaged"),
        ("list.parquet", "picture", "has no column picture"),
    ):
        settings = dataclasses.replace(SMALL, column=column)
        with pytest.raises(ValueError, match=message) as caught:
            annotate_collection([str(pictures), str(tmp_path / name)], tmp_path / "out", plan, settings, engine=Here)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)
        assert list((tmp_path / "out").iterdir()) == []


def test_frames_that_cannot_be_decoded_are_told(plan: DetectorPlan, tmp_path: Path) -> None:
    path = tmp_path / "cut.avi"
    with open_video(path, (64, 48), 25) as video:
        for value in range(30):
            video.write(np.full((48, 64, 3), 5 * value, np.uint8))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    counts = annotate(path, tmp_path / "out", plan)
    assert counts["unreadable"] == 1
    _, others = tables(tmp_path / "out")
    assert others["error"].iloc[-1] == f"{path}: {30 - counts['frames']} frames could not be decoded."
    assert others["time"].iloc[1] == 0.04


def test_bad_numbers_and_no_input(plan: DetectorPlan, tmp_path: Path) -> None:
    for name in ("shard_size", "every", "seconds"):
        with pytest.raises(ValueError, match=f"{name} must be a number of at least 1. Received: 0"):
            CollectionSettings(**{name: 0})
    with pytest.raises(ValueError, match="At least one input is needed"):
        annotate_collection([], tmp_path / "out", plan, engine=Here)
    assert not (tmp_path / "out").exists()


def test_frames_of_a_video_and_feature_vectors(plan: DetectorPlan, tmp_path: Path) -> None:
    image = read_image(RELEASED.sample_photo)
    with open_video(tmp_path / "film.mp4", (512, 512), 10) as video:
        for i in range(6):
            video.write(image if i < 4 else np.full_like(image, 90))
    with_vectors = dataclasses.replace(plan, embeddings=True)
    counts = annotate(tmp_path / "film.mp4", tmp_path / "out", with_vectors, dataclasses.replace(SMALL, every=2))
    assert counts == {"pictures": 0, "frames": 3, "faces": 2, "without_face": 1, "unreadable": 0}
    faces, others = tables(tmp_path / "out")
    assert list(faces["frame"]) == [0, 2]
    assert list(faces["time"]) == pytest.approx([0, 0.2])
    assert {len(vector) for vector in faces["embedding"]} == {256}
    assert (others["frame"][0], others["status"][0]) == (4, "no face")
    by_url = annotate(f"file://{tmp_path / 'film.mp4'}", tmp_path / "url", plan, dataclasses.replace(SMALL, every=2))
    assert by_url == counts


#: Annotates in processes of its own; kills one of them when a shard is written, and itself when more are.
KILLED = """
import os, signal, sys
from pathlib import Path
from emotion_recognition.collection import CollectionSettings, DetectorPlan, LocalEngine, annotate_collection

engines, written = [], []

def engine(work):
    engines.append(LocalEngine(work, 2))
    return engines[0]

def step(count):
    written.append(count)
    if len(written) == 1:
        os.kill(engines[0]._pool._workers[0]._process.pid, signal.SIGKILL)
    if len(written) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    pictures, out, _, model = sys.argv[1:]
    plan = DetectorPlan((Path(model),), detector="haar")
    settings = CollectionSettings(shard_size=3, resume=True)
    annotate_collection([pictures], Path(out), plan, settings, engine=engine, step=step)
"""


def test_nothing_is_lost_when_workers_and_the_driver_are_killed(
    whole: Path, pictures: Path, plan: DetectorPlan, tmp_path: Path
) -> None:
    (tmp_path / "killed.py").write_text(KILLED, encoding="utf-8")
    out = tmp_path / "out"
    statuses = []
    # The first run dies after two of four shards, the second loses a worker and comes to its end.
    for last in (2, 100):
        command = [sys.executable, tmp_path / "killed.py", pictures, out, str(last), plan.models[0]]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        statuses.append(subprocess.run(command, env=environment, capture_output=True, check=False).returncode)
    assert statuses == [-9, 0]
    assert same(out, whole)
