"""The reader of FER+'s votes, against hand-written rows and every kind of broken file."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion_recognition.data.sources.fer2013.ferplus_votes import VOTE_NAMES, read_votes

HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
FIRST = "Training,fer0.png,4,0,0,1,3,2,0,0,0,0"
DROPPED = "PublicTest,,0,0,0,0,0,0,0,0,0,10"


def write(folder: Path, *rows: str, header: str = HEADER, end: str = "\n") -> Path:
    path = folder / "votes.csv"
    path.write_bytes(end.join([header, *rows, ""]).encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("header", [HEADER, "\ufeff" + HEADER, HEADER.replace(",", " , ")])
def test_votes_and_usages_arrive_in_the_files_order(tmp_path: Path, header: str, end: str) -> None:
    path = write(tmp_path, FIRST, DROPPED, header=header, end=end)
    votes = read_votes(path)
    assert votes.counts.dtype == np.uint8
    assert votes.counts.tolist() == [[4, 0, 0, 1, 3, 2, 0, 0, 0, 0], [0] * 9 + [10]]
    assert votes.usages.tolist() == [0, 1]
    assert votes.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Training,a.png,4,0,0,1,3,2,0,0,0", r"row 2 \(line 3\): it must have 12 columns. Received: 11"),
        ("", r"row 2 \(line 3\): it must have 12 columns. Received: 0"),
        ("Test,a.png,4,0,0,1,3,2,0,0,0,0", r"row 2 \(line 3\): Usage must be one of .* Received: 'Test'"),
        ("Training,a.png,4,0,0,1,3,2,0,0,0,x", r"row 2 \(line 3\): the votes for NF must be .* 0..10. Received: 'x'"),
        ("Training,a.png,4,-1,0,1,3,2,0,0,0,0", r"row 2 \(line 3\): the votes for happiness .* Received: '-1'"),
        ("Training,a.png,11,0,0,0,0,0,0,0,0,0", r"row 2 \(line 3\): the votes for neutral .* Received: '11'"),
        ("Training,a.png,1.5,0,0,0,0,0,0,0,0,0", r"the votes for neutral .* Received: '1.5'"),
        ("Training,a.png,6,5,0,0,0,0,0,0,0,0", r"row 2 \(line 3\): there must be at most 10 votes. Received: 11"),
        ('Training,"a.png,6,4,0,0,0,0,0,0,0,0', "it is no CSV of votes"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, row: str, words: str) -> None:
    path = write(tmp_path, FIRST, row, FIRST)
    with pytest.raises(ValueError, match=words) as caught:
        read_votes(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the first line must name the columns Usage, Image name, neutral"),
        (HEADER.replace("anger,disgust", "disgust,anger").encode(), "the first line must name the columns"),
        (b"emotion,pixels,Usage\n0,1 2,Training\n", "Received: 'emotion, pixels, Usage'"),
        (HEADER.encode() + b"\n", "it has a header and no rows"),
        (b"\x89PNG\xff\xfe", "it is no CSV of votes"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "votes.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_votes(path)


def test_votes_on_other_rows_are_refused_by_row(tmp_path: Path) -> None:
    votes = read_votes(write(tmp_path, FIRST, DROPPED))
    source = Path("fer2013.csv")
    assert votes.of_rows(0, np.array([0, 1], np.uint8), source).tolist() == votes.counts.tolist()
    assert votes.of_rows(1, np.array([1], np.uint8), source).tolist() == votes.counts[1:].tolist()
    votes.check_end(2, source)
    with pytest.raises(ValueError, match=r"votes on 2 rows, but fer2013.csv has more"):
        votes.of_rows(1, np.array([1, 1], np.uint8), source)
    with pytest.raises(ValueError, match=r"votes on 2 rows, but fer2013.csv has 1 rows"):
        votes.check_end(1, source)
    with pytest.raises(ValueError, match=r"row 2 \(line 3\): Usage is PublicTest, but row 2 of .* has PrivateTest"):
        votes.of_rows(1, np.array([2], np.uint8), source)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_are_refused_or_read_right(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray("\n".join([HEADER, FIRST, DROPPED, FIRST]).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "votes.csv"
    path.write_bytes(content)
    try:
        votes = read_votes(path)
    except ValueError:
        with pytest.raises(ValueError, match=r"^[^\n]*votes.csv: [^\n]+$"):
            read_votes(path)
        return
    # What was read is what the text says, field by field.
    # Not splitlines, which takes a vertical tab and others for the end of a line, as no CSV does.
    lines = re.split(r"\r\n|\r|\n", content.decode("utf-8-sig").replace('"', ""))
    expected = [[int(field) for field in line.split(",")[2:]] for line in lines[1:] if line]
    assert votes.counts.tolist() == expected


@pytest.mark.real_data
def test_the_real_votes_are_whole(real_data: Path) -> None:
    votes = read_votes(real_data / "ferplus" / "fer2013new.csv")
    assert votes.counts.shape == (35_887, len(VOTE_NAMES))
    assert np.bincount(votes.usages).tolist() == [28_709, 3_589, 3_589]
    # One row has nine votes; the 173 rows without a picture in FER+ are among the not-a-face ones.
    assert np.unique(votes.counts.sum(axis=1), return_counts=True)[1].tolist() == [1, 35_886]
