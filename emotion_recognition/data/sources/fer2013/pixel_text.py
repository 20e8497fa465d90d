"""Turns pixels from decimal text into arrays: many images at once, or one carefully.

Stage before: :mod:`emotion_recognition.data.sources.fer2013.csv_reader` cuts the text out of the CSV. FER2013 has 83
million such numbers, so the fast way has no loop over numbers or images, only passes over arrays.
"""

import re
from collections.abc import Sequence

import numpy as np

_SPACE = np.uint8(ord(" "))
_ZERO = np.uint8(ord("0"))
#: What a space becomes when "0" is subtracted from it in 8 bits. No other character becomes that.
_SPACE_MINUS_ZERO = np.uint8(ord(" ") - ord("0") + 256)
_PIXEL = re.compile(rb"[0-9]{1,3}")


def parse_pixels(texts: Sequence[bytes], pixels_per_image: int) -> np.ndarray:
    """Reads the pixels of many images.

    Args:
        texts: One text per image: numbers 0..255 of one to three ASCII digits, exactly one space between two.
        pixels_per_image: How many numbers each text must have.

    Returns:
        uint8 array (N, pixels_per_image), 0..255.

    Raises:
        ValueError: If any text is anything else; :func:`parse_pixels_carefully` says what is wrong with it.

    Example:
        >>> parse_pixels([b"0 7", b"80 255"], 2).tolist()
        [[0, 7], [80, 255]]
    """
    # Two more spaces in front, so that the first number can look three characters back as the others do.
    characters = np.frombuffer(b"  " + b" ".join([*texts, b""]), np.uint8)
    ends = np.flatnonzero(characters == _SPACE)[2:]
    # Where the space behind each text must lie if the text has the right number of spaces.
    expected_ends = 1 + np.cumsum([len(text) + 1 for text in texts], dtype=np.intp)
    if not np.array_equal(ends[pixels_per_image - 1 :: pixels_per_image], expected_ends):
        raise ValueError(f"each text must have {pixels_per_image} numbers with one space between two")

    digits = characters - _ZERO
    ones, tens, hundreds = digits[ends - 1], digits[ends - 2], digits[ends - 3]
    has_tens = tens != _SPACE_MINUS_ZERO
    has_hundreds = has_tens & (hundreds != _SPACE_MINUS_ZERO)
    tens *= has_tens
    hundreds *= has_hundreds
    # Every character must be one of those looked at, else a number has more than three digits.
    characters_read = 2 + 2 * len(ends) + np.count_nonzero(has_tens) + np.count_nonzero(has_hundreds)
    if characters_read != len(characters) or max(part.max(initial=0) for part in (ones, tens, hundreds)) > 9:
        raise ValueError("each number must have one to three digits and nothing else")

    hundreds_value = hundreds * np.uint8(100)
    pixels = hundreds_value + tens * np.uint8(10) + ones
    # 256..299 have wrapped round to 0..43, which is less than their 200.
    if hundreds.max(initial=0) > 2 or (pixels < hundreds_value).any():
        raise ValueError("each number must be at most 255")
    return pixels.reshape(len(texts), pixels_per_image)


def parse_pixels_carefully(text: bytes, pixels_per_image: int) -> np.ndarray:
    """Reads the pixels of one image, with any number of spaces around and between them.

    Args:
        text: Numbers 0..255 of one to three ASCII digits, separated by spaces.
        pixels_per_image: How many numbers there must be.

    Returns:
        uint8 array (1, pixels_per_image), 0..255.

    Raises:
        ValueError: If the text is anything else; the message says which pixel is wrong, counted from 1.

    Example:
        >>> parse_pixels_carefully(b" 0  80 ", 2).tolist()
        [[0, 80]]
    """
    numbers = [number for number in text.split(b" ") if number]
    for position, number in enumerate(numbers, start=1):
        if not _PIXEL.fullmatch(number) or int(number) > 255:
            shown = ascii(number[:20].decode("latin-1"))
            raise ValueError(f"pixel {position} must be a whole number 0..255. Received: {shown}")
    if len(numbers) != pixels_per_image:
        raise ValueError(f"there must be {pixels_per_image} pixels. Received: {len(numbers)}")
    return np.array([[int(number) for number in numbers]], dtype=np.uint8)
