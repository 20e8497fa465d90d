"""Damages the bytes of a file as disks, transfers, editors and attackers do.

A whole file goes in, a damaged one comes out; next: :mod:`benchmarks.fault_campaign.readers` reads it.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np

#: Numbers that stand at the edge of what fields of 1 to 8 bytes hold.
_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)

#: What stands in the place of a number, a name or a mark of a text.
_TOKENS = (
    *(b"", b"0", b"-1", b"7", b"10", b"255", b"256", b"1_0", b"1e309", b"nan", b"inf", b"1.5", b"99999999999999999999"),
    *(b"\0", b"\r", b"\n\n", b'"', b",", b";", b"\t", b"{", b"}", b"[" * 3000, b"null", b"true", b"1e-320"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3\xa9", b"\xed\xa0\x80", b"../../x", b"<!ENTITY a 'b'>", b"&a;", b"<![CDATA["),
    *(b"Training", b"PublicTest", b"happy", b"9" * 400, b" " * 3000),
)
_WORD = re.compile(rb"[A-Za-z_]+|[+-]?[0-9.]+|[^A-Za-z0-9\s]")

_Random = np.random.Generator


def mutate(content: bytes, others: Sequence[bytes], random: _Random, *, text: bool) -> bytes:
    """Damages a file in one to four places.

    Args:
        content: The file.
        others: Files of the same kind, parts of which may be mixed in.
        random: Chooses how and where.
        text: Whether the file is text, whose words and numbers are then changed too.

    Returns:
        The damaged file, which may by chance be the same.
    """
    kinds = (*_OF_BYTES, *(_OF_TEXT * 2 if text else ()))
    for _ in range(int(random.choice(4, p=(0.6, 0.2, 0.1, 0.1))) + 1):
        if not content:
            break
        content = kinds[int(random.integers(len(kinds)))](content, others, random)
    return content


def _place(content: bytes, random: _Random) -> int:
    """Somewhere in a file, more often in its first hundred bytes, where headers are."""
    end = min(len(content), 100) if random.random() < 0.4 else len(content)
    return int(random.integers(end))


def _span(content: bytes, random: _Random) -> tuple[int, int]:
    start = _place(content, random)
    return start, min(len(content), start + 1 + int(random.exponential(1 + min(len(content) / 8, 200))))


def _flip_bit(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    place = _place(content, random)
    return content[:place] + bytes([content[place] ^ 1 << int(random.integers(8))]) + content[place + 1 :]


def _set_byte(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    place = _place(content, random)
    return content[:place] + bytes([int(random.integers(256))]) + content[place + 1 :]


def _set_number(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    place, size = _place(content, random), int(random.choice((1, 2, 4, 8)))
    number = int(_EDGES[int(random.integers(len(_EDGES)))]) % 2 ** (8 * size)
    return content[:place] + number.to_bytes(size, random.choice(("little", "big"))) + content[place + size :]


def _delete(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    start, end = _span(content, random)
    return content[:start] + content[end:]


def _repeat(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    start, end = _span(content, random)
    return content[:end] + content[start:end] * int(random.integers(1, 4)) + content[end:]


def _insert(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    place = _place(content, random)
    return content[:place] + random.bytes(int(random.integers(1, 40))) + content[place:]


def _cut(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    return content[: int(random.integers(len(content)))]


def _zeros(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    """As a disk leaves a block that was never written."""
    start, end = _span(content, random)
    return content[:start] + bytes(end - start) + content[end:]


def _mix(content: bytes, others: Sequence[bytes], random: _Random) -> bytes:
    other = others[int(random.integers(len(others)))]
    return content[: _place(content, random)] + other[int(random.integers(len(other) + 1)) :]


def _swap(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    (a, b), (c, d) = sorted((_span(content, random), _span(content, random)))
    return content if c < b else content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def _replace_word(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    near = _place(content, random)
    found = _WORD.search(content, near)
    if found is None:
        return content
    return content[: found.start()] + _TOKENS[int(random.integers(len(_TOKENS)))] + content[found.end() :]


def _insert_word(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    place = _place(content, random)
    return content[:place] + _TOKENS[int(random.integers(len(_TOKENS)))] + content[place:]


def _swap_lines(content: bytes, _: Sequence[bytes], random: _Random) -> bytes:
    lines = content.split(b"\n")
    first, second = (int(place) for place in random.integers(len(lines), size=2))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


_OF_BYTES: tuple[Callable[[bytes, Sequence[bytes], _Random], bytes], ...] = (
    *(_flip_bit, _set_byte, _set_number, _delete, _repeat, _insert, _cut, _zeros, _mix, _swap),
)
_OF_TEXT: tuple[Callable[[bytes, Sequence[bytes], _Random], bytes], ...] = (_replace_word, _insert_word, _swap_lines)
