"""The middle of an image as a network's first layers: what random crops in training become in testing.

A network for images of one size goes in, one that resizes, cuts the middle out and shows it to that network comes out.
Moving an image by up to half of what is cut off, before the middle is cut out, is a random crop: training does so, see
:mod:`emotion_recognition.data.batches.random_changes`.
"""

import keras
from keras import layers

from emotion_recognition.error_about import about
from emotion_recognition.models.cloning import clone
from emotion_recognition.models.layers import input_pixels
from emotion_recognition.models.networks.pixels_for_backbone import resized

#: The layer that cuts the middle out.
CENTRE_CROP = "centre_crop"


def with_centre_crop(network: keras.Model, image_size: int, crop: tuple[int, int]) -> keras.Model:
    """Puts resizing and the crop before a network.

    Args:
        network: A functional network for pixels (N, side, side, channels), with the side of the crop.
        image_size: Height and width of the images that come in.
        crop: Side that images are resized to, and side of the square that is cut out of their middle.

    Returns:
        An uncompiled network with the same weights for pixels (N, image_size, image_size, channels).

    Raises:
        ValueError: If the crop is none, or not of the size that the network takes.
    """
    resize, side = crop
    if not 1 <= side < resize:
        message = f"random_crop must cut a smaller square out of a larger one. Received: {resize}:{side}"
        raise about(ValueError(message), "random_crop")
    if network.input_shape[1:3] != (side, side):
        height, width = network.input_shape[1:3]
        message = f"random_crop cuts out {side}×{side}, but {network.name} takes {height}×{width}"
        raise about(ValueError(message), "random_crop")
    pixels = input_pixels(image_size, network.input_shape[-1])
    x = pixels if image_size == resize else resized(pixels, (resize, resize))
    before = (resize - side) // 2
    after = resize - side - before
    x = layers.Cropping2D(((before, after), (before, after)), name=CENTRE_CROP, dtype="float32")(x)
    seen = keras.Model(network.inputs[0], network.outputs[0]).call(x)
    whole = keras.Model(pixels, seen, name=network.name)
    # Fresh layers: those of the network would be in two graphs, and say the other one's tensors are theirs.
    return clone(whole)


def centre_crop_of(network: keras.Model) -> tuple[int, int] | None:
    """The crop of a network that :func:`with_centre_crop` made; None of another one."""
    layer = next((layer for layer in network.layers if layer.name == CENTRE_CROP), None)
    if layer is None or not isinstance(layer, layers.Cropping2D):
        return None
    return int(layer.input.shape[1]), int(layer.output.shape[1])
