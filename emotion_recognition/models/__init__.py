"""The networks, built by name; their files, cards, copies in other formats and the runtimes of these.

Importing this package does not import Keras, so that a parser can offer the names.
"""

from typing import TYPE_CHECKING

from emotion_recognition.lazy_names import lazy_names
from emotion_recognition.models.building import build_network
from emotion_recognition.models.registry import DEFAULT_NETWORK, LAST_LAYER, NETWORKS, NetworkRow, register_network

if TYPE_CHECKING:
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
__all__ = [
    "DEFAULT_NETWORK",
    "LAST_LAYER",
    "NETWORKS",
    "NetworkRow",
    "build_network",
    "register_network",
    *_HOMES,
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
