import pytest

from emotion_recognition.data.batches.augmentation import Augmentation, parse_augmentation
from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rotation", -1),
        ("shift", 1.0),
        ("zoom", -0.1),
        ("contrast", 1.5),
        ("noise", 1.0),
        ("gamma", -0.5),
        ("sharpness", 1.5),
        ("erase", -0.5),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be .* Received: {value}"):
        Augmentation(**{name: value})


def test_named_values_change_the_given_base_and_leave_the_rest() -> None:
    base = FaceAugmentation(rotation=5.0, flip=True)
    changed = parse_augmentation("mosaic=0.25,flip=0,smallest=12", base)
    assert changed == FaceAugmentation(mosaic=0.25, rotation=5.0, flip=False, smallest=12.0)
    assert changed is not None
    assert changed.flip is False
    assert parse_augmentation("flip=1,erase=0.5", Augmentation(flip=False)) == Augmentation(flip=True, erase=0.5)
    assert parse_augmentation("none", base) is None


@pytest.mark.parametrize("part", ["erase=0.5", "mosaic", "mosaic=", "mosaic=many", "hue=nan", "flip=0.5", ""])
def test_a_value_that_the_base_does_not_have_is_refused_with_its_names(part: str) -> None:
    names = r"none or mosaic=NUMBER, smallest_zoom=NUMBER, .*, smallest=NUMBER"
    with pytest.raises(ValueError, match=rf"^augmentation must be {names}\. Received: {part}$"):
        parse_augmentation(f"grey=0.2,{part}", FaceAugmentation())


def test_a_value_out_of_its_range_is_refused_by_the_base() -> None:
    with pytest.raises(ValueError, match=r"^mosaic must be 0\.\.1\. Received: 2\.0$"):
        parse_augmentation("mosaic=2", FaceAugmentation())
    with pytest.raises(ValueError, match=r"^smallest_zoom and largest_zoom must .*rise"):
        parse_augmentation("smallest_zoom=3", FaceAugmentation())
