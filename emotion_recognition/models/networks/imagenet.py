"""Which file holds the ImageNet weights of a backbone, where it lies, and how it gets there.

The files are those that ``keras.applications`` publishes and keeps in ``models`` of Keras's own folder
(``~/.keras``, or ``KERAS_HOME``); one that is there is used, whoever put it there. Nothing here imports Keras. Next:
:mod:`emotion_recognition.models.networks.weights` reads the file.
"""

import hashlib
import http.client
import os
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.error_about import about
from emotion_recognition.models.conventions import say

#: Seconds that the server may stay silent.
TIMEOUT = 15.0

_SERVER = "https://storage.googleapis.com/tensorflow/keras-applications"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class ImageNetFile:
    """A published file of weights without the layers that know ImageNet's classes.

    Args:
        folder: Where it lies on the server.
        name: What it is called, there and here.
        md5: Of its content; empty where Keras states none.
    """

    folder: str
    name: str
    md5: str = ""

    @property
    def url(self) -> str:
        """Where it is published."""
        return f"{_SERVER}/{self.folder}/{self.name}"


_USUAL = "_weights_tf_dim_ordering_tf_kernels_notop.h5"

#: The file of every backbone that has one, by the name of the network.
IMAGENET_FILES = {
    "vgg16": ImageNetFile("vgg16", f"vgg16{_USUAL}", "6d6bbae143d832006294945121d1f1fc"),
    "vgg19": ImageNetFile("vgg19", f"vgg19{_USUAL}", "253f8cb515780f3b799900260a226db6"),
    "resnet50": ImageNetFile("resnet", f"resnet50{_USUAL}", "4d473c1dd8becc155b73f8504c6f6626"),
    "densenet121": ImageNetFile("densenet", f"densenet121{_USUAL}", "30ee3e1110167f948a6b9946edeeb738"),
    "mobilenet_v2": ImageNetFile("mobilenet_v2", "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"),
}


def find_imagenet_file(name: str, *, timeout: float = TIMEOUT) -> Path:
    """The file with a backbone's ImageNet weights; downloaded where it is not there yet.

    Args:
        name: The network's, one of :data:`IMAGENET_FILES`.
        timeout: Seconds without an answer after which a download ends.

    Raises:
        OSError: If it is not there and cannot be downloaded; the message says which file to put where.
    """
    file = IMAGENET_FILES[name]
    path = keras_home() / "models" / file.name
    if path.is_file():
        return path
    say([f"downloads the ImageNet weights of {name}, {file.url}"])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_when_complete(path) as partial:
            _fetch(file, partial, timeout)
    except (OSError, http.client.HTTPException) as error:
        message = (
            f"The ImageNet weights of {name} are not there and cannot be downloaded ({error}); put the file "
            f"{file.name}, published at {file.url}, into {path.parent}, name another one, or start from random weights"
        )
        raise about(OSError(message), "weights") from error
    return path


def keras_home() -> Path:
    """Keras's own folder, found as Keras finds it."""
    named = os.environ.get("KERAS_HOME")
    if named:
        return Path(named)
    home = Path.home()
    return (home if os.access(home, os.W_OK) else Path(tempfile.gettempdir())) / ".keras"


def _fetch(file: ImageNetFile, path: Path, timeout: float) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    with urllib.request.urlopen(file.url, timeout=timeout) as response, path.open("wb") as target:
        while chunk := response.read(_CHUNK_BYTES):
            digest.update(chunk)
            target.write(chunk)
    # Not every file has an MD5, and an answer that breaks off ends like a whole one.
    length = response.headers["Content-Length"]
    if length is not None and path.stat().st_size != int(length):
        raise OSError(f"the server sent {path.stat().st_size:,} of {int(length):,} bytes")
    if file.md5 and digest.hexdigest() != file.md5:
        raise OSError(f"its MD5 is {digest.hexdigest()}, expected {file.md5}")
