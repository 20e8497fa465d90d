"""The files of a multipart form, in memory: the parsers of web frameworks write large ones into temporary files.

The body's parts go in as they arrive, files come out; nothing but files is kept.
"""

import logging

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

# It warns of every damaged form; that is the client's mistake, and its bytes are not to be logged.
logging.getLogger("python_multipart").setLevel(logging.ERROR)


class FormError(ValueError):
    """The body is no form, or has too many files."""


class FormFiles:
    """Collects the files of a form.

    Args:
        content_type: The request's header.
        most: Files, and as many other fields, that a form may have.

    Raises:
        FormError: If the header names no boundary.
    """

    def __init__(self, content_type: str, most: int) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise FormError("its content type names no boundary")
        #: Name, as the client gave it, and content of each file.
        self.files: list[tuple[str, bytearray]] = []
        self._most, self._parts = most, 0
        self._header, self._value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._content: bytearray | None = None
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise FormError(str(error)) from error

    def add(self, data: bytes) -> None:
        """Takes the next bytes of the body.

        Raises:
            FormError: If they are none of a form, or begin too many parts.
        """
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise FormError("its parts are not where they must be") from error

    def finish(self) -> None:
        """Ends the form.

        Raises:
            FormError: If it is not complete.
        """
        if not self._ended:
            raise FormError("it breaks off before its end")

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > 2 * self._most:
            raise FormError("it has too many parts")
        self._headers, self._content = {}, None

    def _header_end(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if b"filename" in options:
            self._content = bytearray()
            self.files.append((options[b"filename"].decode("utf-8", "replace"), self._content))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._content is not None:
            self._content += data[start:end]

    def _end(self) -> None:
        self._ended = True
