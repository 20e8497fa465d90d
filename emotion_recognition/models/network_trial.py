"""Tries a network file in a process of its own first: a damaged one may crash what runs it, and Python with it.

The bytes of a file go in before anything else is done with it. Files that come with the project need no trial; whoever
could change them could change the code as well.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from emotion_recognition.models.runtimes.registry import RUNTIMES
from emotion_recognition.workspace import comes_with_project

#: What the other process does. An error of the runtime's is none here: opening the network raises it again.
_ONNX = """
import sys, numpy
from emotion_recognition.models.runtimes.registry import row_of
network = row_of({runtime!r}).open(sys.stdin.buffer.read(), "the network")
network(numpy.zeros({shape}, numpy.float32))
"""
_YUNET = """
import sys, cv2, numpy
content, none = numpy.frombuffer(sys.stdin.buffer.read(), numpy.uint8), numpy.empty(0, numpy.uint8)
cv2.FaceDetectorYN.create("onnx", content, none, (64, 64)).detect(numpy.zeros((64, 64, 3), numpy.uint8))
"""
_SSD = """
import sys, cv2, numpy
content = numpy.frombuffer(sys.stdin.buffer.read(), numpy.uint8)
weights, description = content[:{count}], content[{count}:]
if {is_caffe}:
    network = cv2.dnn.readNetFromCaffe(description, weights)
else:
    network = cv2.dnn.readNetFromTensorflow(weights, description)
network.setInput(numpy.zeros((1, 3, 300, 300), numpy.float32))
network.forward()
"""

#: Exit statuses that a program of Python's ends with by itself.
_ENDED = (0, 1)

#: More seconds than the largest network needs on a busy machine.
_SECONDS = 120

#: How each trial ended, by the SHA-256 of the bytes and the program, so that one file is tried once.
_STATUSES: dict[tuple[bytes, str], int | None] = {}


def try_onnx(path: Path, content: bytes, shape: tuple[int, ...], runtime: str = "opencv") -> None:
    """Runs an ONNX network once on zeros.

    Args:
        path: Where the file lies, which decides whether it needs a trial.
        content: Its bytes.
        shape: Of its input, float32.
        runtime: What will run it, by its name in the registry of runtimes.

    Raises:
        ValueError: If the runtime crashes or does not come to an end with it.
    """
    _try(path, content, _ONNX.format(shape=shape, runtime=runtime), RUNTIMES[runtime].title)


def try_yunet(path: Path, content: bytes) -> None:
    """Runs a network of YuNet's kind once on a black picture.

    Args:
        path: As for :func:`try_onnx`.
        content: As for :func:`try_onnx`.

    Raises:
        ValueError: If OpenCV crashes or does not come to an end with it.
    """
    _try(path, content, _YUNET)


def try_opencv_ssd(path: Path, weights: bytes, description: bytes) -> None:
    """Runs OpenCV's SSD once on zeros.

    Args:
        path: The file of weights, whose suffix says whether it is TensorFlow's or Caffe's.
        weights: Its bytes.
        description: Those of the description that belongs to it.

    Raises:
        ValueError: If OpenCV crashes or does not come to an end with it.
    """
    _try(path, weights + description, _SSD.format(count=len(weights), is_caffe=path.suffix == ".caffemodel"))


def _try(path: Path, content: bytes, program: str, title: str = "OpenCV") -> None:
    if comes_with_project(path) or not sys.executable:
        return
    key = hashlib.sha256(content).digest(), program
    if key not in _STATUSES:
        _STATUSES[key] = _status(content, program)
    status = _STATUSES[key]
    if status not in _ENDED:
        raise ValueError(f"{path} is damaged: {title} {'takes for ever' if status is None else 'crashes'} with it.")


def _status(content: bytes, program: str) -> int | None:
    """The exit status of another Python; None if it did not end in time."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-c", program],
            input=content,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.returncode
