"""What scanning, printing, light and compression do to photographs: to train face detectors on, and to measure them.

A picture goes in, a damaged one of the same size comes out. Used by
:mod:`emotion_recognition.data.face_pictures.augmentation`.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

#: From a BGR uint8 picture (height, width, 3), how much it is damaged, 0 (a little) to 1, and where random numbers come
#: from, to a picture of the same layout.
Damage = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]

#: The longest side, in pixels, that lengths below are stated for; in larger pictures they are as much longer.
_USUAL_SIDE = 320


def grey_scan(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """No colour, and a little grain."""
    return _grain(_without_colour(image), 2 + 6 * amount, rng)


def faded(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """A print in brown that has lost its blacks and its whites."""
    black, white = 40 + 50 * amount, 235 - 40 * amount
    level = black + _without_colour(image).astype(np.float32) * ((white - black) / 255)
    return _bytes(level * np.array([0.78, 0.92, 1.04], np.float32))


def newsprint(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Black dots on a screen of 45 degrees, larger where it is darker."""
    height, width = image.shape[:2]
    period = (2.5 + 2.0 * amount) * _scale(image)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    across, down = (columns + rows) * np.float32(2**-0.5), (columns - rows) * np.float32(2**-0.5)
    screen = 0.5 + 0.25 * (np.cos(2 * np.pi / period * across) + np.cos(2 * np.pi / period * down))
    dots = np.where(_without_colour(image) / 255.0 > screen[..., None], 225.0, 30.0).astype(np.float32)
    return _bytes(cv2.GaussianBlur(dots, (0, 0), 0.22 * period))


def drawing(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """A pencil's lines on paper, with less and less shading."""
    grey = _without_colour(image).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), (8 - 5 * amount) * _scale(image))
    return _bytes(np.minimum(255, 250 * (grey + 1) / (smooth + 1)))


def low_contrast(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Everything near one level of grey."""
    level = rng.uniform(70, 180)
    return _bytes(level + (image.astype(np.float32) - 128) * (0.45 - 0.3 * amount))


def side_light(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Bright on one side, dark on the other."""
    height, width = image.shape[:2]
    angle = rng.uniform(-np.pi / 6, np.pi / 6) + (np.pi if rng.random() < 0.5 else 0)
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    along = x[None] * np.float32(np.cos(angle)) + y[:, None] * np.float32(np.sin(angle))
    shade = 1 / (1 + np.exp(-(3 + 5 * amount) * along))
    return _bytes(image * (0.12 + 1.3 * shade[..., None]))


def blurred(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), (1.0 + 1.6 * amount) * _scale(image)))


def noisy(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Noise in every colour, as of a sensor in the dark."""
    return _bytes(image + rng.standard_normal(image.shape, np.float32) * np.float32(12 + 28 * amount))


def compressed(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """JPEG of a quality between 35 and 5; 20 in the middle."""
    _, encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, round(35 - 30 * amount)))
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))


#: By their names.
DAMAGES: Mapping[str, Damage] = {
    "grey scan": grey_scan,
    "faded": faded,
    "newsprint": newsprint,
    "drawing": drawing,
    "low contrast": low_contrast,
    "side light": side_light,
    "blur": blurred,
    "noise": noisy,
    "JPEG": compressed,
}


def any_damage(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One of :data:`DAMAGES`, drawn evenly, as is its amount.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255.
        rng: Where the random numbers come from.

    Example:
        >>> any_damage(np.zeros((20, 30, 3), np.uint8), np.random.default_rng(0)).shape
        (20, 30, 3)
    """
    damage = list(DAMAGES.values())[rng.integers(len(DAMAGES))]
    return damage(image, float(rng.random()), rng)


def _without_colour(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR))


def _grain(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    return _bytes(image + rng.standard_normal(image.shape[:2], np.float32)[..., None] * np.float32(strength))


def _scale(image: np.ndarray) -> float:
    return max(1.0, max(image.shape[:2]) / _USUAL_SIDE)


def _bytes(image: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(image).clip(0, 255).astype(np.uint8))
