"""Writes the three splits of a data set from chunks, all of them or none; memory holds a few chunks and the labels.

Stage before: anything that yields :class:`~emotion_recognition.data.building.picture_chunks.Chunk`; next: training and
evaluation read the files.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.data.building.dropping import drop_from_files
from emotion_recognition.data.building.picture_chunks import Chunk
from emotion_recognition.data.files.hdf5 import Split, describe, read_split
from emotion_recognition.data.files.split_writer import SplitWriter


def write_chunks(
    paths: Mapping[str, Path],
    chunks: Mapping[str, Iterable[Chunk]],
    *,
    image_shape: tuple[int, int, int],
    class_names: Sequence[str],
    source_name: str,
    finish: Callable[[], str],
    drop: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """Writes splits; earlier files stay as they were until every new one is complete.

    Args:
        paths: The file of each split.
        chunks: The images and labels of each split; read once, split by split.
        image_shape: Height, width and channels of every image.
        class_names: The classes in label order.
        source_name: Name of what the images come from, without its folder.
        finish: Called when all chunks are written; returns the source's SHA-256, 64 hexadecimal digits, or raises
            what is wrong with the source, and then nothing is written.
        drop: What is taken out of train and val and marked in test, some of
            :data:`~emotion_recognition.data.building.dropping.DROPPABLE`.

    Returns:
        The number of images of each class, int64 array (classes,), of each split.

    Raises:
        ValueError: If a split has no image, or a chunk does not fit.
        OSError: If a file cannot be written.
    """
    counts: dict[str, np.ndarray] = {}
    with contextlib.ExitStack() as stack:
        writers: dict[str, SplitWriter] = {}
        labels: dict[str, np.ndarray] = {}
        partials = {split: stack.enter_context(replace_when_complete(path)) for split, path in paths.items()}
        for split, path in partials.items():
            writer = stack.enter_context(SplitWriter(path, image_shape))
            parts = [np.empty(0, np.uint8)]
            for chunk in chunks[split]:
                writer.append(chunk.images)
                parts.append(chunk.labels)
            writers[split], labels[split] = writer, np.concatenate(parts)
        sha256 = finish()
        for split, writer in writers.items():
            if not len(writer):
                raise ValueError(f"no image is left for the {split} split.")
            counts[split] = np.bincount(labels[split], minlength=len(class_names))
            # The images are in the file already.
            no_images = np.empty((len(writer), 0, 0, 0), np.uint8)
            described = Split(no_images, labels[split], tuple(class_names), split, source_name, sha256)
            writer.finish(partial(describe, split=described))
        if drop:
            drop_from_files(partials, drop)
            counts = {split: read_split(path, stream_above=0).class_counts() for split, path in partials.items()}
    return counts
