"""The networks by name: a row each, from which parsers take their choices, help texts and tables their lines.

A network of the project is a file in ``networks/``, with a function of the same name, and a row here. One from outside
is a function that :func:`register_network` is given. Does not import Keras; next:
:func:`~emotion_recognition.models.building.build_network`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

#: The dense layer before the softmax. It alone depends on the number of classes: a new head replaces it, and a second
#: head for training is put beside it.
LAST_LAYER = "logits"

#: What is trained where nobody names a network.
DEFAULT_NETWORK = "vggnet"

#: From num_classes, image_size, channels and options of its own to a ``keras.Model``.
BuildFunction = Callable[..., Any]


@dataclass(frozen=True)
class NetworkRow:
    """What is known of a network before it is built.

    Args:
        name: What it is called, on command lines and in cards.
        summary: What it is, in one line.
        reference: The papers it follows.
        smallest_image: Least height and width of its input in pixels.
        function: What builds it; None for the function of that name in the module of that name in ``networks/``.
    """

    name: str
    summary: str
    reference: str = ""
    smallest_image: int = 1
    function: BuildFunction | None = None

    def open(self) -> BuildFunction:
        """The function that builds it; imports Keras."""
        if self.function is not None:
            return self.function
        package = __name__.rpartition(".")[0]
        build: BuildFunction = getattr(import_module(f"{package}.networks.{self.name}"), self.name)
        return build


_VGG = "Simonyan and Zisserman 2015, arXiv:1409.1556; Ioffe and Szegedy 2015, arXiv:1502.03167"

#: Every network that has a name.
NETWORKS: dict[str, NetworkRow] = {
    row.name: row
    for row in (
        NetworkRow("vggnet", "pairs of 3×3 convolutions, 32 to 256 filters, one dense layer", _VGG, 16),
        NetworkRow("vggnet_deep", "three and four convolutions in the later blocks, two dense layers", _VGG, 16),
        NetworkRow(
            "vggnet_wide",
            "more filters on small maps, their means in place of dense layers",
            f"{_VGG}; Lin et al. 2014, arXiv:1312.4400",
            16,
        ),
        NetworkRow(
            "vggnet_small", "a first convolution of stride 2, 48 to 128 filters, 0.57 million parameters", _VGG, 16
        ),
        NetworkRow(
            "vggnet_tiny", "a first convolution of stride 2, 32 to 96 filters, 0.13 million parameters", _VGG, 16
        ),
    )
}


def register_network(
    name: str, function: BuildFunction, *, summary: str = "", reference: str = "", smallest_image: int = 1
) -> None:
    """Makes a network from outside the project known by a name, for this process.

    Args:
        name: What it is called; none that is there.
        function: From ``num_classes``, ``image_size`` and ``channels`` to a network as
            :func:`~emotion_recognition.models.building.build_network` gives it back.
        summary: What it is, in one line.
        reference: The papers it follows.
        smallest_image: Least height and width of its input in pixels.

    Raises:
        ValueError: If there is a network of that name, or the name is no identifier.
    """
    if not name.isidentifier():
        raise ValueError(f"name must consist of letters, digits and underscores. Received: {name!r}")
    if name in NETWORKS:
        raise ValueError(f"name must be none of {list(NETWORKS)}. Received: {name!r}")
    NETWORKS[name] = NetworkRow(name, summary, reference, smallest_image, function)


def networks_help() -> str:
    """A line for each network, for the end of a help text."""
    return "\n".join(f"  {row.name:<12} {row.summary}" for row in NETWORKS.values())


def networks_table() -> str:
    """The networks as a table in Markdown."""
    lines = ["| network | what it is | papers | smallest image |", "|---|---|---|---|"]
    lines += [
        f"| `{row.name}` | {row.summary} | {row.reference} | {row.smallest_image}×{row.smallest_image} |"
        for row in NETWORKS.values()
    ]
    return "\n".join(lines) + "\n"
