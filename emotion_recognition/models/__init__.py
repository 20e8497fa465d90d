"""The networks, built by name, and their files.

Importing this package does not import Keras, so that a parser can offer the names.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from emotion_recognition.lazy_names import lazy_names

if TYPE_CHECKING:
    import keras

    from emotion_recognition.models.card import read_card as read_card
    from emotion_recognition.models.card import write_card as write_card
    from emotion_recognition.models.export import export_model as export_model
    from emotion_recognition.models.files import load_network as load_network
    from emotion_recognition.models.files import save_network as save_network
    from emotion_recognition.models.onnx_network import OnnxNetwork as OnnxNetwork

_HOMES = {
    "load_network": "models.files",
    "save_network": "models.files",
    "read_card": "models.card",
    "write_card": "models.card",
    "export_model": "models.export",
    "OnnxNetwork": "models.onnx_network",
}
__all__ = ["NETWORKS", "build_network", *_HOMES]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)

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
