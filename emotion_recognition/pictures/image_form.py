"""Brings images of one size to another, grey or colour: for builds in other sizes than the source's own."""

import cv2
import numpy as np

from emotion_recognition.pictures.interpolation import interpolation_code


def fit_images(images: np.ndarray, size: int, channels: int) -> np.ndarray:
    """Resizes images and gives them the wanted number of channels.

    :func:`~emotion_recognition.pictures.interpolation.interpolation_code` says how.

    Args:
        images: uint8 array (N, height, width, 1), 0..255, grey.
        size: Height and width of the result in pixels.
        channels: 1, or 3 for grey repeated in each channel.

    Returns:
        uint8 array (N, size, size, channels), 0..255; the images themselves where nothing is to do.

    Example:
        >>> fit_images(np.full((2, 48, 48, 1), 7, np.uint8), 96, 3).shape
        (2, 96, 96, 3)
    """
    _, height, width, _ = images.shape
    if (height, width) != (size, size):
        resized = np.empty((len(images), size, size, 1), np.uint8)
        code = interpolation_code("auto", shrinks=size < min(height, width))
        for i, image in enumerate(images):
            resized[i, :, :, 0] = cv2.resize(image, (size, size), interpolation=code)
        images = resized
    return np.repeat(images, channels, axis=-1) if channels > 1 else images
