from pathlib import Path

import pytest

from emotion_recognition.data.face_pictures.set_aside import is_set_aside, without_set_aside
from emotion_recognition.data.face_pictures.sources.annotated_picture import AnnotatedPicture, AnnotationFile
from emotion_recognition.data.face_pictures.sources.face_source import FaceSource


def source() -> FaceSource:
    pictures = [AnnotatedPicture(f"{i}.jpg") for i in range(400)]
    faces = [AnnotatedPicture(f"face{i}.jpg", boxes=[(0, 0, 9, 9)], ignored=[False], masks=[""]) for i in range(5)]
    file = AnnotationFile(Path("train.csv"), Path(), tuple(pictures + faces))
    return FaceSource("a test", {"train": file, "val": file}, ("a note",))


def test_a_share_of_the_pictures_without_a_face_leaves_training_alone() -> None:
    made = without_set_aside(source(), 0.25)
    kept = [picture.name for picture in made.splits["train"].pictures]
    left_out = 405 - len(kept)
    assert 75 <= left_out <= 125  # of 400, by their names
    assert [name for name in kept if name.startswith("face")] == [f"face{i}.jpg" for i in range(5)]
    assert not any(is_set_aside(name, 0.25) for name in kept if not name.startswith("face"))
    assert len(made.splits["val"].pictures) == 405
    assert made.notes == ("a note", f"set aside: {left_out} pictures without a face")


def test_nothing_is_set_aside_without_a_share() -> None:
    assert (
        without_set_aside(source(), 0.0) == source()
        or len(without_set_aside(source(), 0).splits["train"].pictures) == 405
    )
    assert without_set_aside(source(), 0.0).notes == ("a note",)


def test_a_larger_share_holds_the_smaller_one() -> None:
    small, large = ({i for i in range(400) if is_set_aside(f"{i}.jpg", share)} for share in (0.1, 0.4))
    assert small < large


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_no_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"faceless_aside must be within 0\.\.1"):
        without_set_aside(source(), share)
