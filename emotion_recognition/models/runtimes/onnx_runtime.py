"""ONNX Runtime as a runtime: faster than OpenCV on most processors, runs int8 copies, and GPUs where its build has one.

The package ``onnxruntime`` computes on the CPU; ``onnxruntime-gpu``, installed in its place, on CUDA too.
"""

import functools
import os
from typing import Any

import cv2
import numpy as np

#: Beyond this, more images at once change nothing and only cost memory (``benchmarks/runtimes.py``).
BATCH_SIZE = 64

#: What computes, best first, with its options. TensorFloat-32 would leave 10 of a weight's 23 bits.
_PROVIDERS: dict[str, dict[str, str]] = {
    "CUDAExecutionProvider": {"use_tf32": "0"},
    "ROCMExecutionProvider": {},
    "CPUExecutionProvider": {},
}
_CPU = "CPUExecutionProvider"

#: Of ONNX Runtime's log: what goes wrong is raised, so nothing below fatal is printed.
_FATAL_ONLY = 4


class OnnxRuntimeNetwork:
    """A network that ONNX Runtime runs; threads may share one object.

    Where a GPU's part of the package is there but does not start, for want of a driver or a library, the CPU computes.

    Args:
        content: The bytes of the ONNX file.
        name: What the errors call it.

    Raises:
        ValueError: If ONNX Runtime cannot read it, or it has more than one input.
    """

    batch_size = BATCH_SIZE

    def __init__(self, content: bytes, name: str) -> None:
        self._name = name
        self._session = _open(content, name)
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise ValueError(f"{name} must have one input. Received: {len(inputs)}")
        self._input = inputs[0].name
        computes = self._session.get_providers()[0].removesuffix("ExecutionProvider")
        self.description = f"ONNX Runtime {_package().__version__} ({computes})"

    def __call__(self, images: np.ndarray) -> list[np.ndarray]:
        """As :class:`~emotion_recognition.models.runtimes.registry.OpenedNetwork` says."""
        try:
            outputs = self._session.run(None, {self._input: np.ascontiguousarray(images, np.float32)})
        # Its exceptions have no class in common below Exception.
        except Exception as error:
            raise ValueError(f"{self._name} does not run on images {images.shape}: {_first_line(error)}") from error
        return [np.asarray(output, np.float32) for output in outputs]


def open_network(content: bytes, name: str) -> OnnxRuntimeNetwork:
    """Reads a network, as the registry does."""
    return OnnxRuntimeNetwork(content, name)


@functools.cache
def _package() -> Any:
    # Only here: this module can be imported, and its documentation made, where the package is not installed.
    import onnxruntime

    onnxruntime.set_default_logger_severity(_FATAL_ONLY)
    return onnxruntime


def _open(content: bytes, name: str) -> Any:
    onnxruntime = _package()
    there = onnxruntime.get_available_providers()
    providers: list[Any] = [(provider, options) for provider, options in _PROVIDERS.items() if provider in there]
    try:
        try:
            return onnxruntime.InferenceSession(content, _options(), providers=providers)
        except Exception:  # a GPU that does not start
            if len(providers) == 1:
                raise
            return onnxruntime.InferenceSession(content, _options(), providers=[_CPU])
    # Its exceptions have no class in common below Exception.
    except Exception as error:
        raise ValueError(f"{name} is not a network that ONNX Runtime can read: {_first_line(error)}") from error


def _options() -> Any:
    options = _package().SessionOptions()
    options.log_severity_level = _FATAL_ONLY
    options.intra_op_num_threads = _threads()
    options.inter_op_num_threads = 1
    # Threads that wait in a loop for the next image take the cores from whatever else runs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _threads() -> int:
    """As many as OpenCV takes, which an application limits by ``cv2.setNumThreads``, and no more than there are cores.

    ONNX Runtime's own choice counts the cores of the machine, not those that the process may use.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cv2.getNumThreads(), cores))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
