"""Builds an untrained network, by its name or by a function from anywhere, and checks what everything after relies on.

Before: :mod:`emotion_recognition.models.registry` knows the names; next: training.
"""

from typing import TYPE_CHECKING, Any

from emotion_recognition.error_about import about
from emotion_recognition.models.registry import LAST_LAYER, NETWORKS, BuildFunction

if TYPE_CHECKING:
    import keras


def build_network(
    network: str | BuildFunction,
    *,
    num_classes: int,
    image_size: int = 48,
    channels: int = 1,
    random_crop: tuple[int, int] | None = None,
    **options: Any,
) -> "keras.Model":
    """Builds an untrained network: pixels in, class probabilities out.

    Args:
        network: One of :data:`~emotion_recognition.models.registry.NETWORKS`, or a function that takes the arguments
            below.
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels.
        channels: 1 for grey, 3 for colour.
        random_crop: Side that images are resized to, and side of the square out of their middle that the network is
            made for; training takes the square from random places. None: the network sees the images as they are.
        **options: Passed to the architecture's own function, which names what it takes.

    Returns:
        A network from float32 (N, image_size, image_size, channels), 0..255, to probabilities (N, num_classes); a layer
        named "logits", and it alone, depends on the number of classes.

    Raises:
        ValueError: If there is no network of that name, the image is too small for it, or the function builds a
            network that is not as above.

    Example:
        >>> build_network("vggnet", num_classes=7).output_shape
        (None, 7)
    """
    name = name_of(network)
    seen = image_size if random_crop is None else random_crop[1]
    if isinstance(network, str):
        row = NETWORKS[network]
        if seen < row.smallest_image:
            what = "image_size" if random_crop is None else "random_crop"
            message = f"{what} must be at least {row.smallest_image} for {name}. Received: {seen}"
            raise about(ValueError(message), what)
        function = row.open()
    else:
        function = network
    built: keras.Model = function(num_classes=num_classes, image_size=seen, channels=channels, **options)
    _check_contract(built, name, (None, seen, seen, channels), (None, num_classes))
    from emotion_recognition.models.with_probabilities import with_probabilities  # imports Keras

    built = with_probabilities(built)
    if random_crop is not None:
        from emotion_recognition.models.networks.centre_crop import with_centre_crop

        built = with_centre_crop(built, image_size, random_crop)
    return built


def name_of(network: str | BuildFunction) -> str:
    """What a network is called in cards and messages.

    Raises:
        ValueError: If there is none of that name.

    Example:
        >>> name_of("vggnet")
        'vggnet'
    """
    if not isinstance(network, str):
        return str(getattr(network, "__name__", type(network).__name__))
    if network not in NETWORKS:
        raise about(ValueError(f"network must be one of {list(NETWORKS)}. Received: {network!r}"), "network")
    return network


def _check_contract(
    built: "keras.Model", name: str, input_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]
) -> None:
    import keras

    if not isinstance(built, keras.Model) or not getattr(built, "inputs", None):
        raise ValueError(f"{name} must build a functional or sequential keras.Model. Received: {type(built).__name__}")
    shapes = built.input_shape, built.output_shape
    if shapes != (input_shape, output_shape):
        raise ValueError(f"{name} must build a network from {input_shape} to {output_shape}. Received: {shapes}")
    last = next((layer for layer in built.layers if layer.name == LAST_LAYER), None)
    if last is None or tuple(last.output.shape) != output_shape:
        raise ValueError(
            f"{name} must build a network with a layer named {LAST_LAYER!r} that gives {output_shape}, before the "
            f"softmax. Received the layers: {', '.join(layer.name for layer in built.layers[-3:])}"
        )
