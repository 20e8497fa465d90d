"""Networks for transfer learning: a backbone that learned from other pictures, and a new head for the emotions.

Before: :mod:`emotion_recognition.models.networks.pixels_for_backbone` and
:mod:`emotion_recognition.models.networks.weights`; next: training, the head first, on a frozen backbone.
"""

from collections.abc import Callable
from pathlib import Path

import keras
from keras import layers

from emotion_recognition.error_about import about
from emotion_recognition.models.layers import classifier, input_pixels
from emotion_recognition.models.networks.imagenet import find_imagenet_file
from emotion_recognition.models.networks.pixels_for_backbone import (
    BACKBONE_PIXELS,
    USUAL_SIZE,
    Scaling,
    pixels_for_backbone,
)
from emotion_recognition.models.networks.weights import IMAGENET, NONE, load_weights

#: Hidden units of a new head, and the share of them dropped while it is trained.
HIDDEN, HEAD_DROPOUT = 1024, 0.5

#: Least height and width that the backbones of ``keras.applications`` can be shown.
LEAST_SIZE = 32


def on_backbone(application: Callable[..., keras.Model], name: str, scaling: Scaling) -> Callable[..., keras.Model]:
    """Returns the function that builds networks on a backbone of ``keras.applications``.

    Args:
        application: The function that builds the backbone.
        name: What the network is called.
        scaling: What the backbone expects of pixels.
    """

    def build(
        *,
        num_classes: int,
        image_size: int = 48,
        channels: int = 1,
        weights: str = NONE,
        backbone_size: int | None = None,
        hidden: int = HIDDEN,
        head_dropout: float = HEAD_DROPOUT,
    ) -> keras.Model:
        """Builds the network.

        Args:
            num_classes: Number of outputs.
            image_size: Height and width of the input in pixels.
            channels: 1 for grey, 3 for colour.
            weights: The backbone's: "none" for random ones, "imagenet", or the path of a file.
            backbone_size: Height and width in pixels that images are resized to for the backbone, at least 32; None
                enlarges images below 96 to 96.
            hidden: Hidden units of the head; 0 leaves the layer out.
            head_dropout: Share dropped before the last layer, 0..1.

        Raises:
            FileNotFoundError: If there is no such file of weights.
            OSError: If ImageNet's weights are not there and cannot be downloaded.
            ValueError: If the weights are of another architecture, or the size is too small.
        """
        size = backbone_size or max(image_size, USUAL_SIZE)
        if size < LEAST_SIZE:
            message = f"backbone_size must be at least {LEAST_SIZE} for {name}. Received: {size}"
            raise about(ValueError(message), "backbone_size")
        pixels = input_pixels(image_size, channels)
        seen = pixels_for_backbone(pixels, scaling, (size, size))
        features = application(include_top=False, weights=None, input_tensor=seen).output
        network = keras.Model(pixels, head(features, num_classes, hidden, head_dropout), name=name)
        if weights != NONE:
            path = find_imagenet_file(name) if weights == IMAGENET else Path(weights)
            load_weights(
                backbone_layers(network),
                path,
                name,
                lambda: application(include_top=False, weights=None, input_shape=(size, size, 3)),
            )
        return network

    build.__name__ = build.__qualname__ = name
    return build


def head(features: keras.KerasTensor, num_classes: int, hidden: int, dropout: float) -> keras.KerasTensor:
    """A new head: the mean of each map, hidden units with ReLU, dropout; (N, H, W, C) -> (N, num_classes)."""
    x = layers.GlobalAveragePooling2D(name="mean_features")(features)
    if hidden:
        x = layers.Dense(hidden, activation="relu", kernel_initializer="he_normal", name="hidden")(x)
    return classifier(x, num_classes, dropout)


def backbone_layers(network: keras.Model) -> list[keras.layers.Layer]:
    """The layers that give a network's features: from its pixels to its last spatial map.

    They are in Keras's order and as many as ``keras.applications`` counts: the first is what prepares the pixels last,
    in the place of the backbone's own input layer. In a network without a backbone the first is its input layer.

    Args:
        network: A functional network.
    """
    every = network.layers
    names = [layer.name for layer in every]
    first = names.index(BACKBONE_PIXELS) if BACKBONE_PIXELS in names else 0
    last = max((i for i, layer in enumerate(every) if _gives_map(layer)), default=-1)
    return list(every[first : last + 1])


def _gives_map(layer: keras.Operation) -> bool:
    return len(getattr(layer.output, "shape", ())) == 4
