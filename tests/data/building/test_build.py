"""The one road from a source to files, on sources made here: any object with the attributes is a source."""

import re
import tracemalloc
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.data.building.build import build
from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.data.files.unlabelled import read_unlabelled
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.fer2013 import csv_reader, fitting
from emotion_recognition.data.sources.registry import recognise
from emotion_recognition.data.sources.source import UNLABELLED, Account, Chunk, SourceOptions
from emotion_recognition.emotions import class_names
from emotion_recognition.error_about import names_of
from emotion_recognition.training.splits import open_splits
from emotion_recognition.workspace import SPLITS, Variant, Workspace

CLASSES = ClassLabels(("a", "b"), own=True)
OWN = Variant(own_classes=True)
PIXELS = 48 * 48


class Shades:
    """A source from outside: chunks of the shades that are given, whose labels are the shades modulo two."""

    kind = "shades"
    name = "shades"
    total = 0
    votes_sha256 = None

    def __init__(self, chunks: Sequence[tuple[str, Sequence[int]]], splits: tuple[str, ...] = SPLITS) -> None:
        self.options = SourceOptions(CLASSES, OWN)
        self.splits = splits
        self.columns: tuple[str, ...] = () if splits == (UNLABELLED,) else ("labels",)
        self.account = Account(notes=["a note"])
        self._chunks = chunks

    def chunks(self) -> Iterator[Chunk]:
        for split, shades in self._chunks:
            images = np.repeat(np.array(shades, np.uint8), PIXELS).reshape(-1, 48, 48, 1)
            self.account.seen += len(images)
            yield Chunk(split, images, {name: np.array(shades, np.uint8) % 2 for name in self.columns})
        self.account.sha256 = "ab" * 32


ALL = [("train", [1, 2]), ("val", [3]), ("train", [4, 6, 5]), ("test", [8]), ("val", [])]


def test_chunks_of_any_order_become_their_splits(tmp_path: Path) -> None:
    built = build(Shades(ALL), Workspace(tmp_path))
    assert built.class_names == ("a", "b")
    assert {name: counts.tolist() for name, counts in built.counts.items()} == {
        "train": [3, 2], "val": [0, 1], "test": [1, 0]
    }  # fmt: skip
    assert built.notes == ("a note", "no image of a in val", "no image of b in test")
    assert built.unreadable == ()
    assert built.paths == {name: Workspace(tmp_path).split_path(name, 2, variant=OWN) for name in SPLITS}
    train = read_split(built.paths["train"])
    assert train.images[:, 3, 4, 0].tolist() == [1, 2, 4, 6, 5]
    assert train.labels.tolist() == [1, 0, 0, 0, 1]
    assert (train.source_name, train.source_sha256) == ("shades", "ab" * 32)


def test_images_without_labels_become_one_file(tmp_path: Path) -> None:
    built = build(Shades([(UNLABELLED, [7, 9]), (UNLABELLED, [8])], (UNLABELLED,)), Workspace(tmp_path))
    assert (built.class_names, built.counts[UNLABELLED].tolist()) == ((), [3])
    assert read_unlabelled(built.paths[UNLABELLED])[:, 0, 0, 0].tolist() == [7, 9, 8]


def test_no_chunk_is_held_when_the_next_is_asked_for(tmp_path: Path) -> None:
    """Memory must not grow with the source: of the chunks given before, only the last one may still be there."""
    given: list[weakref.ref[np.ndarray]] = []
    alive: list[int] = []

    class Watched(Shades):
        def chunks(self) -> Iterator[Chunk]:
            for chunk in super().chunks():
                alive.append(sum(reference() is not None for reference in given))
                given.append(weakref.ref(chunk.images))
                yield chunk

    build(Watched([("train", [i]) for i in range(20)] + [("val", [1]), ("test", [1])]), Workspace(tmp_path))
    assert len(given) == 22
    assert max(alive) <= 2


def rows(header: str, count: int) -> Iterator[str]:
    usages = ("Training", "PublicTest", "PrivateTest")
    yield header
    for i in range(count):
        cells = {"emotion": str(i % 7), "pixels": " ".join([str(i % 256)] * PIXELS), "Usage": usages[i % 3]}
        yield ",".join(cells[name] for name in header.split(","))


@pytest.mark.parametrize(
    ("header", "variant"),
    [
        ("emotion,pixels,Usage", Variant()),
        ("emotion,pixels,Usage", Variant(image_size=96, channels=3)),
        ("emotion,pixels", Variant()),
        ("emotion,pixels", Variant(image_size=96, channels=3)),
        ("pixels", Variant()),
        ("pixels", Variant(image_size=96, channels=3)),
    ],
)
def test_memory_does_not_grow_with_a_csv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str, variant: Variant
) -> None:
    monkeypatch.setattr(csv_reader, "_BLOCK_BYTES", 25_000)
    monkeypatch.setattr(fitting, "_CHUNK_BYTES", 100_000)
    options = SourceOptions(ClassLabels(class_names(7)), variant)
    count, shape = 1000, (variant.image_size, variant.image_size, variant.channels)
    few, path = tmp_path / "few.csv", tmp_path / "source.csv"
    few.write_text("\n".join(rows(header, 100)))
    path.write_text("\n".join(rows(header, count)))
    kind = recognise(path)
    # What is imported on the way, and stays, is not counted.
    build(kind.open(few, options), Workspace(tmp_path / "few"))
    tracemalloc.start()
    try:
        built = build(kind.open(path, options), Workspace(tmp_path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(int(counts.sum()) for counts in built.counts.values()) == count
    # All images together are 2.3 or 27.6 MB.
    assert peak < 1.5e6 < count * int(np.prod(shape))


class Bad(Shades):
    """Gives what a source must not give."""

    def __init__(self, split: str, labels: Mapping[str, np.ndarray]) -> None:
        super().__init__([])
        self._chunk = Chunk(split, np.zeros((2, 48, 48, 1), np.uint8), labels)

    def chunks(self) -> Iterator[Chunk]:
        yield self._chunk


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Bad("other", {"labels": np.zeros(2, np.uint8)}), "a chunk's split must be one of train, val, test"),
        (Bad("train", {}), "2 images must have as many rows of labels. Received: {}"),
        (Bad("train", {"labels": np.zeros(3, np.uint8)}), "Received: {'labels': 3}"),
        (Shades([("train", [1]), ("val", [2])]), "no image is left for the test split"),
    ],
)
def test_a_source_that_fails_leaves_the_earlier_files(tmp_path: Path, source: Shades, words: str) -> None:
    built = build(Shades(ALL), Workspace(tmp_path))
    before = {path: path.read_bytes() for path in built.paths.values()}
    with pytest.raises(ValueError, match=re.escape(words)):
        build(source, Workspace(tmp_path), overwrite=True)
    assert {path: path.read_bytes() for path in (tmp_path / "hdf5").iterdir()} == before


def test_an_earlier_build_is_not_replaced_unasked_and_the_source_not_read(tmp_path: Path) -> None:
    build(Shades(ALL), Workspace(tmp_path))
    source = Shades(ALL)
    with pytest.raises(FileExistsError, match=r"Already built: .*own_2classes_train") as caught:
        build(source, Workspace(tmp_path))
    assert names_of(caught.value) == ("overwrite",)
    assert source.account.seen == 0


@pytest.mark.parametrize(
    ("source", "kinds", "words", "about"),
    [
        (Shades(ALL), ("notface",), "dropping notface needs FER\\+'s votes, and shades comes without", "votes"),
        (Shades([], (UNLABELLED,)), ("blank",), "only images with labels are dropped; shades has none", "drop"),
    ],
)
def test_what_cannot_be_told_is_not_dropped(
    tmp_path: Path, source: Shades, kinds: tuple[str, ...], words: str, about: str
) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        build(source, Workspace(tmp_path), drop=kinds)
    assert names_of(caught.value) == (about,)
    assert not list(tmp_path.iterdir())


def test_all_splits_of_a_build_share_its_name_and_other_builds_have_another(tmp_path: Path) -> None:
    def ids(folder: str, chunks: Sequence[tuple[str, Sequence[int]]], **options: tuple[str, ...]) -> set[str]:
        built = build(Shades(chunks), Workspace(tmp_path / folder), **options)  # type: ignore[arg-type]
        return {read_split(path).build_id for path in built.paths.values()}

    (one,) = ids("one", ALL)
    assert len(one) == 64
    assert ids("again", ALL) == {one}
    (moved,) = ids("moved", [("train", [1, 2, 4, 6]), ("val", [3, 5]), ("test", [8])])
    (dropped,) = ids("dropped", ALL, drop=("duplicates",))
    assert len({one, moved, dropped}) == 3


def test_a_build_killed_between_its_renames_does_not_pass_for_whole(tmp_path: Path) -> None:
    """Train of the first build beside val of the second: images of val were moved out of train, and are in both."""
    first = build(Shades(ALL), Workspace(tmp_path / "first")).paths
    second = build(Shades([("train", [3, 2, 4, 6]), ("val", [1, 5]), ("test", [8])]), Workspace(tmp_path / "b")).paths
    second["val"].replace(first["val"])
    with pytest.raises(ValueError, match="a build was interrupted, and images may be in both"):
        open_splits(Workspace(tmp_path / "first"), OWN, ("a", "b"), "--classes")
