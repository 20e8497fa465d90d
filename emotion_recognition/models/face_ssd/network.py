"""``face_ssd``: a small single-shot detector of faces, made for a processor without a GPU.

A residual backbone of few channels (He et al. 2016, arXiv:1512.03385) spends its operations where small faces live, on
the maps of strides 4 and 8; coarse maps hand down what they know (Lin et al. 2017, arXiv:1612.03144), and one 1×1
convolution a map says what is at each place (Liu et al. 2016, arXiv:1512.02325). Ordinary convolutions instead of
separable ones: OpenCV and oneDNN run them nearer to what a processor can do, and they train faster.
"""

import math
from dataclasses import dataclass

import keras
from keras import layers

from emotion_recognition.models.face_ssd.priors import (
    LANDMARK_OUTPUTS_PER_BOX,
    NETWORK,
    OUTPUTS_PER_BOX,
    STRIDES,
    PriorSettings,
)

#: Share of prior boxes that an untrained network takes for faces; focal loss starts well from a small one (Lin et al.
#: 2017, arXiv:1708.02002).
_PRIOR_PROBABILITY = 0.01

#: What the names of the output layers start with; the stride follows.
_OUTPUT = "stride"

#: The same for those of the landmarks.
_LANDMARK_OUTPUT = "landmarks"


#: Where eyes, nose and corners of the mouth are in a face towards the camera: shares of its box's width and height.
_USUAL_PLACES = (0.31, 0.43, 0.69, 0.43, 0.5, 0.62, 0.34, 0.79, 0.66, 0.79)


@dataclass(frozen=True)
class FaceSsdSize:
    """How large the network is.

    Args:
        stem: Channels of the maps of stride 2 and 4.
        channels: Channels of the maps of stride 8, 16, 32 and 64.
        blocks: Residual blocks on the maps of stride 4, 8, 16 and 32.
        head: Channels of the maps that the outputs are read from.

    Raises:
        ValueError: If there are more or fewer numbers, or one is too small.
    """

    stem: tuple[int, int] = (16, 32)
    channels: tuple[int, int, int, int] = (48, 64, 64, 48)
    blocks: tuple[int, int, int, int] = (0, 3, 1, 1)
    head: int = 48

    def __post_init__(self) -> None:
        for name, count, least in (("stem", 2, 1), ("channels", 4, 1), ("blocks", 4, 0)):
            numbers = getattr(self, name)
            # One more in the stem would double the strides, and no place would be where its prior boxes are.
            if len(numbers) != count or min(numbers) < least:
                raise ValueError(f"{name} must be {count} numbers of at least {least}. Received: {numbers}")
        if self.head < 1:
            raise ValueError(f"head must be at least 1. Received: {self.head}")


def face_ssd(priors: PriorSettings, size: FaceSsdSize | None = None, *, landmarks: bool = False) -> keras.Model:
    """Builds the network.

    It is fully convolutional: input (N, H, W, 3), BGR pixels 0..255, H and W multiples of 64; one output for each
    feature map, fine to coarse, (N, H / stride, W / stride, 5 × boxes per place), for each box the logit of "face" and
    the offsets dx, dy, dw, dh of :mod:`~emotion_recognition.models.face_ssd.box_coding`.

    Args:
        priors: The prior boxes that the outputs speak of; four feature maps with strides 8, 16, 32 and 64.
        size: How large it is.
        landmarks: Whether it finds landmarks too, see :func:`with_landmarks`.

    Raises:
        ValueError: If the prior boxes are for other feature maps.

    Example:
        >>> priors = PriorSettings((8, 16, 32, 64), ((10.0,), (30.0,), (90.0,), (200.0,)), 0.8)
        >>> [output.shape[-1] for output in face_ssd(priors).outputs]
        [5, 5, 5, 5]
    """
    if priors.strides != STRIDES:
        raise ValueError(f"priors must have the strides 8, 16, 32 and 64. Received: {priors.strides}")
    size = size or FaceSsdSize()
    pixels = keras.Input((None, None, 3), name="pixels")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale", dtype="float32")(pixels)
    for channels in size.stem:
        x = _halved(x, channels)
    for _ in range(size.blocks[0]):
        x = _residual(x)
    maps = []
    for channels, blocks in zip(size.channels, (*size.blocks[1:], 0), strict=True):
        x = _halved(x, channels)
        for _ in range(blocks):
            x = _residual(x)
        maps.append(x)
    coarse = layers.ReLU()(_normalised(maps[2], size.head, kernel=1))
    features = [coarse, layers.ReLU()(_normalised(maps[3], size.head, kernel=1))]
    for finer in (maps[1], maps[0]):
        # A factor of 2 by repetition; the 1×1 convolution before it lets the coarse map choose what it hands down.
        handed_down = layers.UpSampling2D(2)(_normalised(coarse, size.head, kernel=1))
        coarse = layers.ReLU()(layers.Add()([_normalised(finer, size.head, kernel=1), handed_down]))
        features.insert(0, coarse)
    outputs = [
        _outputs(layers.ReLU()(_normalised(feature, size.head)), count, f"{_OUTPUT}{stride}")
        for feature, count, stride in zip(features, priors.boxes_per_place, priors.strides, strict=True)
    ]
    network = keras.Model(pixels, outputs, name=NETWORK)
    return with_landmarks(network, priors) if landmarks else network


def with_landmarks(network: keras.Model, priors: PriorSettings) -> keras.Model:
    """Adds outputs for five landmarks to a detector; what it says of boxes stays the same.

    After the outputs of the boxes there is one more for each feature map, fine to coarse, (N, H / stride, W / stride,
    10 × boxes per place): for each box the offsets that
    :func:`~emotion_recognition.models.face_ssd.box_coding.decode_landmarks` reads. A new output's points are where they
    are in a face that fills its prior box.

    Args:
        network: One that :func:`face_ssd` built, without landmarks.
        priors: Its prior boxes.

    Returns:
        A network that shares all layers.

    Raises:
        ValueError: If it has other outputs.
    """
    names = [f"{_OUTPUT}{stride}" for stride in priors.strides]
    if [layer.name for layer in network.layers if layer.name.startswith((_OUTPUT, _LANDMARK_OUTPUT))] != names:
        raise ValueError(f"network must have the outputs {names} and no others.")
    added = []
    for name, stride, boxes in zip(names, priors.strides, priors.boxes_per_place, strict=True):
        middles = [(place - 0.5) / priors.variances[0] for place in _USUAL_PLACES]
        layer = layers.Conv2D(
            LANDMARK_OUTPUTS_PER_BOX * boxes,
            1,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            bias_initializer=keras.initializers.Constant(middles * boxes),
            name=f"{_LANDMARK_OUTPUT}{stride}",
        )
        added.append(layer(network.get_layer(name).input))
    return keras.Model(network.inputs[0], [*network.outputs, *added], name=network.name)


def without_landmarks(network: keras.Model, priors: PriorSettings) -> keras.Model:
    """Takes the outputs for landmarks from a detector again; what it says of boxes stays the same.

    Args:
        network: One with or without them.
        priors: Its prior boxes.

    Returns:
        A network that shares the layers that are left.
    """
    return keras.Model(network.inputs[0], network.outputs[: len(priors.strides)], name=network.name)


def calibrate_scores(network: keras.Model, slope: float, intercept: float) -> None:
    """Changes the weights of the outputs so that every logit z becomes ``slope * z + intercept``; boxes stay.

    Args:
        network: One that :func:`face_ssd` built.
        slope: Above 0, so that the order of the scores stays.
        intercept: What is added.

    Raises:
        ValueError: If ``slope`` is not above 0, or one of them is not finite.
    """
    if not 0 < slope < math.inf:
        raise ValueError(f"slope must be a number above 0. Received: {slope}")
    if not math.isfinite(intercept):
        raise ValueError(f"intercept must be finite. Received: {intercept}")
    for layer in network.layers:
        if layer.name.startswith(_OUTPUT):
            kernel, bias = layer.get_weights()
            kernel[..., ::OUTPUTS_PER_BOX] *= slope
            bias[::OUTPUTS_PER_BOX] = slope * bias[::OUTPUTS_PER_BOX] + intercept
            layer.set_weights([kernel, bias])


def _normalised(x: keras.KerasTensor, channels: int, kernel: int = 3) -> keras.KerasTensor:
    x = layers.Conv2D(channels, kernel, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    return layers.BatchNormalization()(x)


def _halved(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    # "same" would pad by one row less, or by nothing, depending on the side; OpenCV guesses wrongly when it is free.
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(channels, 3, strides=2, use_bias=False, kernel_initializer="he_normal")(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _residual(x: keras.KerasTensor) -> keras.KerasTensor:
    channels = x.shape[-1]
    y = layers.ReLU()(_normalised(x, channels))
    return layers.ReLU()(layers.Add()([x, _normalised(y, channels)]))


def _outputs(x: keras.KerasTensor, boxes: int, name: str) -> keras.KerasTensor:
    """(N, H, W, C) -> (N, H, W, 5 × boxes)."""
    bias = -math.log((1 - _PRIOR_PROBABILITY) / _PRIOR_PROBABILITY)
    initial = keras.initializers.Constant([value for _ in range(boxes) for value in (bias, 0.0, 0.0, 0.0, 0.0)])
    kernel = keras.initializers.RandomNormal(stddev=0.01)
    return layers.Conv2D(OUTPUTS_PER_BOX * boxes, 1, kernel_initializer=kernel, bias_initializer=initial, name=name)(x)
