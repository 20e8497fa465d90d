"""The directories of a TIFF file, or of the EXIF block inside another picture, which has the same form.

The bytes go in, numbers come out; :mod:`emotion_recognition.pictures.image_header` takes the picture's size from the
first, :mod:`emotion_recognition.pictures.orientation` its turn; each further one is of one more page.
"""

import struct
from typing import NamedTuple

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

#: The tag that says what a page is, and its bits of a smaller copy of another page and of a mask. Tags are in order, so
#: it is among the first entries.
_NEW_SUBFILE_TYPE, _COPY_OR_MASK, _FIRST_ENTRIES = 254, 0b101, 4

#: Counting goes no further: a damaged file may lead through itself for hours.
_MOST_PAGES = 10_000

#: struct's letters for the types that hold a single whole number, and the bytes of one of them.
_NUMBERS = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 16: ("Q", 8)}


class Entry(NamedTuple):
    """An entry of the directory.

    Args:
        kind: The type of its values, by TIFF's numbers.
        values: How many values it has.
        place: Where they are, in bytes from the start, if they fit into the entry; else where their offset is.
        order: "<" or ">", the order of bytes in numbers.
        big: Whether offsets have eight bytes, as in BigTIFF.
    """

    kind: int
    values: int
    place: int
    order: str
    big: bool

    def number(self, encoded: bytes) -> int | None:
        """The first value; None if it is no whole number."""
        if self.kind not in _NUMBERS:
            return None
        return int(struct.unpack_from(self.order + _NUMBERS[self.kind][0], encoded, self.place)[0])

    def replaced(self, encoded: bytes, number: int) -> bytes:
        """The bytes with another first value, which must be a whole number."""
        changed = bytearray(encoded)
        struct.pack_into(self.order + _NUMBERS[self.kind][0], changed, self.place, number)
        return bytes(changed)

    def content(self, encoded: bytes) -> bytes:
        """The values of an entry of single bytes."""
        place = self.place
        if self.values > (8 if self.big else 4):
            (place,) = struct.unpack_from(self.order + ("Q" if self.big else "I"), encoded, place)
        return encoded[place : place + self.values]


def read_directory(encoded: bytes) -> dict[int, Entry]:
    """The entries of the first directory, by their tags.

    Args:
        encoded: The bytes of the file or block; where they break off, the entries before that are returned.

    Raises:
        struct.error: If it has no directory.
        OverflowError: If its directory is said to be beyond every file.
    """
    return _directory_at(encoded, _first_place(encoded))[0]


def count_pages(encoded: bytes) -> int:
    """The number of pages of a TIFF file, without smaller copies and masks; from 1 to 10,000.

    Args:
        encoded: The bytes of the file; where they break off, or come back to a page, the pages before that are counted.

    Raises:
        struct.error: If it has no directory.
        OverflowError: If its directory is said to be beyond every file.
    """
    place, seen, pages = _first_place(encoded), set[int](), 0
    while place and place not in seen and len(seen) < _MOST_PAGES:
        seen.add(place)
        try:
            entries, place = _directory_at(encoded, place, _FIRST_ENTRIES)
            kind = entries.get(_NEW_SUBFILE_TYPE)
            pages += not (kind is not None and (kind.number(encoded) or 0) & _COPY_OR_MASK)
        except (struct.error, OverflowError):
            break
    return max(1, pages)


def _first_place(encoded: bytes) -> int:
    """Where the first directory is, in bytes from the start."""
    order, big = _form(encoded)
    return int(struct.unpack_from(order + ("Q" if big else "I"), encoded, 8 if big else 4)[0])


def _form(encoded: bytes) -> tuple[str, bool]:
    """The order of bytes in numbers, and whether it is a BigTIFF."""
    return "<" if encoded.startswith(b"II") else ">", encoded[2:4] in (b"+\0", b"\0+")


def _directory_at(encoded: bytes, place: int, most: int | None = None) -> tuple[dict[int, Entry], int]:
    """The first entries of the directory at a place, and the place of the next one; 0 if there is none."""
    order, big = _form(encoded)
    # BigTIFF has eight bytes where TIFF has two (a count) or four (an offset).
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), encoded, place)
    place += 8 if big else 2
    size = 20 if big else 12
    end = place + count * size
    entries: dict[int, Entry] = {}
    for start in range(place, min(end, len(encoded) - size + 1), size)[:most]:
        tag, kind = struct.unpack_from(order + "HH", encoded, start)
        (values,) = struct.unpack_from(order + ("Q" if big else "I"), encoded, start + 4)
        entries.setdefault(tag, Entry(kind, values, start + (12 if big else 8), order, big))
    follows = end + (8 if big else 4) <= len(encoded)
    return entries, int(struct.unpack_from(order + ("Q" if big else "I"), encoded, end)[0]) if follows else 0
