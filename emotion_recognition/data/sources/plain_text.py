"""Text files of annotations: read whole, but no more than such a file has, and their numbers as people write them.

Paths and texts go in, texts and numbers come out; next: the readers of votes, boxes and lists.
"""

import math
import re
from pathlib import Path

#: The largest such file, in bytes: FER+'s votes have 2 MB, WIDER FACE's boxes 8.
LARGEST_FILE = 256 * 2**20

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_bytes(path: Path) -> bytes:
    """Reads a regular file of a bounded size.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no regular file, too large, or UTF-16; the message names it.
        OSError: If it cannot be read.
    """
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is not a file.")
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError(f"{path} is larger than {LARGEST_FILE // 2**20} MB, far too large for what it should hold.")
    try:
        check_encoding(content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return content


def check_encoding(text: bytes) -> None:
    """Refuses UTF-16, which a spreadsheet calls Unicode text.

    Args:
        text: The text, or how it starts.

    Raises:
        ValueError: If so.
    """
    start = text[:100]
    if start.startswith(_UTF_16) or 3 * start.count(0) > len(start):
        raise ValueError("it is UTF-16 text; save it as UTF-8.")


def plain_number(text: str) -> float:
    """A decimal number; NaN for what is none, also for what Python alone takes for one, such as ``1_0``.

    Example:
        >>> plain_number("12.5"), plain_number("1_0")
        (12.5, nan)
    """
    return float(text) if _NUMBER.fullmatch(text) else math.nan
