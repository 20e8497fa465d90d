"""Boxes that were drawn on a picture as it is stored, turned as EXIF's orientation turns the picture upright.

Many programs for drawing boxes show pictures as they are stored, and state that size. Stage before: readers of
annotations; next: crops of the upright picture.
"""

from emotion_recognition.pictures.faces import Box


def turned_box(box: Box, size: tuple[int, int], orientation: int) -> Box:
    """A box of a picture as it is stored, in the upright picture.

    Args:
        box: (x, y, width, height) in pixels of the stored picture.
        size: Width and height of the stored picture in pixels.
        orientation: EXIF's, 1..8.

    Example:
        >>> turned_box((10, 20, 30, 40), (100, 200), 6)  # turned clockwise: what was below is left
        (140, 10, 40, 30)
    """
    x, y, width, height = box
    from_right, from_below = size[0] - x - width, size[1] - y - height
    if orientation in (2, 3, 7, 8):
        x = from_right
    if orientation in (3, 4, 6, 7):
        y = from_below
    return (x, y, width, height) if orientation < 5 else (y, x, height, width)
