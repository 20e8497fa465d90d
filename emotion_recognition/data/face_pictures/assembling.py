"""Opens the pictures of annotations and makes a split of them, with boxes that lie inside the pictures.

Stage before: :mod:`emotion_recognition.data.face_pictures.sources.registry`; next:
:mod:`emotion_recognition.data.face_pictures.hdf5`.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from emotion_recognition.data.face_pictures.counts import FaceCounts
from emotion_recognition.data.face_pictures.picture_spool import PictureSpool
from emotion_recognition.data.face_pictures.sources.annotated_picture import AnnotatedPicture, AnnotationFile
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.data.face_pictures.stored_picture import (
    PictureStorage,
    StoredPicture,
    store_picture,
)
from emotion_recognition.pictures.image_file import read_encoded
from emotion_recognition.pictures.quiet_opencv import silent_opencv

#: Decoding runs in OpenCV, without Python's lock.
_THREADS = min(4, os.cpu_count() or 1)
#: Pictures that are on their way at a time.
_AT_ONCE = 16 * _THREADS
#: In place of a picture's bytes that are in the temporary file.
_SPOOLED = np.empty(0, np.uint8)
#: A box that ends so little behind the border, in pixels, was only rounded.
_ROUNDING = 0.1


@dataclass(frozen=True, eq=False)
class Assembled:
    """A split, and how it came to be.

    Args:
        split: The pictures that could be read.
        counts: What became of them.
        unreadable: Name and reason of each picture that could not be read, or is missing.
    """

    split: FaceSplit
    counts: FaceCounts
    unreadable: tuple[tuple[str, str], ...]


def assemble_split(
    annotations: AnnotationFile,
    split: str,
    storage: PictureStorage | None = None,
    *,
    spool_folder: Path | None = None,
    step: Callable[[], None] = lambda: None,
) -> Assembled:
    """Opens all pictures, on several threads, and puts them together with their boxes.

    Boxes are cut off at the picture's border; those of which nothing remains are dropped.

    Args:
        annotations: The pictures and their boxes.
        split: "train" or "val".
        storage: How the pictures are stored; the usual way by default.
        spool_folder: Where a temporary file holds the pictures' bytes, so that they may exceed memory; the system's
            place for such files by default.
        step: Called after each picture, to show progress.

    Raises:
        OSError: If the annotations cannot be read again, for their fingerprint, or the temporary file be written.
    """
    storage = storage or PictureStorage()
    digest = hashlib.sha256()
    digest.update(_line(annotations.path.read_bytes(), annotations.path.name))
    kept: list[tuple[AnnotatedPicture, StoredPicture]] = []
    unreadable: list[tuple[str, str]] = []
    all_opened = _open_all(annotations.folder, annotations.pictures, storage)
    with PictureSpool(spool_folder) as spool:
        for picture, opened in zip(annotations.pictures, all_opened, strict=True):
            if opened.stored is None:
                unreadable.append((picture.name, opened.error))
            else:
                spool.add(opened.stored.encoded)
                kept.append((picture, replace(opened.stored, encoded=_SPOOLED)))
                digest.update(opened.line)
            step()
        encoded = spool.pictures()
    boxes, inside, cut = _boxes_inside(kept)
    of_picture = np.repeat(np.arange(len(kept)), [len(picture.boxes) for picture, _ in kept])
    ignored = np.array([value for picture, _ in kept for value in picture.ignored], dtype=bool)
    masks = [mask for picture, _ in kept for mask in picture.masks]
    made = FaceSplit(
        pictures=encoded,
        sizes=np.array([(stored.width, stored.height) for _, stored in kept], dtype=np.int32).reshape(-1, 2),
        boxes=boxes[inside],
        first=_firsts(np.bincount(of_picture[inside], minlength=len(kept))),
        ignored=ignored[inside],
        names=tuple(picture.name for picture, _ in kept),
        sources=tuple(picture.source for picture, _ in kept),
        masks=tuple(mask for mask, is_inside in zip(masks, inside.tolist(), strict=True) if is_inside),
        split=split,
        source_name=annotations.path.name,
        source_sha256=digest.hexdigest(),
    )
    counts = FaceCounts(
        pictures=len(made),
        faces=len(made.boxes),
        ignored=int(made.ignored.sum()),
        without_a_face=int((np.diff(made.first) == 0).sum()),
        shrunk=sum(stored.shrunk for _, stored in kept),
        boxes_cut=int((cut & inside).sum()),
        boxes_dropped=annotations.boxes_dropped + int((~inside).sum()),
        turned=sum(stored.turned and bool(picture.boxes) for picture, stored in kept),
    )
    return Assembled(made, counts, tuple(unreadable))


class _Opened(NamedTuple):
    stored: StoredPicture | None
    #: Of the fingerprint.
    line: bytes
    error: str


def _open_all(folder: Path, pictures: Sequence[AnnotatedPicture], storage: PictureStorage) -> Iterator[_Opened]:
    """Opens pictures, in their order, a few at a time."""

    def open_one(picture: AnnotatedPicture) -> _Opened:
        path = folder / picture.name
        try:
            if not path.is_file():
                raise FileNotFoundError(f"there is no picture {path}")
            encoded = read_encoded(path)
            return _Opened(store_picture(encoded, str(path), storage), _line(encoded, picture.name), "")
        except (OSError, ValueError) as error:
            return _Opened(None, b"", " ".join(str(error).split()))

    pool = ThreadPoolExecutor(_THREADS)
    # OpenCV's log is one for all threads, so it is silenced once: what goes wrong with a picture is remembered.
    with silent_opencv():
        try:
            for start in range(0, len(pictures), _AT_ONCE):
                yield from pool.map(open_one, pictures[start : start + _AT_ONCE])
        finally:
            pool.shutdown(cancel_futures=True)


def _boxes_inside(kept: Sequence[tuple[AnnotatedPicture, StoredPicture]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All boxes in pixels of the stored pictures, cut off at their borders.

    Returns:
        float32 array (M, 4), and two bool arrays (M,): whether anything of a box is left, and whether it was cut.
    """
    given = np.array([box for picture, _ in kept for box in picture.boxes], dtype=np.float64).reshape(-1, 4)
    faces = [len(picture.boxes) for picture, _ in kept]
    scale = np.repeat(np.array([stored.scale for _, stored in kept]).reshape(-1, 2), faces, axis=0)
    size = np.repeat(np.array([(s.width, s.height) for _, s in kept], dtype=np.float64).reshape(-1, 2), faces, axis=0)
    start, end = given[:, :2] * scale, (given[:, :2] + given[:, 2:]) * scale
    cut_start, cut_end = np.clip(start, 0, size), np.clip(end, 0, size)
    boxes = np.concatenate([cut_start, cut_end - cut_start], axis=1).astype(np.float32)
    moved = np.abs(np.concatenate([cut_start - start, cut_end - end], axis=1))
    return boxes, np.all(boxes[:, 2:] > 0, axis=1), np.any(moved > _ROUNDING, axis=1)


def _firsts(counts: np.ndarray) -> np.ndarray:
    """Where each group of so many begins, and the last ends: int64 array (groups + 1,)."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _line(content: bytes, name: str) -> bytes:
    """What ``sha256sum`` prints of a file."""
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()
