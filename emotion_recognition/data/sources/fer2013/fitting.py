"""Brings the images of a CSV to the data set's size, in chunks that stay small however large the images become."""

from collections.abc import Iterator, Mapping

import numpy as np

from emotion_recognition.data.sources.source import Chunk, SourceOptions

#: Bytes of images in a chunk, at most, unless one image has more.
_CHUNK_BYTES = 8 << 20


def fitted_chunks(
    split: str, images: np.ndarray, columns: Mapping[str, np.ndarray], options: SourceOptions
) -> Iterator[Chunk]:
    """Yields images in the size and with the channels that they are to have.

    Args:
        split: The images' split.
        images: uint8 array (N, 48, 48, 1), 0..255.
        columns: What belongs to them, N rows each.
        options: What size and channels.
    """
    if images.shape[1:] == options.image_shape:
        yield Chunk(split, images, columns)
        return
    from emotion_recognition.pictures.image_form import fit_images

    step = max(1, _CHUNK_BYTES // int(np.prod(options.image_shape)))
    for start in range(0, len(images), step):
        rows = slice(start, start + step)
        fitted = fit_images(images[rows], options.variant.image_size, options.variant.channels)
        yield Chunk(split, fitted, {name: column[rows] for name, column in columns.items()})
