"""A file that somebody publishes: its name, where it comes from, and which bytes it must have."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedFile:
    """A file that somebody publishes and that will not change.

    Args:
        name: Its name on disk.
        url: Where it is published.
        size: Its length in bytes.
        sha256: Its SHA-256, 64 hexadecimal digits.
    """

    name: str
    url: str
    size: int
    sha256: str
