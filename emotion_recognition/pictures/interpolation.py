"""How an image is resized to a network's size: the one rule, and the names of the ways.

A network is most accurate on images that were resized as its training images were; a published one lost 1.2 points of
accuracy on FER2013 with cubic in place of linear interpolation.
"""

import cv2

_CODES = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}


def interpolation_code(name: str, *, shrinks: bool) -> int:
    """OpenCV's number for a way of resizing.

    Args:
        name: "area", "linear" or "cubic"; "auto" takes the mean over the covered area where an image shrinks, which
            keeps it free of aliasing, and cubic interpolation, the smoothest, where it grows.
        shrinks: Whether the image is larger than what it is resized to.

    Raises:
        ValueError: If there is no such way.

    Example:
        >>> interpolation_code("auto", shrinks=True) == cv2.INTER_AREA
        True
    """
    if name == "auto":
        name = "area" if shrinks else "cubic"
    if name not in _CODES:
        raise ValueError(f"interpolation must be one of {['auto', *_CODES]}. Received: {name!r}")
    return _CODES[name]
