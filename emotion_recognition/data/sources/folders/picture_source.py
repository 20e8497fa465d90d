"""A list of pictures as a source: opens them on several threads, and gives their faces a few at a time, in order.

Stage before: a :class:`~emotion_recognition.data.sources.folders.picture_list.PictureList`; next:
:mod:`emotion_recognition.data.building.build`.
"""

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from emotion_recognition.data.sources.folders.found_faces import NoFaceError
from emotion_recognition.data.sources.folders.labelled_faces import TURNED, UNSURE, read_labelled_faces
from emotion_recognition.data.sources.folders.picture_list import Picture, PictureList
from emotion_recognition.data.sources.source import Account, Chunk, SourceOptions
from emotion_recognition.pictures.faces import Box
from emotion_recognition.pictures.quiet_opencv import silent_opencv
from emotion_recognition.workspace import SPLITS

#: Bytes of images in a chunk, at most, unless one picture has more; a few chunks are in memory at a time.
_CHUNK_BYTES = 8 << 20
_LARGEST_CHUNK = 512
#: Decoding runs in OpenCV, without Python's lock; beyond four threads, Python's share holds them up.
_THREADS = min(4, os.cpu_count() or 1)


class FaceReader(Protocol):
    """Reads a picture and cuts out its faces: uint8 (N, size, size, channels); an ``OSError`` or ``ValueError`` if not.

    See :func:`emotion_recognition.data.sources.folders.labelled_faces.read_labelled_faces`.
    """

    def __call__(self, path: Path, boxes: Sequence[Box] | None, stated_size: tuple[int, int] | None) -> np.ndarray:
        """Returns the faces of a picture."""


class PictureSource:
    """A :class:`~emotion_recognition.data.sources.source.Source`.

    Pictures that cannot be read, or on which a face was looked for and none found, are left out and remembered.

    Args:
        kind: What the source is, in words.
        pictures: Its pictures, listed with the classes of the options.
        options: What is to be made of it.
        read_faces: Opens one picture, and is called on several threads; by default as detection crops faces.
    """

    splits = SPLITS
    columns = ("labels",)
    votes_sha256 = None

    def __init__(
        self, kind: str, pictures: PictureList, options: SourceOptions, read_faces: FaceReader | None = None
    ) -> None:
        self.kind = kind
        self.name = pictures.root.resolve().name
        self.options = options
        self.total = sum(len(of_split) for of_split in pictures.splits.values())
        self.account = Account(notes=list(pictures.notes))
        self._pictures = pictures
        self._said: list[str] = []
        self._read_faces: FaceReader = read_faces or partial(
            read_labelled_faces,
            image_size=options.variant.image_size,
            channels=options.variant.channels,
            say=self._said.append,
        )
        self._digests: dict[str, bytes] = {}

    def chunks(self) -> Iterator[Chunk]:
        """Yields the faces of all pictures, split by split, in the list's order."""
        size = int(np.prod(self.options.image_shape))
        per_chunk = max(1, min(_LARGEST_CHUNK, _CHUNK_BYTES // size))
        running: deque[Future[_Opened]] = deque()
        # OpenCV's log is one for all threads, so it is silenced once: what goes wrong with a picture is remembered.
        with silent_opencv():
            pool = ThreadPoolExecutor(_THREADS)
            try:
                for split, pictures in self._pictures.splits.items():
                    for start in range(0, len(pictures), per_chunk):
                        running.append(pool.submit(self._open, split, pictures[start : start + per_chunk]))
                        if len(running) > _THREADS:
                            yield self._entered(running.popleft().result())
                while running:
                    yield self._entered(running.popleft().result())
            finally:
                pool.shutdown(cancel_futures=True)
        self.account.sha256 = self._sha256()
        self.account.notes += _of_turned(self._said)

    def _sha256(self) -> str:
        """A fingerprint of all pictures that were read: as of the output of ``sha256sum`` on them, sorted by path."""
        digest = hashlib.sha256()
        for path, of_file in sorted(self._digests.items()):
            digest.update(f"{of_file.hex()}  {path}\n".encode(errors="surrogateescape"))
        return digest.hexdigest()

    def _open(self, split: str, pictures: Sequence[Picture]) -> "_Opened":
        opened = _Opened(split, [], [], [], [], [])
        for picture in pictures:
            path = self._pictures.root / picture.path
            try:
                images = self._read_faces(path, picture.boxes, picture.size)
                opened.digests.append((picture.path, hashlib.sha256(path.read_bytes()).digest()))
            except NoFaceError:
                opened.faceless.append(picture.path)
                continue
            except (OSError, ValueError) as error:
                opened.unreadable.append((picture.path, " ".join(str(error).split())))
                continue
            opened.images.append(images)
            opened.labels.extend(picture.labels)
        return opened

    def _entered(self, opened: "_Opened") -> Chunk:
        """Takes account of some pictures; returns their chunk."""
        self.account.seen += len(opened.digests) + len(opened.unreadable) + len(opened.faceless)
        self.account.unreadable += opened.unreadable
        self.account.faceless += opened.faceless
        self._digests.update(opened.digests)
        images = [np.empty((0, *self.options.image_shape), np.uint8), *opened.images]
        return Chunk(opened.split, np.concatenate(images), {"labels": np.array(opened.labels, dtype=np.uint8)})


def _of_turned(said: Sequence[str]) -> list[str]:
    """What became of the boxes on pictures that lie on their side, or are mirrored."""
    turned, unsure = said.count(TURNED), said.count(UNSURE)
    notes = []
    if turned:
        notes.append(f"the boxes of {turned:,} pictures were turned with them: their size is that of the stored pixels")
    if unsure:
        notes.append(
            f"{unsure:,} pictures are turned upright by their EXIF orientation, and no size is stated: their boxes are "
            "taken for those of the upright picture"
        )
    return notes


class _Opened(NamedTuple):
    split: str
    images: list[np.ndarray]
    labels: list[int]
    digests: list[tuple[str, bytes]]
    unreadable: list[tuple[str, str]]
    faceless: list[str]
