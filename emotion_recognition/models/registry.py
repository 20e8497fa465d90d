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
        has_imagenet: Whether its backbone can start with weights that were learned from ImageNet: the function takes
            ``weights``, ``backbone_size``, ``hidden`` and ``head_dropout``.
    """

    name: str
    summary: str
    reference: str = ""
    smallest_image: int = 1
    function: BuildFunction | None = None
    has_imagenet: bool = False

    def open(self) -> BuildFunction:
        """The function that builds it; imports Keras."""
        if self.function is not None:
            return self.function
        package = __name__.rpartition(".")[0]
        build: BuildFunction = getattr(import_module(f"{package}.networks.{self.name}"), self.name)
        return build


_NORMALISED = "Ioffe and Szegedy 2015, arXiv:1502.03167"
_VGG = f"Simonyan and Zisserman 2015, arXiv:1409.1556; {_NORMALISED}"
_PAGE = "David Page 2018, How to train your ResNet"


def _on_backbone(name: str, summary: str, reference: str) -> NetworkRow:
    return NetworkRow(name, f"transfer learning: {summary}", reference, 32, has_imagenet=True)


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
            "vggnet_large",
            "vggnet_wide with 64 to 384 filters, for a GPU and as a teacher",
            f"{_VGG}; Lin et al. 2014, arXiv:1312.4400",
            16,
        ),
        NetworkRow(
            "vggnet_small", "a first convolution of stride 2, 48 to 128 filters, 0.57 million parameters", _VGG, 16
        ),
        NetworkRow(
            "vggnet_tiny", "a first convolution of stride 2, 32 to 96 filters, 0.13 million parameters", _VGG, 16
        ),
        NetworkRow("shallow_cnn", "three convolutions, 32 to 128 filters, two dense layers", _NORMALISED, 8),
        NetworkRow("deep_cnn", "three pairs of convolutions, 64 to 256 filters, two dense layers", _VGG, 8),
        NetworkRow(
            "resnet9", "two residual blocks among four convolutions", f"He et al. 2015, arXiv:1512.03385; {_PAGE}", 8
        ),
        NetworkRow(
            "inception",
            "five modules of parallel 1×1, 3×3 and 5×5 convolutions",
            f"Szegedy et al. 2014, arXiv:1409.4842; {_NORMALISED}",
            16,
        ),
        NetworkRow(
            "mini_xception",
            "separable convolutions with shortcuts, 58 thousand parameters",
            "Arriaga et al. 2017, arXiv:1710.07557",
            16,
        ),
        _on_backbone(
            "vgg16", "thirteen 3×3 convolutions in five blocks", "Simonyan and Zisserman 2015, arXiv:1409.1556"
        ),
        _on_backbone(
            "vgg19", "sixteen 3×3 convolutions in five blocks", "Simonyan and Zisserman 2015, arXiv:1409.1556"
        ),
        _on_backbone("resnet50", "sixteen residual blocks of three convolutions", "He et al. 2015, arXiv:1512.03385"),
        _on_backbone(
            "densenet121", "four blocks whose layers see all maps before them", "Huang et al. 2017, arXiv:1608.06993"
        ),
        _on_backbone(
            "mobilenet_v2",
            "seventeen inverted residual blocks, made for phones",
            "Sandler et al. 2018, arXiv:1801.04381",
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
    return "\n".join(f"  {row.name:<13} {row.summary}" for row in NETWORKS.values())


def networks_table() -> str:
    """The networks as a table in Markdown."""
    lines = ["| network | what it is | papers | smallest image |", "|---|---|---|---|"]
    lines += [
        f"| `{row.name}` | {row.summary} | {row.reference} | {row.smallest_image}×{row.smallest_image} |"
        for row in NETWORKS.values()
    ]
    return "\n".join(lines) + "\n"
