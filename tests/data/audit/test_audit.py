"""The audit on splits whose every oddity was put there, and on the real FER2013."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.data.audit import audit as audit_module
from emotion_recognition.data.audit.audit import Audit, Case, Place, audit_splits, blank_rows, not_face_rows
from emotion_recognition.data.audit.report import SHEET_CASES, audit_json, audit_text, sheet_cases
from emotion_recognition.data.files.hdf5 import Split, read_split
from emotion_recognition.data.sources.fer2013.ferplus_votes import read_votes
from emotion_recognition.emotions import class_names
from emotion_recognition.workspace import SPLITS, Workspace

NAMES = class_names(7)
ANGER, HAPPY, SAD = 0, 3, 4


def vote(**votes: int) -> list[int]:
    columns = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]
    return [votes.get(name, 0) for name in columns]


def splits(votes: bool = True) -> dict[str, Split]:
    """Five, three and three images of noise, except for what the comments say."""
    noise = np.random.default_rng(1).integers(0, 256, (11, 24, 24, 1), dtype=np.uint8)
    train, val, test = noise[:5], noise[5:8], noise[8:]
    train[1] = train[0]  # a pair within train, two labels
    val[0] = train[0]  # and a third in val
    test[0] = train[2]  # a leak, one label
    test[1] = np.clip(train[3], 20, 235) // 2 + 10  # a near leak
    val[1] = 77  # blank
    labels = {"train": [ANGER, SAD, HAPPY, HAPPY, SAD], "val": [ANGER, ANGER, SAD], "test": [HAPPY, HAPPY, SAD]}
    ballots = {
        "train": [
            vote(anger=10),
            vote(anger=6, sadness=4),  # contradicts, but the label has votes
            vote(happiness=5, sadness=5),  # no majority
            vote(happiness=9, sadness=1),
            vote(happiness=9, sadness=1),  # contradicts, and the label has none but a vote cast alone
        ],
        "val": [vote(anger=8, NF=2), vote(NF=10), vote(sadness=4, NF=5, fear=1)],
        "test": [vote(happiness=10), vote(happiness=5, NF=5), vote(sadness=10)],
    }
    return {
        name: Split(
            images,
            np.array(labels[name], np.uint8),
            NAMES,
            name,
            "fer2013.csv",
            "ab" * 32,
            votes=np.array(ballots[name], np.uint8) if votes else None,
        )
        for name, images in (("train", train), ("val", val), ("test", test))
    }


def found(audit: Audit) -> dict[str, list[list[tuple[str, int]]]]:
    return {
        finding.name: [[(place.split, place.row) for place in case.places] for case in finding.cases]
        for finding in audit.findings
    }


def test_every_oddity_is_found_and_nothing_else() -> None:
    audit = audit_splits(splits())
    assert found(audit) == {
        "duplicates": [[("train", 0), ("train", 1), ("val", 0)], [("train", 2), ("test", 0)]],
        "leaks": [[("val", 0), ("train", 0)], [("test", 0), ("train", 2)]],
        "conflicts": [[("train", 0), ("train", 1), ("val", 0)]],
        "near_duplicates": [[("train", 3), ("test", 1)]],
        "near_leaks": [[("test", 1), ("train", 3)]],
        "blank": [[("val", 1)]],
        "notface": [[("val", 1)], [("val", 2)]],
        "contradictions": [[("train", 1)], [("train", 4)]],
        "unsupported": [[("train", 4)]],
    }
    counts = {finding.name: list(finding.counts.values()) for finding in audit.findings}
    assert counts["duplicates"] == [3, 1, 1]
    assert counts["leaks"] == [0, 1, 1]
    assert counts["near_duplicates"] == [1, 0, 1]
    contradictions = next(finding for finding in audit.findings if finding.name == "contradictions")
    assert [case.says for case in contradictions.cases] == ["FER+: anger 60%", "FER+: happy 100%"]


def test_without_votes_and_network_the_notes_say_what_was_not_looked_at() -> None:
    audit = audit_splits(splits(votes=False))
    assert "notface" not in found(audit)
    assert [note.split(":")[0] for note in audit.notes] == [
        "FER+'s votes were not looked at",
        "likely wrong labels were not looked for",
    ]


def test_too_many_images_are_not_compared_in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_module, "MOST_IMAGES", 10)
    audit = audit_splits(splits())
    assert "near_duplicates" not in found(audit)
    assert "duplicates" in found(audit)
    assert audit.notes[0].startswith("near duplicates were not looked for")


def test_likely_errors_take_turns_so_that_the_worst_of_each_split_come_first() -> None:
    audit = audit_splits(splits(), {"train": [(4, HAPPY), (1, ANGER)], "val": [], "test": [(2, HAPPY)]})
    finding = audit.findings[-1]
    assert finding.cases == (
        Case((Place("train", 4),), "network: happy"),
        Case((Place("test", 2),), "network: happy"),
        Case((Place("train", 1),), "network: anger"),
    )
    assert finding.counts == {"train": 2, "val": 0, "test": 1}
    assert finding.ranked


def test_a_user_s_own_classes_are_not_compared_with_votes() -> None:
    own = {
        name: Split(s.images, s.labels, tuple("abcdefg"), name, "x", "ab" * 32, votes=s.votes)
        for name, s in splits().items()
    }
    audit = audit_splits(own)
    assert "notface" in found(audit)
    assert "contradictions" not in found(audit)
    assert "do not fall on the classes a, b, c" in audit.notes[0]


def test_train_is_needed_and_votes_to_tell_who_is_no_face() -> None:
    with pytest.raises(ValueError, match="splits must have train"):
        audit_splits({"val": splits()["val"]})
    with pytest.raises(ValueError, match=r"the val split has no votes of FER\+"):
        not_face_rows(splits(votes=False)["val"])


def test_jpeg_s_noise_on_even_grey_is_blank_and_a_faint_picture_is_not() -> None:
    images = np.full((3, 8, 8, 1), 100, np.uint8)
    images[1, 0, 0], images[1, 0, 1] = 98, 103
    images[2, 0, 0] = 106
    split = Split(images, np.zeros(3, np.uint8), NAMES, "val", "x", "ab" * 32)
    assert blank_rows(split).tolist() == [0, 1]


def test_the_text_has_a_line_for_each_kind_and_the_json_every_case() -> None:
    built = splits()
    audit = audit_splits(built)
    lines = audit_text(audit).splitlines()
    assert lines[0].split() == ["train", "val", "test", "all"]
    assert lines[1].split() == ["images", "5", "3", "3", "11"]
    assert lines[2].split() == ["exact", "duplicates", "3", "1", "1", "5", "in", "2", "groups"]
    assert lines[-1].startswith("note: likely wrong labels")
    content = audit_json(audit, built)
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert content["data"] == {"source": "fer2013.csv", "sha256": "ab" * 32, "labels": "fer2013"}
    assert content["findings"]["leaks"]["cases"][1]["images"] == [
        {"split": "test", "row": 0, "label": "happy"},
        {"split": "train", "row": 2, "label": "happy"},
    ]
    assert content["findings"]["unsupported"]["cases"][0]["says"] == "FER+: happy 100%"


def test_a_sheet_shows_cases_with_their_labels_from_all_over_the_finding() -> None:
    built = splits()
    finding = next(f for f in audit_splits(built).findings if f.name == "contradictions")
    ((image, words),) = sheet_cases(finding, built)[0]
    assert np.array_equal(image, built["train"].images[1])
    assert words == "train 1: sad\nFER+: anger 60%"

    count = 10 * SHEET_CASES
    many = Split(np.zeros((count, 8, 8, 1), np.uint8), np.zeros(count, np.uint8), NAMES, "train", "x", "ab" * 32)
    blank = next(f for f in audit_splits({"train": many}).findings if f.name == "blank")
    shown = [case[0][1] for case in sheet_cases(blank, {"train": many})]
    assert shown == [f"train {row}: anger" for row in range(0, count, 10)]


@pytest.mark.real_data
def test_the_real_fer2013_has_its_known_oddities(real_data: Path, real_splits: Path) -> None:
    votes = read_votes(real_data / "ferplus" / "fer2013new.csv")
    built = {
        name: replace(read_split(Workspace(real_splits).split_path(name, 7)), votes=votes.counts[votes.usages == index])
        for index, name in enumerate(SPLITS)
    }
    audit = audit_splits(built)
    counts = {f.name: (*f.counts.values(), len(f.cases)) for f in audit.findings}
    assert counts["duplicates"] == (2703, 337, 333, 1518)
    assert sum(counts["duplicates"][:3]) == 3373
    assert counts["leaks"] == (0, 279, 291, 570)
    assert counts["conflicts"][3] == 59
    assert counts["blank"] == (10, 0, 3, 13)
    # FER+ dropped 173 pictures as no face; in three more the majority of the votes left says so.
    assert counts["notface"] == (150, 10, 16, 176)
    assert 3000 < counts["near_duplicates"][3] < 4000
