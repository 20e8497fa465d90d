import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation, Photo, View, plain_view

#: Shows a picture as it is where it is as large as the view.
NOTHING = FaceAugmentation(
    mosaic=0, smallest_zoom=1, largest_zoom=1, rotation=0, flip=False, brightness=0, contrast=0, saturation=0, hue=0,
    grey=0, blur=0, noise=0, close_up=0, stretch=0, damaged=0, defocus=0, least_visible=0, smallest=0,
)  # fmt: skip

#: Blue, green, red and yellow on black: what is found by its colour is found with no knowledge of the boxes.
COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 255, 255))


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)


def photo(image: np.ndarray, *boxes: tuple[float, ...], ignored: tuple[bool, ...] | None = None) -> Photo:
    marks = np.zeros(len(boxes), bool) if ignored is None else np.array(ignored)
    return Photo(image, np.array(boxes, np.float32).reshape(-1, 4), marks)


def view_of(augmentation: FaceAugmentation, *photos: Photo, size: int = 64, seed: int = 0) -> View:
    return augmentation.view(photos, size, np.random.default_rng(seed))


def found_by_colour(image: np.ndarray, colour: tuple[int, ...]) -> np.ndarray:
    """Left, top, right and bottom of the pixels that have the colour, or nearly."""
    rows, columns = np.nonzero((np.abs(image.astype(int) - colour) <= 8).all(axis=2))
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)


def test_without_changes_a_picture_of_the_view_s_size_stays_as_it_is() -> None:
    image = noise(64, 64)
    shown = photo(image, (10, 20, 8, 16), (30, 31.5, 20, 20), ignored=(False, True))
    for seed in range(5):
        view = view_of(NOTHING, shown, seed=seed)
        np.testing.assert_array_equal(view.image, image)
        np.testing.assert_array_equal(view.faces, [[10, 20, 18, 36], [30, 31.5, 50, 51.5]])
        assert view.ignored.tolist() == [False, True]
        assert (view.image.dtype, view.faces.dtype, view.ignored.dtype) == (np.uint8, np.float32, np.bool_)


def test_a_picture_without_faces_has_none_in_its_views() -> None:
    for augmentation in (NOTHING, FaceAugmentation()):
        view = view_of(augmentation, photo(noise(50, 70)))
        assert (view.image.shape, view.faces.shape, view.ignored.shape) == ((64, 64, 3), (0, 4), (0,))


def test_only_a_view_without_a_face_is_far_out_of_focus() -> None:
    defocused = replace(NOTHING, defocus=1)
    image = noise(64, 64)
    shown = view_of(defocused, photo(image, (10, 20, 8, 16)))
    np.testing.assert_array_equal(shown.image, image)
    for seed in range(5):
        bare = view_of(defocused, photo(image), seed=seed).image
        # A blur of at least 0.006 of 64 pixels is one of 0.38: of noise, the differences of neighbours go first.
        assert (
            np.abs(np.diff(bare.astype(int), axis=1)).mean() < 0.8 * np.abs(np.diff(image.astype(int), axis=1)).mean()
        )
        assert bare.mean() == pytest.approx(image.mean(), abs=2)


def test_in_a_damaged_view_a_face_of_twice_the_smallest_is_ignored() -> None:
    shown = photo(noise(64, 64), (0, 0, 19, 20), (30, 30, 20, 21))
    for damaged, ignored in ((0, [False, False]), (1, [True, False])):
        view = view_of(replace(NOTHING, damaged=damaged, smallest=10), shown)
        assert view.ignored.tolist() == ignored


def test_the_picture_itself_is_not_painted_on() -> None:
    image = noise(64, 64)
    before = image.copy()
    for seed in range(10):
        view_of(FaceAugmentation(noise=1, blur=1), photo(image, (20, 20, 30, 30)), seed=seed)
    np.testing.assert_array_equal(image, before)


def test_a_wide_picture_lies_anywhere_on_an_even_ground() -> None:
    image = noise(24, 64)
    tops, grounds = set(), set()
    for seed in range(60):
        view = view_of(NOTHING, photo(image, (20, 4, 10, 12)), seed=seed)
        left, top, right, bottom = view.faces[0]
        assert (left, right) == (20, 30)
        assert bottom - top == pytest.approx(12)
        assert 4 <= top <= 44  # the picture's first row is 0..40
        rows = view.image.reshape(64, -1)
        flat = (rows.reshape(64, 64, 3) == view.image[:, :1]).all(axis=(1, 2))
        # The picture has 24 rows, and one more where it lies between two.
        assert 64 - 25 <= flat.sum() <= 64 - 22
        ground = np.unique(view.image[flat].reshape(-1, 3), axis=0)
        assert len(ground) == 1
        tops.add(round(float(top)))
        grounds.add(tuple(ground[0].tolist()))
    assert len(tops) > 20
    assert (128, 128, 128) in grounds
    assert len(grounds) > 20


def test_a_mirrored_picture_has_mirrored_boxes() -> None:
    image = noise(64, 64)
    shown = photo(image, (10, 20, 8, 16), (32, 8, 28, 20), ignored=(True, False))
    flipped = 0
    for seed in range(100):
        view = view_of(replace(NOTHING, flip=True), shown, seed=seed)
        if np.array_equal(view.image, image):
            np.testing.assert_array_equal(view.faces, [[10, 20, 18, 36], [32, 8, 60, 28]])
        else:
            flipped += 1
            np.testing.assert_array_equal(view.image, image[:, ::-1])
            # 64 − 18, 64 − 10; 64 − 60, 64 − 32.
            np.testing.assert_array_equal(view.faces, [[46, 20, 54, 36], [4, 8, 32, 28]])
        assert view.ignored.tolist() == [True, False]
    assert 35 <= flipped <= 65


@pytest.mark.parametrize("zoom", [0.5, 0.8, 1.5, 2.0])
def test_a_zoom_is_over_the_picture_that_just_fits(zoom: float) -> None:
    # 100×50 fits a view of 64 at 0.64.
    shown = photo(noise(50, 100), (40, 15, 20, 20))
    faces = [
        view_of(replace(NOTHING, smallest_zoom=zoom, largest_zoom=zoom), shown, seed=s).faces[0] for s in range(20)
    ]
    # The largest is one that the border does not cut. Shrunk pictures have whole pixels: at 0.5, 32×16; at 0.8, 51×26.
    sides = np.max([face[2:] - face[:2] for face in faces], axis=0)
    np.testing.assert_allclose(sides, 20 * 0.64 * zoom, rtol=0.02)


def test_zooms_are_drawn_evenly_in_their_logarithm() -> None:
    shown = photo(noise(20, 20), (9, 9, 2, 2))
    augmentation = replace(NOTHING, smallest_zoom=0.5, largest_zoom=2)
    sides = [np.ptp(view_of(augmentation, shown, size=20, seed=seed).faces[0, ::2]) for seed in range(400)]
    zooms = np.log2(np.array(sides) / 2)
    assert zooms.min() == pytest.approx(-1, abs=0.08)
    assert zooms.max() == pytest.approx(1, abs=0.08)
    np.testing.assert_allclose(np.quantile(zooms, (0.25, 0.5, 0.75)), (-0.5, 0, 0.5), atol=0.15)


def painted(colour: tuple[int, ...], side: int, box: tuple[int, int, int, int]) -> Photo:
    """A black picture with a rectangle of the colour in the box."""
    image = np.zeros((side, side, 3), np.uint8)
    x, y, width, height = box
    image[y : y + height, x : x + width] = colour
    return photo(image, box)


@pytest.mark.parametrize("side", [100, 160, 600], ids=["enlarged", "alike", "shrunk"])
def test_boxes_stay_on_what_is_painted_in_them(side: int) -> None:
    augmentation = replace(NOTHING, smallest_zoom=0.6, largest_zoom=2.2, flip=True)
    box = (side * 3 // 10, side // 4, side // 4, side * 3 // 10)
    errors, cut = [], 0
    for seed in range(120):
        view = view_of(augmentation, painted((255, 0, 0), side, box), size=160, seed=seed)
        assert len(view.faces) == 1
        found = found_by_colour(view.image, (255, 0, 0))
        # An enlarged edge is a slope of some pixels.
        np.testing.assert_allclose(view.faces[0], found, atol=2.2)
        if np.isin(view.faces[0], (0, 160)).any():
            cut += 1
        else:
            errors.append((view.faces[0] - found)[:2] + (view.faces[0] - found)[2:])
    assert 5 < cut < 60
    # Twice the mean error of the middle: half a pixel's shift between picture and boxes would be 1.
    np.testing.assert_allclose(np.mean(errors, axis=0), 0, atol=0.25)


def test_the_boxes_of_a_mosaic_stay_on_what_is_painted_in_them() -> None:
    sides, boxes = (80, 160, 500, 100), ((20, 30, 30, 20), (90, 80, 40, 50), (200, 150, 120, 90), (5, 60, 40, 30))
    photos = [painted(*parts) for parts in zip(COLOURS, sides, boxes, strict=True)]
    errors = []
    for seed in range(50):
        view = view_of(replace(NOTHING, flip=True), *photos, size=200, seed=seed)
        assert view.faces.shape == (4, 4)
        for face, colour in zip(view.faces, COLOURS, strict=True):
            found = found_by_colour(view.image, colour)
            np.testing.assert_allclose(face, found, atol=3)
            errors.append((face - found)[:2] + (face - found)[2:])
    np.testing.assert_allclose(np.mean(errors, axis=0), 0, atol=0.4)  # windows cut some of them


def test_the_box_of_a_turned_face_is_that_of_the_turned_ellipse() -> None:
    # A slim ellipse 40 wide and 80 high in its box.
    image = np.zeros((200, 200, 3), np.uint8)
    cv2.ellipse(image, (100, 100), (20, 40), 0, 0, 360, (0, 0, 255), -1)
    shown = photo(image, (80, 60, 40, 80))
    turned = 0
    for seed in range(150):
        view = view_of(replace(NOTHING, rotation=90), shown, size=200, seed=seed)
        (face,) = view.faces
        np.testing.assert_allclose(face, found_by_colour(view.image, (0, 0, 255)), atol=2.5)
        width, height = face[2:] - face[:2]
        # Whatever the angle, the squares add up to those of 40 and 80.
        assert width**2 + height**2 == pytest.approx(8000, rel=1e-4)
        turned += bool(width > 40.1)
    assert 30 <= turned <= 70


@pytest.mark.parametrize(
    ("box", "least_visible", "smallest", "corners", "ignored"),
    [
        # The centre, at −4, is outside.
        ((-14, 30, 20, 20), 0, 0, (0, 30, 6, 50), True),
        # The centre, at 1, is inside; 11 of 20 columns are.
        ((-9, 30, 20, 20), 0.5, 0, (0, 30, 11, 50), False),
        ((-9, 30, 20, 20), 0.6, 0, (0, 30, 11, 50), True),
        # 10 of 18 columns and 11 of 18 rows are a share of 0.34.
        ((54, -7, 18, 18), 0.3, 0, (54, 0, 64, 11), False),
        ((54, -7, 18, 18), 0.4, 0, (54, 0, 64, 11), True),
        # The centre below the last row.
        ((30, 58, 10, 20), 0, 0, (30, 58, 40, 64), True),
        # The root of 4 · 9 is 6.
        ((20, 20, 4, 9), 0, 5.9, (20, 20, 24, 29), False),
        ((20, 20, 4, 9), 0, 6.1, (20, 20, 24, 29), True),
        # What counts is what is seen of it: 5 · 4.
        ((-4, 20, 9, 4), 0, 4.4, (0, 20, 5, 24), False),
        ((-4, 20, 9, 4), 0, 4.5, (0, 20, 5, 24), True),
        # Nothing of it is in the view.
        ((70, 10, 8, 8), 0, 0, None, None),
        ((30, -12, 12, 12), 0, 0, None, None),
    ],
)
def test_faces_that_are_cut_or_small_are_ignored_and_those_outside_are_gone(
    box: tuple[float, ...],
    least_visible: float,
    smallest: float,
    corners: tuple[float, ...] | None,
    ignored: bool | None,
) -> None:
    image = noise(64, 64)
    shown = photo(image, (22, 22, 20, 20), box)
    augmentation = replace(NOTHING, least_visible=least_visible, smallest=smallest)
    # One face, drawn by lot, is moved into the view; wanted is a draw of the first, which moves nothing.
    views = [view_of(augmentation, shown, seed=seed) for seed in range(20)]
    view = next(view for view in views if np.array_equal(view.image, image))
    expected = [(22, 22, 42, 42)] if corners is None else [(22, 22, 42, 42), corners]
    np.testing.assert_allclose(view.faces, expected)
    assert view.ignored.tolist() == ([False] if ignored is None else [False, ignored])


def test_one_of_the_faces_is_always_in_the_view() -> None:
    boxes = ((2, 2, 8, 8), (90, 90, 8, 8))
    augmentation = replace(NOTHING, smallest_zoom=2.2, largest_zoom=4)
    shares = []
    for seed in range(60):
        view = view_of(augmentation, photo(noise(100, 100), *boxes), size=100, seed=seed)
        assert (~view.ignored).sum() >= 1
        middle = (view.faces[~view.ignored][0, :2] + view.faces[~view.ignored][0, 2:]) / 2
        assert ((middle >= 5 - 1e-3) & (middle <= 95 + 1e-3)).all()
        shares.append(middle[0] > 50)
    assert 0 < np.mean(shares) < 1


def test_a_mosaic_has_each_picture_in_its_corner() -> None:
    photos = [photo(np.full((60, 90, 3), colour, np.uint8)) for colour in COLOURS]
    edges = []
    for seed in range(50):
        image = view_of(NOTHING, *photos, size=100, seed=seed).image
        parts = [found_by_colour(image, colour) for colour in COLOURS]
        (across, down) = max(parts[0][2], parts[2][2]), max(parts[0][3], parts[1][3])
        edges.append((across, down))
        assert min(parts[1][0], parts[3][0]) >= across
        assert min(parts[2][1], parts[3][1]) >= down
        # What no picture covers is grey.
        covered = np.isin(image.reshape(-1, 3) @ (1, 256, 65536), np.array(COLOURS) @ (1, 256, 65536))
        blends = ~covered & (image.reshape(-1, 3) != 128).any(axis=1)
        assert blends.mean() < 0.05
    assert np.min(edges) < 40
    assert np.max(edges) > 60
    assert np.max(edges) <= 70


@pytest.mark.parametrize(("side", "most"), [(128, 1), (160, 30)])
def test_a_shrunken_picture_is_free_of_aliasing(side: int, most: int) -> None:
    # Columns of black and white, each one pixel wide, are grey where two or more meet in a pixel; with 2.5 in one, its
    # white share is 1 to 1.5 of 2.5.
    stripes = np.zeros((side, side, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(view_of(NOTHING, photo(stripes)).image - 127.5).max() <= most


def test_a_shrunken_picture_has_whole_pixels_and_its_boxes_follow() -> None:
    # 200×7 fits a view of 64 at 0.32, as 64×2: the rows are shrunk to 2 / 7.
    (face,) = view_of(NOTHING, photo(noise(7, 200), (80, 1, 40, 5))).faces
    np.testing.assert_allclose(face[[0, 2]], (80 * 0.32, 120 * 0.32), rtol=1e-5)
    assert face[3] - face[1] == pytest.approx(5 * 2 / 7, rel=1e-4)


class TestLight:
    """Changes of colour; boxes stay."""

    @pytest.mark.parametrize("change", ["brightness", "contrast", "saturation", "grey", "blur", "noise"])
    def test_each_of_them_changes_the_picture_and_no_box(self, change: str) -> None:
        image = noise(64, 64)
        views = [view_of(replace(NOTHING, **{change: 1}), photo(image, (10, 20, 8, 16)), seed=s) for s in range(3)]
        for view in views:
            assert not np.array_equal(view.image, image)
            np.testing.assert_array_equal(view.faces, [[10, 20, 18, 36]])

    def flat(self, augmentation: FaceAugmentation, colour: tuple[int, ...], seed: int) -> tuple[int, ...]:
        """The one colour of a view of an even picture."""
        view = view_of(augmentation, photo(np.full((8, 8, 3), colour, np.uint8)), size=8, seed=seed)
        (colours,) = np.unique(view.image.reshape(-1, 3), axis=0)
        return tuple(int(value) for value in colours)

    def test_brightness_adds_the_same_everywhere(self) -> None:
        added = [np.subtract(self.flat(replace(NOTHING, brightness=0.2), (90, 120, 150), s), (90, 120, 150))
                 for s in range(100)]  # fmt: skip
        assert np.ptp(added, axis=1).max() == 0
        assert -52 <= np.min(added) < -40  # a fifth of 255 is 51
        assert 40 < np.max(added) <= 51

    def test_contrast_leads_away_from_the_middle_and_towards_it(self) -> None:
        shown = np.array([self.flat(replace(NOTHING, contrast=0.5), (27, 127, 227), s) for s in range(100)])
        # 100 from the middle: 50 to 150, cut at the ends of the range.
        assert np.abs(shown[:, 1] - 127).max() <= 1
        assert shown[:, 0].min() == 0
        assert 70 <= shown[:, 0].max() <= 78
        assert 177 <= shown[:, 2].min() <= 185
        assert shown[:, 2].max() == 255
        np.testing.assert_allclose(shown[:, 0] + shown[:, 2], 254, atol=30)

    def test_saturation_fades_colours_and_leaves_grey_alone(self) -> None:
        shown = np.array([self.flat(replace(NOTHING, saturation=1), (0, 0, 200), s) for s in range(100)])
        assert (shown[:, 2] == 200).all()
        assert shown[:, 0].max() > 150
        assert (shown[:, 0] == 0).any()
        np.testing.assert_array_equal(shown[:, 0], shown[:, 1])
        assert self.flat(replace(NOTHING, saturation=1), (90, 90, 90), 0) == (90, 90, 90)

    def test_hue_turns_the_colour_by_its_degrees(self) -> None:
        shown = [self.flat(replace(NOTHING, hue=60), (0, 0, 240), seed) for seed in range(100)]
        # From red, 60 degrees lead to yellow, (0, 240, 240), or to magenta, (240, 0, 240).
        for blue, green, red in shown:
            assert red == 240
            assert min(blue, green) == 0
        assert max(blue for blue, _, _ in shown) > 180
        assert max(green for _, green, _ in shown) > 180

    def test_a_view_without_colour_has_the_brightness_of_the_picture(self) -> None:
        # 0.114 · 200 + 0.587 · 100 + 0.299 · 50.
        assert self.flat(replace(NOTHING, grey=1), (200, 100, 50), 0) == (96, 96, 96)

    def test_noise_is_the_same_in_all_channels_and_keeps_the_mean(self) -> None:
        for seed in range(5):
            shown = photo(np.full((64, 64, 3), 120, np.uint8))
            changed = view_of(replace(NOTHING, noise=1), shown, seed=seed).image.astype(float)
            assert np.ptp(changed, axis=2).max() == 0
            assert 1.5 < changed.std() < 13
            assert changed.mean() == pytest.approx(120, abs=1)

    def test_a_blur_softens_and_keeps_the_mean(self) -> None:
        image = noise(64, 64)
        for seed in range(5):
            blurred = view_of(replace(NOTHING, blur=1), photo(image), seed=seed).image
            assert blurred.std() < 0.95 * image.std()
            assert blurred.mean() == pytest.approx(image.mean(), abs=1)

    def test_shares_are_those_of_the_views(self) -> None:
        colour = (200, 100, 50)
        grey = [len(set(self.flat(replace(NOTHING, grey=0.3), colour, seed))) == 1 for seed in range(200)]
        assert 0.2 < np.mean(grey) < 0.4


def test_the_same_random_numbers_give_the_same_view() -> None:
    photos = [painted(colour, 90, (20, 30, 30, 40)) for colour in COLOURS]
    for shown in (photos[:1], photos):
        views = [view_of(FaceAugmentation(), *shown, seed=seed) for seed in (1, 1, 2)]
        for first, again, _ in zip(*views, strict=True):
            np.testing.assert_array_equal(first, again)
        assert not np.array_equal(views[0].image, views[2].image)
        assert not np.array_equal(views[0].faces, views[2].faces)


@pytest.mark.parametrize("count", [0, 2, 3, 5])
def test_neither_one_picture_nor_four_is_an_error(count: int) -> None:
    with pytest.raises(ValueError, match=f"photos must be one, or four for a mosaic. Received: {count}"):
        view_of(NOTHING, *[photo(noise(8, 8))] * count)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        *(
            ({name: value}, rf"{name} must be 0\.\.1. Received: {value}")
            for name in ("mosaic", "grey", "blur", "noise", "least_visible", "brightness", "contrast", "saturation")
            for value in (-0.1, 1.1, math.nan)
        ),
        ({"smallest_zoom": 0}, "smallest_zoom and largest_zoom must be finite and rise from above 0. Received: 0, 1"),
        ({"smallest_zoom": 1.5}, "rise from above 0. Received: 1.5, 1"),
        ({"largest_zoom": math.inf}, "Received: 1, inf"),
        ({"largest_zoom": math.nan}, "Received: 1, nan"),
        ({"rotation": -1}, r"rotation must be 0\.\.180. Received: -1"),
        ({"rotation": 181}, r"rotation must be 0\.\.180. Received: 181"),
        ({"hue": math.nan}, r"hue must be 0\.\.180. Received: nan"),
        ({"hue": 200}, r"hue must be 0\.\.180. Received: 200"),
        ({"smallest": -1}, r"smallest must be 0\.\.inf. Received: -1"),
    ],
)
def test_changes_that_there_are_not_are_refused(changes: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(NOTHING, **changes)  # type: ignore[arg-type]


def test_a_plain_view_is_what_detection_shows() -> None:
    image = np.full((40, 80, 3), (10, 20, 30), np.uint8)
    view = plain_view(photo(image, (10, 5, 20, 30), (60, 0, 20, 40), ignored=(False, True)), 160)
    # Twice as large at the top left, the lower half grey.
    np.testing.assert_array_equal(view.image[:80], np.full((80, 160, 3), (10, 20, 30)))
    assert (view.image[80:] == 128).all()
    np.testing.assert_array_equal(view.faces, [[20, 10, 60, 70], [120, 0, 160, 80]])
    assert view.faces.dtype == np.float32
    assert view.ignored.tolist() == [False, True]
    assert plain_view(photo(image), 160).faces.shape == (0, 4)
