import cv2
import numpy as np
import pytest

from emotion_recognition.data.face_pictures import batches as batches_module
from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.data.face_pictures.batches import FaceBatches, photo_of, picture_weights
from emotion_recognition.data.face_pictures.split import FaceSplit

SIDE = 16

#: Leaves the colour of an even picture as it is, whatever else it does.
COLOUR_KEPT = FaceAugmentation(
    mosaic=0, smallest_zoom=1, largest_zoom=1, rotation=0, flip=False, brightness=0, contrast=0, saturation=0, hue=0,
    grey=0, blur=0, noise=0, close_up=0, stretch=0, damaged=0, defocus=0,
)  # fmt: skip


def split(*masks: tuple[str, ...]) -> FaceSplit:
    """Even pictures, the i-th of grey 10 · i; each has as many faces as masks are given for it, the first is i wide."""
    faces = [(2, 2, float(i + 1 if j == 0 else 3), 12) for i, row in enumerate(masks) for j in range(len(row))]
    return FaceSplit(
        pictures=[
            np.asarray(cv2.imencode(".png", np.full((SIDE, SIDE, 3), 10 * i, np.uint8))[1]).ravel()
            for i in range(len(masks))
        ],
        sizes=np.full((len(masks), 2), SIDE, np.int32),
        boxes=np.array(faces, np.float32).reshape(-1, 4),
        first=np.cumsum([0, *map(len, masks)]).astype(np.int64),
        ignored=np.arange(len(faces)) % 2 == 1,
        names=tuple(f"{i}.png" for i in range(len(masks))),
        sources=("",) * len(masks),
        masks=tuple(mask for row in masks for mask in row),
        split="train",
        source_name="train.csv",
        source_sha256="0" * 64,
    )


SEVEN = split(*[("",)] * 7)


def targets(faces: np.ndarray, ignored: np.ndarray) -> np.ndarray:
    """The sum of the corners, and how many faces there are, are ignored."""
    return np.array([faces.sum(), len(faces), ignored.sum()], np.float32)


def batches(source: FaceSplit = SEVEN, **options: object) -> FaceBatches:
    defaults = {"size": SIDE, "batch_size": 3, "augmentation": FaceAugmentation(), "seed": 5}
    return FaceBatches(source, targets, **{**defaults, **options})  # type: ignore[arg-type]


def epoch(source: FaceBatches) -> list[tuple[np.ndarray, np.ndarray]]:
    return [source[step] for step in range(len(source))]


def drawn(source: FaceBatches) -> list[int]:
    """Which pictures an epoch shows, by their greys."""
    return [int(image[8, 8, 0]) // 10 for images, _ in epoch(source) for image in images]


def same(first: list[tuple[np.ndarray, ...]], second: list[tuple[np.ndarray, ...]]) -> bool:
    pairs = zip(first, second, strict=True)
    return all(np.array_equal(a, b) for ones, others in pairs for a, b in zip(ones, others, strict=True))


def test_without_changes_every_picture_comes_once_in_order_the_partial_batch_too() -> None:
    source = batches(augmentation=None)
    assert [(images.shape, said.shape) for images, said in epoch(source)] == [
        ((count, SIDE, SIDE, 3), (count, 3)) for count in (3, 3, 1)
    ]
    for _ in range(2):
        assert drawn(source) == [0, 1, 2, 3, 4, 5, 6]
        source.on_epoch_end()


def test_targets_are_made_of_the_faces_of_the_view() -> None:
    # The face of picture i goes from 2, 2 to 2 + i + 1, 14; in a view of twice the size, everything doubles.
    for size, factor in ((SIDE, 1), (2 * SIDE, 2)):
        said = np.concatenate([said for _, said in epoch(batches(augmentation=None, size=size))])
        expected = [[factor * (2 + 2 + 3 + i + 14), 1, i % 2] for i in range(7)]
        np.testing.assert_allclose(said, expected)


def test_batches_are_pixels_and_what_the_targets_are() -> None:
    images, said = batches(augmentation=FaceAugmentation(mosaic=1))[0]
    assert (images.dtype, images.shape) == (np.uint8, (3, SIDE, SIDE, 3))
    assert (said.dtype, said.shape) == (np.float32, (3, 3))


def test_an_epoch_has_as_many_views_as_pictures() -> None:
    for batch_size, counts in ((3, [3, 3, 1]), (7, [7]), (100, [7]), (1, [1] * 7)):
        source = batches(batch_size=batch_size)
        assert len(source) == len(counts)
        assert [len(images) for images, _ in epoch(source)] == counts


def test_every_picture_is_drawn_sooner_or_later() -> None:
    source = batches(augmentation=COLOUR_KEPT)
    seen: set[int] = set()
    for _ in range(20):
        seen |= set(drawn(source))
        source.on_epoch_end()
    assert seen == set(range(7))


def test_masked_pictures_are_drawn_half_as_often_and_those_without_a_face_twice() -> None:
    source = batches(split(("nomask",), ("mask",), (), ("mask", "incorrect")), augmentation=COLOUR_KEPT, batch_size=4)
    counts = np.zeros(4)
    for _ in range(300):
        np.add.at(counts, drawn(source), 1)
        source.on_epoch_end()
    # Weights 1, 0.5, 2, 0.5 of 4 in all.
    np.testing.assert_allclose(counts / counts.sum(), [1 / 4, 1 / 8, 1 / 2, 1 / 8], atol=0.04)


@pytest.mark.parametrize(
    ("masks", "weight"),
    [
        ((), 2),
        (("", ""), 1),
        (("nomask",), 1),
        (("nomask_or_incorrect",), 1),
        (("mask",), 0.5),
        (("incorrect",), 0.5),
        (("mask", "incorrect"), 0.5),
        (("mask", "nomask"), 0.75),
        (("nomask", "nomask", "mask", "nomask"), 0.875),
        (("mask", "", ""), 0.5),
    ],
)
def test_weights_fall_with_the_share_of_masks_and_rise_without_a_face(masks: tuple[str, ...], weight: float) -> None:
    # Neighbours show that each picture's own faces count.
    weights = picture_weights(split(("nomask",), masks, ("mask",)))
    np.testing.assert_allclose(weights, [1, weight, 0.5])


def test_four_pictures_are_put_together_as_often_as_the_settings_say() -> None:
    for mosaic, least, most in ((0.0, 0, 0), (0.5, 0.3, 0.7), (1.0, 0.7, 1)):
        # Without pictures, a mosaic's ground is grey 128, which is no picture's grey.
        settings = FaceAugmentation(**{**vars(COLOUR_KEPT), "mosaic": mosaic})
        source = batches(augmentation=settings, batch_size=7)
        several = []
        for _ in range(20):
            several += [len({int(g) for g in np.unique(i) if g % 10 == 0}) > 1 for i in source[0][0]]
            source.on_epoch_end()
        assert least <= np.mean(several) <= most


def test_the_seed_decides_everything() -> None:
    assert same(epoch(batches(seed=1)), epoch(batches(seed=1)))
    assert not same(epoch(batches(seed=1)), epoch(batches(seed=2)))


def test_every_epoch_has_another_draw_and_other_changes() -> None:
    source = batches()
    first = epoch(source)
    assert same(first, epoch(source))
    source.on_epoch_end()
    assert not same(first, epoch(source))
    plain = batches(augmentation=COLOUR_KEPT)
    order = drawn(plain)
    plain.on_epoch_end()
    assert drawn(plain) != order


def test_every_epoch_and_batch_changes_the_same_picture_in_another_way() -> None:
    alike = split(*[("",)] * 4)
    alike.pictures[:] = alike.pictures[1:2] * 4
    alike.boxes[:] = alike.boxes[0]
    source = batches(alike, batch_size=2)
    first, second = epoch(source)
    source.on_epoch_end()
    later, _ = epoch(source)
    assert not np.array_equal(first[0], second[0])
    assert not np.array_equal(first[0], later[0])


def test_a_run_that_goes_on_sees_the_batches_it_would_have_seen() -> None:
    whole = batches()
    epoch(whole)
    whole.on_epoch_end()
    whole.on_epoch_end()
    assert same(epoch(whole), epoch(batches(first_epoch=2)))


def test_a_batch_does_not_depend_on_those_before() -> None:
    # Threads make them in any order.
    backwards = [batches()[step] for step in (2, 1, 0)][::-1]
    assert same(backwards, epoch(batches()))


def test_pictures_that_do_not_fit_into_memory_give_the_same_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = epoch(batches())
    monkeypatch.setattr(batches_module, "_KEEP_DECODED_GIB", 0)
    assert same(kept, epoch(batches()))


def test_a_photo_is_a_picture_with_its_own_faces() -> None:
    image, boxes, ignored, landmarks = photo_of(split((), ("", ""), ("",)), 1)
    assert landmarks is None
    np.testing.assert_array_equal(image, np.full((SIDE, SIDE, 3), 10))
    np.testing.assert_array_equal(boxes, [[2, 2, 2, 12], [2, 2, 3, 12]])
    assert ignored.tolist() == [False, True]


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        (split(), {}, "split must have pictures, batch_size and size be at least 1. Received: 0, 3, 16"),
        (SEVEN, {"batch_size": 0}, "at least 1. Received: 7, 0, 16"),
        (SEVEN, {"size": 0}, "at least 1. Received: 7, 3, 0"),
        (SEVEN, {"seed": -1}, "seed must be at least 0. Received: -1"),
        (SEVEN, {"first_epoch": -1}, "first_epoch must be at least 0. Received: -1"),
    ],
)
def test_nothing_to_draw_from_is_an_error(source: FaceSplit, options: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        batches(source, **options)


def test_a_broken_picture_is_named() -> None:
    broken = split(("",), ("",))
    broken.pictures[1] = np.frombuffer(b"no picture", np.uint8)
    with pytest.raises(ValueError, match=r"picture 1 \(1\.png\) of the train split cannot be decoded"):
        batches(broken, augmentation=None)[0]
