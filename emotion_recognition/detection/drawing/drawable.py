"""Names of classes as OpenCV's fonts can draw them, which have ASCII alone."""

import unicodedata


def drawable(name: str) -> str:
    """The name without accents; every other letter that is not ASCII is a question mark.

    Example:
        >>> drawable("müde"), drawable("happy"), drawable("悲しい")
        ('mude', 'happy', '???')
    """
    plain = (letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return "".join(letter if letter.isascii() else "?" for letter in plain)
