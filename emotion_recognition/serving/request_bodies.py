"""From a request to the pictures in it: multipart form, raw bytes or JSON with base64, all within the limits.

Everything stays in memory: nothing of a picture is written to a disk, not even to a temporary file. Bytes come out;
:mod:`emotion_recognition.serving.looking` decodes them.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from starlette.requests import ClientDisconnect, Request

from emotion_recognition.serving.form_files import FormError, FormFiles
from emotion_recognition.serving.refusal import RefusalError
from emotion_recognition.serving.settings import ServingSettings

#: Base64 makes four characters of three bytes; the rest is for names and brackets.
_JSON_FACTOR, _JSON_EXTRA = 4 / 3, 4096

#: Commas of a JSON body, which is parsed while nobody else is answered. A catalogue of the most items, each with all
#: moods, has fewer.
_MOST_COMMAS = 100_000

#: Longest file name that is given back to a client.
_LONGEST_NAME = 200

#: Parts of a form that may be there beside the pictures; they are ignored.
_MORE_PARTS = 8


@dataclass(frozen=True)
class Upload:
    """A picture as it came.

    Args:
        name: The client's name for it, without folders; its number where it has none.
        content: The bytes of its file.
        refusal: What is wrong with it before it is decoded; None for nothing.
    """

    name: str
    content: bytes
    refusal: RefusalError | None = None


async def read_uploads(request: Request, settings: ServingSettings, *, most: int, json_name: str) -> list[Upload]:
    """Reads the pictures of a request.

    Args:
        request: Its content type says which of the three forms it has.
        settings: The limits.
        most: Pictures that it may have.
        json_name: The name, in JSON, of the picture or of the list of pictures.

    Raises:
        RefusalError: If it is too large or slow, has none or too many pictures, or is of no such form. Of several
            pictures, one that is empty or no base64 carries its refusal with it.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise RefusalError(
            415, "unknown_encoding", f"Send the body as it is. Received: Content-Encoding {encoding[:40]!a}"
        )
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        uploads = await _from_form(request, settings, most)
    elif kind == "application/json":
        uploads = await _from_json(request, settings, json_name, most)
    elif kind.startswith("image/") or kind in ("", "application/octet-stream"):
        uploads = [Upload("1", await _read(request, settings.max_bytes, settings.seconds))]
    else:
        raise RefusalError(
            415,
            "unknown_form",
            "Send the picture's bytes (image/jpeg, application/octet-stream), a form (multipart/form-data) or JSON "
            "with base64 (application/json).",
        )
    uploads = [upload if upload.content or upload.refusal else replace(upload, refusal=_empty()) for upload in uploads]
    if not uploads:
        raise _empty()
    _check_count(len(uploads), most)
    if most == 1 and uploads[0].refusal is not None:
        raise uploads[0].refusal
    return uploads


async def read_json(request: Request, settings: ServingSettings) -> Any:
    """Reads a request's body as JSON, which may hold the largest picture as base64.

    Raises:
        RefusalError: If it is none, or too large or slow, or has too many values.
    """
    body = await _read(request, int(settings.max_bytes * _JSON_FACTOR) + _JSON_EXTRA, settings.seconds)
    if body.count(b",") > _MOST_COMMAS:
        raise RefusalError(413, "too_many_values", f"Send JSON with at most {_MOST_COMMAS:,} values.")
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RefusalError(422, "no_json", "The body is not JSON in UTF-8.") from error


async def _read(request: Request, max_bytes: int, seconds: float) -> bytes:
    return b"".join([part async for part in _parts(request, max_bytes, seconds)])


async def _parts(request: Request, max_bytes: int, seconds: float) -> AsyncIterator[bytes]:
    # What is left of the body is thrown away as it comes: a connection that is closed before that is reset, and the
    # client never sees the answer.
    too_large = RefusalError(413, "too_many_bytes", f"Send at most {max_bytes / 10**6:g} MB.")
    stated = request.headers.get("content-length", "0")
    if stated.isdecimal() and int(stated) > max_bytes:
        raise too_large
    read = 0
    stream = request.stream()
    try:
        async with asyncio.timeout(seconds):
            async for part in stream:
                read += len(part)
                if read > max_bytes:
                    raise too_large
                yield part
    except TimeoutError:
        raise RefusalError(
            408, "too_slow", f"The request took longer than {seconds:g} s to arrive.", headers={"Connection": "close"}
        ) from None
    except ClientDisconnect:
        raise RefusalError(400, "gone", "The client went away before the request was complete.") from None


async def _from_form(request: Request, settings: ServingSettings, most: int) -> list[Upload]:
    try:
        form = FormFiles(request.headers["content-type"], most + _MORE_PARTS)
        async for part in _parts(request, settings.max_bytes, settings.seconds):
            form.add(part)
        form.finish()
    except FormError as error:
        raise RefusalError(422, "no_form", f"The form cannot be read: {error}.") from error
    return [Upload(_name(name, number), bytes(content)) for number, (name, content) in enumerate(form.files, 1)]


async def _from_json(request: Request, settings: ServingSettings, name: str, most: int) -> list[Upload]:
    value = await read_json(request, settings)
    found = value.get(name) if isinstance(value, dict) else None
    texts = found if isinstance(found, list) else [found]
    if found is None or not all(isinstance(text, str) for text in texts):
        raise RefusalError(422, "no_picture", f'The JSON must have "{name}" with the picture\'s bytes as base64.')
    _check_count(len(texts), most)  # before any is decoded
    return [_decoded_upload(str(number), text) for number, text in enumerate(texts, 1)]


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise RefusalError(413, "too_many_images", f"Send at most {most} pictures. Received: {count}")


def _empty() -> RefusalError:
    return RefusalError(422, "no_picture", "The request has no picture, or an empty one.")


def _decoded_upload(name: str, text: str) -> Upload:
    try:
        return Upload(name, decoded(text))
    except RefusalError as refusal:
        return Upload(name, b"", refusal)


def decoded(text: str) -> bytes:
    """The bytes of base64; it may be a ``data:`` URL.

    Raises:
        RefusalError: If it is none.

    Example:
        >>> decoded("data:text/plain;base64,aGk=")
        b'hi'
    """
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusalError(422, "no_base64", "A picture in JSON must be base64, without line breaks.") from error


def _name(given: str | None, number: int) -> str:
    """A client's name for a file: no folders, no control characters, not long."""
    name = PurePosixPath((given or "").replace("\\", "/")).name
    return "".join(letter for letter in name if letter.isprintable())[:_LONGEST_NAME] or str(number)


def _no_constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")
