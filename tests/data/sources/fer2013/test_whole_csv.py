"""FER2013 block by block; what whole builds make of it is tested in tests/test_build_dataset.py."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.data.building.build import build
from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.fer2013 import csv_reader
from emotion_recognition.data.sources.fer2013.csv_reader import CsvReader
from emotion_recognition.data.sources.fer2013.whole_csv import WholeCsv
from emotion_recognition.data.sources.registry import recognise
from emotion_recognition.data.sources.source import SourceOptions
from emotion_recognition.emotions import class_names
from emotion_recognition.workspace import SPLITS, Variant, Workspace

USAGES = ("Training", "PublicTest", "PrivateTest")
COUNT = 30
SEVEN = ClassLabels(class_names(7))


def write_source(folder: Path) -> tuple[Path, np.ndarray]:
    images = np.random.default_rng(0).integers(0, 256, (COUNT, 48 * 48), dtype=np.uint8)
    rows = [f"{i % 7},{' '.join(map(str, image))},{USAGES[i % 3]}" for i, image in enumerate(images)]
    path = folder / "fer2013.csv"
    path.write_text("\n".join(["emotion,pixels,Usage", *rows, ""]))
    return path, images


def write_votes(folder: Path, count: int = COUNT) -> Path:
    header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    rows = [f"{USAGES[i % 3]},{i}.png,{i % 10},0,0,{10 - i % 10},0,0,0,0,0,0" for i in range(count)]
    path = folder / "votes.csv"
    path.write_text("\n".join([header, *rows, ""]))
    return path


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of three rows or so."""
    monkeypatch.setattr(csv_reader, "_BLOCK_BYTES", 25_000)


@pytest.mark.usefixtures("small_blocks")
def test_blocks_follow_each_other_and_the_digest_comes_last(tmp_path: Path) -> None:
    source, images = write_source(tmp_path)
    reader = CsvReader(source)
    blocks = iter(reader)
    first = next(blocks)
    assert 0 < len(first.images) < COUNT
    with pytest.raises(ValueError, match=r"fer2013\.csv was not read to its end"):
        _ = reader.source_sha256
    rest = list(blocks)
    assert len(rest) > 3
    read = np.concatenate([block.images for block in (first, *rest)])
    assert np.array_equal(read.reshape(COUNT, -1), images)
    assert reader.source_sha256 == hashlib.sha256(source.read_bytes()).hexdigest()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("labels", ["fer2013", "ferplus"])
def test_images_labels_and_votes_stay_together_over_many_blocks(tmp_path: Path, labels: str) -> None:
    source, images = write_source(tmp_path)
    variant = Variant(labels=labels)
    options = SourceOptions(SEVEN, variant, votes=write_votes(tmp_path))
    paths = build(WholeCsv(source, options), Workspace(tmp_path / "base")).paths
    for index, name in enumerate(SPLITS):
        split = read_split(paths[name])
        # Five votes for neutral and five for sadness are no majority.
        rows = [i for i in range(index, COUNT, 3) if labels == "fer2013" or i % 10 != 5]
        assert np.array_equal(split.images.reshape(len(rows), -1), images[rows])
        assert split.votes is not None
        assert split.votes[:, 0].tolist() == [i % 10 for i in rows]
        assert split.labels.tolist() == [i % 7 if labels == "fer2013" else 6 if i % 10 > 5 else 4 for i in rows]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(("count", "words"), [(COUNT - 1, "has more"), (COUNT + 1, "has 30 rows")])
def test_votes_on_more_or_fewer_rows_are_refused(tmp_path: Path, count: int, words: str) -> None:
    source, _ = write_source(tmp_path)
    opened = WholeCsv(source, SourceOptions(SEVEN, votes=write_votes(tmp_path, count)))
    with pytest.raises(ValueError, match=f"votes on {count} rows, but .* {words}"):
        build(opened, Workspace(tmp_path / "base"))
    assert not list((tmp_path / "base").rglob("*.hdf5"))


def write_ck(folder: Path, header: str = "emotion,pixels,Usage") -> Path:
    """A CSV in the form of CK+'s: 48 rows of eight labels, all in each split; image i is of shade i."""
    cells = [{"emotion": i % 8, "pixels": " ".join([str(i)] * 48**2), "Usage": USAGES[i // 8 % 3]} for i in range(48)]
    rows = [",".join(str(row[name]) for name in header.split(",")) for row in cells]
    path = folder / "ckextended.csv"
    path.write_text("\n".join([header, *rows, ""]))
    return path


@pytest.mark.parametrize(
    ("count", "per_label"),
    [
        (8, [2, 2, 2, 2, 2, 2, 2, 2]),
        (7, [2, 2, 2, 2, 2, 2, 4]),  # contempt counts as neutral, as FER+'s does
        (6, [4, 2, 2, 2, 2, 4]),  # disgust as anger too
    ],
)
def test_eight_labels_are_eight_classes(tmp_path: Path, count: int, per_label: list[int]) -> None:
    source = WholeCsv(write_ck(tmp_path), SourceOptions(ClassLabels(class_names(count))))
    built = build(source, Workspace(tmp_path))
    for path in built.paths.values():
        assert read_split(path).class_counts().tolist() == per_label
    train = read_split(built.paths["train"])
    assert train.labels[train.images[:, 0, 0, 0] == 7].tolist() == [7 if count == 8 else count - 1]
    assert ("contempt counts as neutral" in built.notes) == (count < 8)


@pytest.mark.parametrize("header", ["emotion,pixels,Usage", "emotion,pixels"])
def test_eight_classes_need_the_eighth_label(tmp_path: Path, header: str) -> None:
    path = write_ck(tmp_path, header)
    lines = [line for line in path.read_text().splitlines() if not line.startswith("7,")]
    path.write_text("\n".join(lines))
    options = SourceOptions(ClassLabels(class_names(8)))
    with pytest.raises(ValueError, match="FER2013's own labels have no contempt"):
        build(recognise(path).open(path, options), Workspace(tmp_path))
    assert not list((tmp_path / "hdf5").iterdir())
    build(recognise(path).open(path, SourceOptions(SEVEN)), Workspace(tmp_path))
    path = write_ck(tmp_path, header)
    build(recognise(path).open(path, options), Workspace(tmp_path))
