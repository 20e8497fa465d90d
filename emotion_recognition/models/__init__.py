"""The networks: one architecture per file, built by name.

Importing this package does not import Keras, so that a parser can offer the names.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

#: Every network that ``build_network`` knows; each is the function of that name in the module of that name.
NETWORKS = ("vggnet", "vggnet_deep", "vggnet_wide")


def build_network(
    name: str, *, num_classes: int, image_size: int = 48, channels: int = 1, **options: Any
) -> "keras.Model":
    """Builds an untrained network: pixels in, class probabilities out.

    Args:
        name: One of :data:`NETWORKS`.
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels.
        channels: 1 for grey, 3 for colour.
        **options: Passed to the architecture's own function, which names what it takes.

    Returns:
        A network from float32 (N, image_size, image_size, channels), 0..255, to probabilities (N, num_classes).

    Raises:
        ValueError: If there is no network of that name.

    Example:
        >>> build_network("vggnet", num_classes=7).output_shape
        (None, 7)
    """
    if name not in NETWORKS:
        raise ValueError(f"name must be one of {list(NETWORKS)}. Received: {name!r}")
    build = getattr(import_module(f"{__name__}.{name}"), name)
    network: keras.Model = build(num_classes=num_classes, image_size=image_size, channels=channels, **options)
    return network
