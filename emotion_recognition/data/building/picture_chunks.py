"""Opens the pictures of a list on all cores: chunks of face images come out, a few at a time, in the list's order.

Stage before: a :class:`~emotion_recognition.data.sources.picture_list.PictureList`; next:
:mod:`emotion_recognition.data.building.chunked_build` writes the chunks.
"""

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np

from emotion_recognition.data.sources.picture_list import Picture
from emotion_recognition.pictures.faces import Box

#: Bytes of images in a chunk, at most, unless one picture has more; a few chunks are in memory at a time.
_CHUNK_BYTES = 8 << 20
_LARGEST_CHUNK = 512
#: Decoding runs in OpenCV, without Python's lock; beyond four threads, Python's share holds them up.
_THREADS = min(4, os.cpu_count() or 1)


class FaceReader(Protocol):
    """Reads a picture and cuts out its faces: uint8 (N, size, size, channels); an ``OSError`` or ``ValueError`` if not.

    See :func:`emotion_recognition.data.building.labelled_faces.read_labelled_faces`.
    """

    def __call__(self, path: Path, boxes: Sequence[Box] | None, stated_size: tuple[int, int] | None) -> np.ndarray:
        """Returns the faces of a picture."""


class Chunk(NamedTuple):
    """Some images of a split.

    Attributes:
        images: uint8 array (n, height, width, channels), 0..255.
        labels: uint8 array (n,).
    """

    images: np.ndarray
    labels: np.ndarray


class PictureReader:
    """Opens pictures and keeps account of them.

    Pictures that cannot be read are left out of the chunks and remembered.

    Args:
        root: The folder that the pictures' paths are relative to.
        read_faces: Opens one picture; called on several threads.
        image_shape: Height, width and channels of the images that it gives.

    Attributes:
        unreadable: Path and reason of every picture that could not be read.
        seen: How many pictures were opened, or tried.
    """

    def __init__(self, root: Path, read_faces: FaceReader, image_shape: tuple[int, int, int]) -> None:
        self._root = root
        self._read_faces = read_faces
        self._image_shape = image_shape
        self._digests: dict[str, bytes] = {}
        self.unreadable: list[tuple[str, str]] = []
        self.seen = 0

    def chunks(self, pictures: Sequence[Picture]) -> Iterator[Chunk]:
        """Yields the images of pictures, in their order, a chunk at a time."""
        per_chunk = max(1, min(_LARGEST_CHUNK, _CHUNK_BYTES // int(np.prod(self._image_shape))))
        # OpenCV's log is one for all threads, so it is silenced once: what goes wrong with a picture is remembered.
        level = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        running: deque[Future[_Opened]] = deque()
        pool = ThreadPoolExecutor(_THREADS)
        try:
            for start in range(0, len(pictures), per_chunk):
                running.append(pool.submit(self._open, pictures[start : start + per_chunk]))
                if len(running) > _THREADS:
                    yield self._account(running.popleft().result())
            while running:
                yield self._account(running.popleft().result())
        finally:
            pool.shutdown(cancel_futures=True)
            cv2.utils.logging.setLogLevel(level)

    def sha256(self) -> str:
        """A fingerprint of all pictures that were read: as of the output of ``sha256sum`` on them, sorted by path."""
        digest = hashlib.sha256()
        for path, of_file in sorted(self._digests.items()):
            digest.update(f"{of_file.hex()}  {path}\n".encode(errors="surrogateescape"))
        return digest.hexdigest()

    def _open(self, pictures: Sequence[Picture]) -> "_Opened":
        opened = _Opened([], [], [], [])
        for picture in pictures:
            path = self._root / picture.path
            try:
                images = self._read_faces(path, picture.boxes, picture.size)
                opened.digests.append((picture.path, hashlib.sha256(path.read_bytes()).digest()))
            except (OSError, ValueError) as error:
                opened.unreadable.append((picture.path, " ".join(str(error).split())))
                continue
            opened.images.append(images)
            opened.labels.extend(picture.labels)
        return opened

    def _account(self, opened: "_Opened") -> Chunk:
        self.seen += len(opened.digests) + len(opened.unreadable)
        self._digests.update(opened.digests)
        self.unreadable += opened.unreadable
        images = [np.empty((0, *self._image_shape), np.uint8), *opened.images]
        return Chunk(np.concatenate(images), np.array(opened.labels, dtype=np.uint8))


class _Opened(NamedTuple):
    images: list[np.ndarray]
    labels: list[int]
    digests: list[tuple[str, bytes]]
    unreadable: list[tuple[str, str]]
