import numpy as np
import pytest

from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture

BOX = (1.0, 2.0, 3.0, 4.0)


def test_sequences_become_arrays_and_may_be_empty() -> None:
    picture = ScoredPicture.of([], [BOX], [0.5])
    assert (picture.true_boxes.shape, picture.ignored.shape) == ((0, 4), (0,))
    assert picture.found_boxes.tolist() == [list(BOX)]
    assert ScoredPicture.of([BOX, BOX], [], [], [True, False]).ignored.tolist() == [True, False]


@pytest.mark.parametrize("which", ["true_boxes", "found_boxes"])
@pytest.mark.parametrize("bad", [(1, 2, 0, 4), (1, 2, 3, -4), (np.nan, 2, 3, 4), (1, 2, np.inf, 4)])
def test_an_empty_box_or_one_without_numbers_is_refused(which: str, bad: tuple[float, ...]) -> None:
    boxes = {"true_boxes": [BOX], "found_boxes": [BOX], which: [bad]}
    with pytest.raises(ValueError, match=f"{which} must be finite.*Received: "):
        ScoredPicture.of(boxes["true_boxes"], boxes["found_boxes"], [0.5])


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match=r"scores must be \(1,\), a finite one.*Received: \[0.5, 0.6\]"):
        ScoredPicture.of([BOX], [BOX], [0.5, 0.6])
    with pytest.raises(ValueError, match=r"Received: \[nan\]"):
        ScoredPicture.of([BOX], [BOX], [np.nan])
    with pytest.raises(ValueError, match=r"ignored must be bool \(1,\).*Received: bool \(2,\)"):
        ScoredPicture.of([BOX], [], [], [True, False])
    with pytest.raises(ValueError, match=r"ignored must be bool \(1,\).*Received: int64 \(1,\)"):
        ScoredPicture(np.array([BOX]), np.zeros(1, np.int64), np.empty((0, 4)), np.empty(0))
    with pytest.raises(ValueError, match=r"true_boxes must be \(n, 4\).*Received: \(4,\)"):
        ScoredPicture(np.array(BOX), np.zeros(4, bool), np.empty((0, 4)), np.empty(0))
