"""The runtimes by name: a row each, from which parsers take their choices and help texts.

A runtime is a file in this folder with a function ``open_network(content, name)``, which gives an
:class:`OpenedNetwork`, and a row here. The bytes of an ONNX file go in; next:
:mod:`emotion_recognition.models.onnx_network`. Importing this module imports no runtime.
"""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, runtime_checkable

import numpy as np

from emotion_recognition.error_about import about

#: Stands for the best runtime that is installed.
AUTO = "auto"


class OpenedNetwork(Protocol):
    """A network that a runtime has read.

    Attributes:
        description: The runtime in words, with its version and what it computes on.
        batch_size: How many small images at once are fastest.
    """

    description: str
    batch_size: int

    def __call__(self, images: np.ndarray) -> list[np.ndarray]:
        """Shows float32 images (N, height, width, channels) to the network; gives all of its outputs, as copies.

        Raises:
            ValueError: If the network does not take such images.
        """


@runtime_checkable
class GivesFeatures(Protocol):
    """A runtime's network that also gives what a classifier's last dense layer sees."""

    def with_features(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """The first output, and the features, float32 (N, features), of images; None where no dense layer is found.

        Raises:
            ValueError: If the network does not take such images.
        """


@dataclass(frozen=True)
class RuntimeRow:
    """What is known of a runtime before it is opened.

    Args:
        name: What command lines call it.
        title: What messages call it.
        module: Its file in this folder.
        package: What has to be importable.
        summary: What it is for, in a few words.
        how_to_get: The command that installs it; empty where it is always there.
    """

    name: str
    title: str
    module: str
    package: str
    summary: str
    how_to_get: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether its package is there; a broken one may be too."""
        return find_spec(self.package) is not None

    def open(self, content: bytes, name: str) -> OpenedNetwork:
        """Reads a network.

        Args:
            content: The bytes of an ONNX file.
            name: What errors call it.

        Raises:
            ValueError: If the runtime is not installed or cannot read the network.
        """
        opened: OpenedNetwork = self._module().open_network(content, name)
        return opened

    def _module(self) -> Any:
        try:
            import_module(self.package)
            return import_module(f"{__name__.rpartition('.')[0]}.{self.module}")
        except ImportError as error:
            text = f"The runtime {self.name} cannot be imported; install it with: {self.how_to_get} ({error})"
            raise about(ValueError(text), "runtime") from error


#: Every runtime; "auto" takes the last one that is installed.
RUNTIMES: dict[str, RuntimeRow] = {
    row.name: row
    for row in (
        RuntimeRow("opencv", "OpenCV", "opencv", "cv2", "needs nothing more"),
        RuntimeRow(
            "onnxruntime",
            "ONNX Runtime",
            "onnx_runtime",
            "onnxruntime",
            "faster; also int8 copies and GPUs",
            "pip install -r requirements-runtime.txt",
        ),
    )
}

#: What runs ONNX copies without a choice, so that results do not depend on what happens to be installed.
DEFAULT_RUNTIME = "opencv"

#: What command lines offer.
RUNTIME_CHOICES = (AUTO, *RUNTIMES)


def row_of(name: str) -> RuntimeRow:
    """The row of a runtime, or for "auto" that of the best one that can be imported.

    Raises:
        ValueError: If there is no such runtime, or it is not installed.

    Example:
        >>> row_of("opencv").title
        'OpenCV'
    """
    if name == AUTO:
        return next(row for row in reversed(RUNTIMES.values()) if row.is_installed and _works(row))
    if name not in RUNTIMES:
        raise about(ValueError(f"runtime must be one of {list(RUNTIME_CHOICES)}. Received: {name!r}"), "runtime")
    row = RUNTIMES[name]
    if not row.is_installed:
        text = f"The runtime {name} is not installed; install it with: {row.how_to_get}"
        raise about(ValueError(text), "runtime")
    return row


def describe_runtimes() -> str:
    """The runtimes in words, for a help text."""
    said = "; ".join(f"{row.name}: {row.title}, {row.summary}" for row in RUNTIMES.values())
    best_first = ", then ".join(row.name for row in reversed(RUNTIMES.values()))
    return f"what runs ONNX copies. {said}; auto: the first that is installed, {best_first}"


def _works(row: RuntimeRow) -> bool:
    try:
        row._module()
    except ValueError:
        return False
    return True
