"""Trains on splits that are larger than memory: images that stay in their file, and an order that reads it in pieces.

:func:`emotion_recognition.data.files.hdf5.read_split` maps the images of large files;
:class:`emotion_recognition.data.batches.batches.TrainingBatches` takes their order from here.
"""

import mmap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import h5py

#: Splits whose images take more than this many GiB are streamed; smaller ones are read into memory whole. Streaming is
#: as fast while the operating system has the file in its cache, and any machine that trains has a GiB to spare.
STREAM_ABOVE_GIB = 1.0

#: Images that lie side by side in the file and are read together: 144 KiB of 48×48 grey images.
_BLOCK = 64

#: Images among which an epoch is shuffled at a time. They come from 256 blocks all over the file, so that batches are
#: mixed even where the file is sorted by class.
_WINDOW = 256 * _BLOCK


def map_images(dataset: "h5py.Dataset", path: Path) -> np.memmap:
    """Gives access to a data set's images without reading them.

    Args:
        dataset: uint8 data set (N, height, width, channels) of an open file, stored in one piece.
        path: The file.

    Returns:
        Read-only array of the same shape. What is indexed is read, and the operating system keeps as much of it in
        memory as there is room for.

    Raises:
        ValueError: If the data set is stored in several pieces, compressed or as another type.
    """
    offset = dataset.id.get_offset()
    if offset is None or dataset.dtype != np.uint8:
        raise ValueError("its images are not stored in one piece as bytes, so they cannot be streamed")
    return np.memmap(path, dtype=np.uint8, mode="r", offset=offset, shape=dataset.shape)


def in_pieces(order: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Arranges the rows of an epoch so that the file is read in pieces, and an image of a piece is soon used.

    Blocks of neighbours come in random order, and their rows are shuffled among some 16,000.

    Args:
        order: Integer array (N,) of rows; some may be there several times, others not at all.
        rng: Where the random numbers come from.

    Returns:
        The same rows in another order.

    Example:
        >>> sorted(in_pieces(np.array([4, 1, 1, 0]), np.random.default_rng(0)).tolist())
        [0, 1, 1, 4]
    """
    blocks = order // _BLOCK
    rank = rng.permutation(int(blocks.max(initial=0)) + 1)
    arranged = order[np.argsort(rank[blocks], kind="stable")]
    for start in range(0, len(arranged), _WINDOW):
        rng.shuffle(arranged[start : start + _WINDOW])
    return arranged


def read_ahead(images: np.ndarray, order: np.ndarray, start: int, stop: int) -> None:
    """Has the operating system read what is used next, and no more, while the network computes.

    Left to itself it reads around every image, as much as 8 MB. Does nothing for arrays in memory, and where the
    system takes no such advice.

    Args:
        images: The images, from :func:`map_images`.
        order: The epoch's order, from :func:`in_pieces`.
        start: Place in the order of the batch that is about to be read; the epoch's first batch comes with 0.
        stop: Place behind that batch.
    """
    memory: object = images.base
    if not isinstance(images, np.memmap) or not isinstance(memory, mmap.mmap) or not hasattr(memory, "madvise"):
        return
    if start == 0:
        memory.madvise(mmap.MADV_RANDOM)
        _announce(images, memory, order[:_WINDOW])
    window = stop // _WINDOW
    if start // _WINDOW < window:
        _announce(images, memory, order[window * _WINDOW : (window + 1) * _WINDOW])


def _announce(images: np.memmap, memory: mmap.mmap, rows: np.ndarray) -> None:
    image_bytes = int(np.prod(images.shape[1:]))
    # The map starts at a page's border in front of the images.
    begin = images.offset % mmap.ALLOCATIONGRANULARITY
    for block in np.unique(rows // _BLOCK).tolist():
        first = begin + block * _BLOCK * image_bytes
        last = min(first + _BLOCK * image_bytes, len(memory))
        page = first - first % mmap.PAGESIZE
        memory.madvise(mmap.MADV_WILLNEED, page, last - page)
