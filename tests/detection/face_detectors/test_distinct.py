from emotion_recognition.detection.face_detectors.distinct import distinct_faces
from emotion_recognition.pictures.faces import Face

FACE = Face((100, 100, 40, 40), 0.9)


def test_of_faces_in_one_place_the_surest_stays() -> None:
    surer = Face((102, 100, 40, 40), 0.95)
    assert distinct_faces([[FACE], [surer]], 0.3) == [surer]
    assert distinct_faces([[surer], [FACE]], 0.3) == [surer]


def test_at_equal_scores_the_earlier_look_counts() -> None:
    assert distinct_faces([[FACE], [Face((101, 100, 40, 40), 0.9)]], 0.3) == [FACE]


def test_the_overlap_is_the_intersection_over_the_union() -> None:
    # 20 of 60 columns in common: a third.
    beside = Face((120, 100, 40, 40), 0.8)
    assert distinct_faces([[FACE], [beside]], 0.34) == [FACE, beside]
    assert distinct_faces([[FACE], [beside]], 0.33) == [FACE]


def test_a_part_of_a_face_is_no_face_of_its_own() -> None:
    # 10·10 of 40·40 pixels, a sixteenth of the union, but all of the smaller box.
    assert distinct_faces([[FACE], [Face((110, 110, 10, 10), 0.8)]], 0.3) == [FACE]
    # Half of it is outside.
    half = Face((95, 110, 10, 10), 0.8)
    assert distinct_faces([[FACE], [half]], 0.3) == [FACE, half]


def test_two_faces_of_one_look_are_two() -> None:
    near = Face((105, 100, 40, 40), 0.8)
    assert distinct_faces([[near, FACE], []], 0.3) == [FACE, near]
    assert distinct_faces([], 0.3) == []
