import numpy as np
import pytest

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation, Photo
from emotion_recognition.data.face_pictures.damages import DAMAGES, any_damage


def photo() -> np.ndarray:
    """Coloured stripes, brighter to the right, in every level from black to white."""
    levels = np.linspace(0, 255, 120, dtype=np.uint8)
    image = np.stack([np.tile(levels, (90, 1))] * 3, axis=2)
    image[::9] //= 2
    image[..., 2] = 255 - image[..., 2]
    return image


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_changes_the_picture_and_leaves_its_size(name: str) -> None:
    image = photo()
    before = image.copy()
    little, much = (DAMAGES[name](image, amount, np.random.default_rng(1)) for amount in (0.0, 1.0))
    for damaged in (little, much):
        assert (damaged.dtype, damaged.shape) == (np.uint8, image.shape)
    assert (image == before).all()
    changes = [np.abs(damaged.astype(int) - image).mean() for damaged in (little, much)]
    assert min(changes) > 0.5
    again = DAMAGES[name](image, 1.0, np.random.default_rng(1))
    assert (again == much).all()


def test_they_do_what_they_are_called() -> None:
    image, rng = photo(), np.random.default_rng(0)
    for name in ("grey scan", "newsprint", "drawing"):
        grey = DAMAGES[name](image, 0.5, rng).astype(int)
        assert np.abs(grey - grey[..., :1]).max() <= 1
    faded = DAMAGES["faded"](image, 1.0, rng)
    assert faded.min() > 50
    assert (faded[..., 2].astype(int) > faded[..., 0]).all()  # brown: more red than blue
    assert DAMAGES["low contrast"](image, 0.0, rng).std() == pytest.approx(0.45 * image.std(), rel=0.05)
    even = np.full((60, 80, 3), 120, np.uint8)
    lit = DAMAGES["side light"](even, 0.5, rng)[:, [0, -1], 0].mean(axis=0)
    assert lit.max() > 3 * lit.min()
    assert DAMAGES["noise"](even, 0.0, rng).astype(int).std() == pytest.approx(12, rel=0.1)
    # Dots: where the picture is darker, more of the paper is black.
    printed = DAMAGES["newsprint"](
        np.repeat(np.array([[40], [200]], np.uint8), 60, axis=0)[..., None].repeat(80, 1).repeat(3, 2), 0.5, rng
    )
    assert printed[:60].mean() < 90 < 160 < printed[60:].mean()


def test_views_are_damaged_as_often_as_they_should_be() -> None:
    flat = Photo(np.full((64, 64, 3), 128, np.uint8), np.zeros((0, 4)), np.zeros(0, bool))
    plain = dict.fromkeys(("brightness", "contrast", "saturation", "hue", "grey", "blur", "noise", "mosaic"), 0)
    for damaged in (0.0, 1.0):
        settings = FaceAugmentation(**plain, smallest_zoom=1, largest_zoom=1, rotation=0, stretch=0, damaged=damaged)
        views = [settings.view([flat], 64, np.random.default_rng(seed)).image for seed in range(8)]
        assert np.mean([view.std() > 0 or view[0, 0, 0] != 128 for view in views]) >= 0.75 * damaged
        assert damaged or all((view == 128).all() for view in views)
    assert any_damage(flat.image, np.random.default_rng(3)).shape == (64, 64, 3)
