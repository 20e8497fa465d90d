"""Saves the faces of pictures and frames as picture files of their own."""

from pathlib import Path

import numpy as np

from emotion_recognition.detection.seen_face import Sight
from emotion_recognition.pictures.image_file import write_image


def write_crops(folder: Path, sight: Sight, image: np.ndarray, name: str) -> list[Path]:
    """Cuts the boxes out of a picture and writes each as PNG.

    Faces that a frame only repeats from the one before are left out.

    Args:
        folder: Where the crops go; created when missing.
        sight: The faces.
        image: BGR uint8 array (height, width, 3), 0..255, as it was before anything was drawn.
        name: What the files' names start with, below the folder: the whole name of the picture with its suffix, so
            that no other picture's crops have it too. Frame, face and emotion are added to it.

    Returns:
        The files, in the order of the faces.

    Raises:
        OSError: If a file cannot be written.
    """
    paths = []
    for number, face in enumerate(sight.faces, start=1):
        if face.carried:
            continue
        x, y, width, height = face.emotion.box
        frame = "" if sight.frame is None else f"_frame{sight.frame:06d}"
        path = folder / f"{name}{frame}_face{number}_{face.emotion.emotion}.png"
        write_image(path, np.ascontiguousarray(image[y : y + height, x : x + width]))
        paths.append(path)
    return paths
