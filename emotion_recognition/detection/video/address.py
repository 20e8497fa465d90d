"""Addresses of pictures and streams, ``rtsp://`` and ``http(s)://``: what is there, and how to show one.

:mod:`emotion_recognition.detection.runs.inputs` recognises them, :mod:`emotion_recognition.detection.video.reader`
reads streams. User and password are sent, and never shown.
"""

import base64
import re
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit, urlunsplit

from emotion_recognition.error_about import about
from emotion_recognition.pictures.image_header import UnknownPictureError, picture_size
from emotion_recognition.pictures.picture_kind import heif_kind

#: Seconds that an address may take to answer, and then between two pieces of its answer.
TIMEOUT = 10.0

#: A larger file is no picture that is looked at.
MOST_BYTES = 100_000_000

#: Bytes that tell a picture from anything else.
_HEAD = 65_536

_ADDRESS = re.compile(r"(rtsps?|https?)://", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Whether a text names something on a network.

    Example:
        >>> is_address("rtsp://camera.local/live"), is_address("photos/me.jpg")
        (True, False)
    """
    return _ADDRESS.match(text) is not None


def without_file_scheme(text: str) -> str:
    """The path of a ``file://`` address of this machine, as file managers give it; any other text as it is.

    Raises:
        ValueError: If it is one of another machine.

    Example:
        >>> without_file_scheme("file:///photos/my%20cat.jpg"), without_file_scheme("photos/me.jpg")
        ('/photos/my cat.jpg', 'photos/me.jpg')
    """
    scheme, _, rest = text.partition("://")
    if scheme.lower() != "file":
        return text
    host, slash, path = rest.partition("/")
    if host.lower() not in ("", "localhost") or not slash:
        raise about(ValueError(f"A file:// address must be like file:///folder/picture.jpg. Received: {text}"), "input")
    return unquote(slash + path)


def check_address(address: str) -> None:
    """Refuses what begins as an address and is none.

    Raises:
        ValueError: If it has no host, or its port is no number.
    """
    try:
        parts = urlsplit(address)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_whole = False
    if not is_whole or any(letter.isspace() for letter in address):
        # A password may hold "/" or "#" that should have been escaped: all before the last "@" may be one.
        scheme, _, rest = address.partition("://")
        bare = shown(f"{scheme}://{rest.rpartition('@')[2]}")
        raise ValueError(f"An address must be like rtsp://host/path or https://host/path. Received: {bare}")


def shown(address: str) -> str:
    """An address without user and password, as messages and results have it.

    Example:
        >>> shown("rtsp://ada:secret@camera.local:554/live?token=1")
        'rtsp://camera.local:554/live'
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return address.partition("://")[0] + "://..."
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def file_name(address: str) -> str:
    """The name of the file that an address ends in, "picture" where it ends in none.

    Example:
        >>> file_name("https://example.org/photos/my%20cat.jpg?size=2"), file_name("https://example.org/")
        ('my cat.jpg', 'picture')
    """
    name = PurePosixPath(unquote(urlsplit(address).path)).name.replace("\\", "_").replace("\0", "_")
    return name if name not in ("", ".", "..") else "picture"


def fetch_picture(address: str, timeout: float = TIMEOUT) -> bytes | None:
    """Fetches what is at an ``http(s)://`` address if it is a picture.

    Args:
        address: Redirections to other ``http(s)://`` addresses are followed.
        timeout: Seconds that it may take to answer, and then between two pieces of its answer.

    Returns:
        The bytes of the picture's file; None if it is something else, such as a stream, of which only the start is
        read.

    Raises:
        OSError: If it cannot be reached, or refuses.
        ValueError: If the picture is larger than :data:`MOST_BYTES`.
    """
    name = shown(address)
    parts = urlsplit(address)
    request = urllib.request.Request(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")))
    request.add_header("User-Agent", "emotion-recognition")
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    try:
        with _OPENER.open(request, timeout=timeout) as answer:
            head = answer.read(_HEAD)
            if not _is_picture(head):
                return None
            rest = answer.read(MOST_BYTES + 1 - len(head))
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(f"{name} answers {error.code}: {error.reason}.") from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        late = isinstance(reason, TimeoutError)
        said = f"it does not answer within {timeout:g} s" if late else getattr(reason, "strerror", None) or reason
        raise OSError(f"{name} cannot be reached: {said}.") from error
    if len(head) + len(rest) > MOST_BYTES:
        raise ValueError(f"{name} is larger than {MOST_BYTES // 10**6} MB.")
    return bytes(head + rest)


def _is_picture(head: bytes) -> bool:
    try:
        picture_size(head)
    except UnknownPictureError:
        return heif_kind(head) is not None
    except ValueError:
        pass  # it begins as a picture; whether it is whole is found out by decoding
    return True


#: Only these two: a redirection must not lead to a file of this machine.
_OPENER = urllib.request.OpenerDirector()
for _handler in (
    urllib.request.ProxyHandler(),
    urllib.request.HTTPHandler(),
    urllib.request.HTTPSHandler(),
    urllib.request.HTTPRedirectHandler(),
    urllib.request.HTTPDefaultErrorHandler(),
    urllib.request.HTTPErrorProcessor(),
):
    _OPENER.add_handler(_handler)
