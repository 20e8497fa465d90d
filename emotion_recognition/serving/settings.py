"""The limits of the service; the parser takes its defaults from here."""

import math
from dataclasses import dataclass

from emotion_recognition.error_about import about
from emotion_recognition.pictures.image_header import MAX_PIXELS


@dataclass(frozen=True)
class ServingSettings:
    """What the service takes and how long it works for a request.

    Args:
        detectors: Detectors that work at the same time, each in a thread of its own; at least 1.
        queue: Requests that may wait for a detector; the next one is answered 503 with ``Retry-After``. At least 0.
        max_megabytes: Largest request in MB (10⁶ bytes), above 0.
        max_megapixels: Largest picture in megapixels, above 0 and at most 100.
        max_images: Pictures in a batch, at least 1.
        frames_per_second: Frames of one stream that are looked at each second, above 0; others are skipped.
        streams: Streams at the same time, at least 0.
        seconds: How long a request may take to arrive, and then to be answered, above 0.
        connections: Open connections; one more is answered 503. At least 1.

    Raises:
        ValueError: If a value is out of its range.
    """

    detectors: int = 2
    queue: int = 64
    max_megabytes: float = 20.0
    max_megapixels: float = 50.0
    max_images: int = 16
    frames_per_second: float = 15.0
    streams: int = 8
    seconds: float = 30.0
    connections: int = 512

    def __post_init__(self) -> None:
        for name, least in (("detectors", 1), ("queue", 0), ("max_images", 1), ("streams", 0), ("connections", 1)):
            value = getattr(self, name)
            if value < least:
                raise about(ValueError(f"{name} must be at least {least}. Received: {value}"), name)
        for name in ("max_megabytes", "max_megapixels", "frames_per_second", "seconds"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise about(ValueError(f"{name} must be a number above 0. Received: {value}"), name)
        if self.max_pixels > MAX_PIXELS:
            raise about(
                ValueError(f"max_megapixels must be at most {MAX_PIXELS // 10**6}. Received: {self.max_megapixels}"),
                "max_megapixels",
            )

    @property
    def max_bytes(self) -> int:
        """Largest request in bytes."""
        return int(self.max_megabytes * 10**6)

    @property
    def max_pixels(self) -> int:
        """Largest picture in pixels."""
        return int(self.max_megapixels * 10**6)
