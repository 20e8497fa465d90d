"""A number and what it counts, as a person would write it."""


def quantity(count: int, noun: str) -> str:
    """The number with commas between its thousands and the noun, with an s unless it is one.

    Example:
        >>> quantity(1, "frame"), quantity(1200, "frame"), quantity(0, "face")
        ('1 frame', '1,200 frames', '0 faces')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
