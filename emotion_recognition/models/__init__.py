"""The networks, built by name; their files, cards, copies in other formats and the runtimes of these.

Importing this package does not import Keras, so that a parser can offer the names.
"""

from emotion_recognition.models.building import build_network
from emotion_recognition.models.registry import DEFAULT_NETWORK, LAST_LAYER, NETWORKS, NetworkRow, register_network

__all__ = ["DEFAULT_NETWORK", "LAST_LAYER", "NETWORKS", "NetworkRow", "build_network", "register_network"]
