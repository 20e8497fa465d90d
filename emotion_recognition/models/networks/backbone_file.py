"""A backbone from a file: any Keras model, cut at its last feature map, under a new head.

A model file goes in; a function comes out that builds a network on it, as
:func:`~emotion_recognition.models.building.build_network` takes it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras

from emotion_recognition.error_about import about
from emotion_recognition.models.cloning import clone
from emotion_recognition.models.files import load_network
from emotion_recognition.models.layers import input_pixels
from emotion_recognition.models.model_options import DEFAULT_PIXEL_RANGE, PIXEL_RANGES
from emotion_recognition.models.nested import output_in
from emotion_recognition.models.networks.pixels_for_backbone import (
    BACKBONE_PIXELS,
    USUAL_SIZE,
    Scaling,
    pixels_for_backbone,
)
from emotion_recognition.models.networks.transfer import HEAD_DROPOUT, HIDDEN, head
from emotion_recognition.models.registry import LAST_LAYER

#: Names of layers that a network on a backbone has itself.
_TAKEN = ("pixels", "as_colour", BACKBONE_PIXELS, "mean_features", "hidden", LAST_LAYER, "probabilities", "centre_crop")


def backbone_from_file(
    path: Path,
    *,
    pixel_range: str = DEFAULT_PIXEL_RANGE,
    backbone_size: int | None = None,
    hidden: int = HIDDEN,
    head_dropout: float = HEAD_DROPOUT,
) -> Callable[..., keras.Model]:
    """Opens a backbone.

    Args:
        path: The model file. Its colour images are RGB.
        pixel_range: Key of :data:`~emotion_recognition.models.model_options.PIXEL_RANGES`: the pixels that it expects.
        backbone_size: Height and width in pixels that images are resized to for it; None takes the size that it has,
            or else enlarges images below 96 to 96.
        hidden: Hidden units of the head; 0 leaves the layer out.
        head_dropout: Share dropped before the last layer, 0..1.

    Returns:
        A function from ``num_classes``, ``image_size`` and ``channels`` to a network, named like the file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no model, or has no feature map.
    """
    try:
        model = load_network(path)
    except (OSError, ValueError) as error:
        raise about(error, "backbone") from error
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 4 or model.inputs[0].shape[-1] not in (1, 3):
        shapes = ", ".join(str(tensor.shape) for tensor in model.inputs)
        message = f"The backbone {path} must take grey or colour images (N, height, width, 1 or 3). Received: {shapes}"
        raise about(ValueError(message), "backbone")
    cut = _cut(model, path)
    low, high = PIXEL_RANGES[pixel_range]
    scaling = Scaling((high - low) / 255, low)

    def build(*, num_classes: int, image_size: int, channels: int) -> keras.Model:
        _, height, width, taken = model.inputs[0].shape
        if channels > taken:
            message = f"The backbone {path} takes grey images; these have {channels} channels"
            raise about(ValueError(message), "backbone")
        usual = backbone_size or max(image_size, USUAL_SIZE)
        size = (height or usual, width or usual)
        if backbone_size and size != (backbone_size, backbone_size):
            message = f"backbone_size must be {size[0]} for {path}, which takes no other. Received: {backbone_size}"
            raise about(ValueError(message), "backbone_size")
        pixels = input_pixels(image_size, channels)
        features = _features(cut, pixels_for_backbone(pixels, scaling, size, taken), path, size)
        whole = keras.Model(pixels, head(features, num_classes, hidden, head_dropout), name=build.__name__)
        # Fresh layers, which belong to this one graph alone.
        return clone(whole)

    build.__name__ = "".join(c if c.isalnum() else "_" for c in path.stem)
    return build


def _cut(model: keras.Model, path: Path) -> keras.Model:
    """The model up to its last map (N, H, W, C) behind weights, with layers whose names are free."""
    every: Sequence[keras.layers.Layer] = [
        layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)
    ]
    if isinstance(model, keras.Sequential):
        tensors = []
        x = model.inputs[0]
        for layer in every:
            x = layer(x)
            tensors.append(x)
    else:
        tensors = [output_in(model, layer) for layer in every]
    first = next((i for i, layer in enumerate(every) if layer.weights), len(every))
    maps = [tensor for tensor in tensors[first:] if len(getattr(tensor, "shape", ())) == 4]
    if not maps:
        message = f"The backbone {path} has no feature map: no layer with weights, or after one, gives one"
        raise about(ValueError(message), "backbone")
    return clone(keras.Model(model.inputs[0], maps[-1]), _renamed)


def _renamed(layer: keras.Operation) -> keras.Operation:
    config = layer.get_config()
    if layer.name in _TAKEN:
        config["name"] = f"backbone_{layer.name}" if layer.name != BACKBONE_PIXELS else "pixels_of_backbone"
    return type(layer).from_config(config)


def _features(cut: keras.Model, seen: keras.KerasTensor, path: Path, size: tuple[int, int]) -> keras.KerasTensor:
    try:
        features = cut.call(seen)
    # Keras says so in its own way, and by several kinds of errors, where a window is larger than the map.
    except Exception as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise _too_small(path, size, reason) from error
    if 0 in features.shape[1:3]:
        raise _too_small(path, size, f"its last map is {features.shape[1]}×{features.shape[2]}")
    return features


def _too_small(path: Path, size: tuple[int, int], reason: str) -> ValueError:
    message = f"The backbone {path} cannot be shown images of {size[0]}×{size[1]}; show it larger ones. ({reason})"
    return about(ValueError(message), "backbone_size")
