"""Fetches a published file once, and only the very bytes that are expected."""

import hashlib
import http.client
import sys
import urllib.error
import urllib.request
from pathlib import Path

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.detection.face_detectors.published_file import PublishedFile
from emotion_recognition.progress import Progress

#: Seconds that a server may stay silent.
TIMEOUT = 10.0

_CHUNK_BYTES = 1 << 16


def download(file: PublishedFile, folder: Path, *, timeout: float = TIMEOUT) -> Path:
    """Downloads a file, complete and unchanged or not at all.

    Shows a progress bar on standard error when that is a terminal, a line when it is not.

    Args:
        file: What to fetch.
        folder: Where to put it; created when missing.
        timeout: Seconds without an answer after which it gives up.

    Returns:
        The path of the file.

    Raises:
        OSError: If the server cannot be reached or answers with something else.
    """
    path = folder / file.name
    try:
        with replace_when_complete(path) as partial:
            _fetch(file, partial, timeout)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # the error holds the connection open
        raise OSError(f"{file.url} cannot be downloaded to {path}: {error}") from error
    return path


def _fetch(file: PublishedFile, path: Path, timeout: float) -> None:
    if not sys.stderr.isatty():
        print(f"downloading {file.url} ({file.size:,} bytes)", file=sys.stderr)
    digest, received = hashlib.sha256(), 0
    with (
        urllib.request.urlopen(file.url, timeout=timeout) as response,
        path.open("wb") as target,
        Progress(f"KiB of {file.name}", file.size // 1024) as progress,
    ):
        while chunk := response.read(_CHUNK_BYTES):
            received += len(chunk)
            if received > file.size:
                break
            digest.update(chunk)
            target.write(chunk)
            progress.step(len(chunk) // 1024)
    if received != file.size:
        relation = "more than" if received > file.size else f"{received:,} of"
        raise OSError(f"the server sent {relation} {file.size:,} bytes")
    if digest.hexdigest() != file.sha256:
        raise OSError(f"its SHA-256 is {digest.hexdigest()}, expected {file.sha256}")
