"""A minute of the campaign against damaged input and kills; `python -m benchmarks.faults` runs it at any length.

What is measured here is the harness too: it must notice a reader that crashes, errs or is silent about damage.
"""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fault_campaign.mutations import mutate
from benchmarks.fault_campaign.readers import READERS, Reader, WrongResultError
from benchmarks.fault_campaign.scenarios import results_of
from benchmarks.fault_campaign.worker import feed, input_of
from tests.conftest import REPOSITORY

QUICK = [reader for reader in READERS if not reader.slow]


@pytest.mark.parametrize("reader", QUICK, ids=lambda reader: reader.name)
def test_no_damaged_file_crashes_its_reader_or_is_read_wrongly(reader: Reader, tmp_path: Path) -> None:
    tally = feed(reader, range(max(10, reader.share)), 2026, tmp_path)
    assert tally.faults == []
    assert (tally.tried, tally.refused + tally.accepted) == (max(10, reader.share),) * 2
    assert tally.refused > tally.tried / 10  # or nothing would be damaged


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.lists(st.binary(max_size=50), min_size=1, max_size=3), st.integers(0, 2**32))
def test_any_bytes_can_be_damaged_and_the_same_way_again(content: bytes, others: list[bytes], seed: int) -> None:
    twice = [mutate(content, others, np.random.default_rng(seed), text=bool(seed % 2)) for _ in range(2)]
    assert isinstance(twice[0], bytes)
    assert twice[0] == twice[1]


def test_most_inputs_differ_from_the_file_and_from_each_other() -> None:
    reader = next(reader for reader in READERS if reader.name == "FER+'s votes")
    whole = reader.seeds()
    inputs = [input_of(reader, whole, 0, number) for number in range(200)]
    assert len(set(inputs) - set(whole)) > 180
    assert inputs == [input_of(reader, whole, 0, number) for number in range(200)]


def reader_that(raises: Exception | None) -> Reader:
    """Reads the whole file, and does this with every other."""

    def read(path: Path, content: bytes) -> bytes:
        if content != b"whole" and raises is not None:
            raise raises
        return content

    return Reader("a", ".txt", lambda: [b"whole"], read, 1, exact=True)


@pytest.mark.parametrize(
    ("raises", "kind"),
    [
        (KeyError("x"), "traceback"),
        (WrongResultError("x"), "wrong"),
        (None, "wrong"),  # damage that is not noticed
        (MemoryError(), "memory"),
        (ValueError("cannot be decoded: Insufficient memory"), "memory"),
        (ValueError("two\nlines"), "several lines"),
    ],
)
def test_every_kind_of_fault_is_noticed(raises: Exception | None, kind: str, tmp_path: Path) -> None:
    tally = feed(reader_that(raises), range(20), 0, tmp_path)
    assert {fault[1] for fault in tally.faults} == {kind}
    assert len(tally.faults) + tally.accepted == 20  # the damage may leave a file as it was
    assert len(tally.faults) > 15


def test_a_refusal_is_no_fault(tmp_path: Path) -> None:
    tally = feed(reader_that(ValueError("a.txt is damaged")), range(20), 0, tmp_path)
    assert tally.faults == []
    assert tally.refused > 15


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.faults", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True, text=True)


def test_a_build_of_face_pictures_is_killed_at_every_third_state_and_made_whole_by_the_next() -> None:
    done = run("--inputs", "0", "--kills", "build faces", "--every", "3")
    assert (done.returncode, done.stderr) == (0, "")
    found = re.search(r"^build faces: (\d+) states, (\d+) kills, 0 faults$", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    states, kills = map(int, found.groups())
    # Two splits, each written beside its place and renamed, and the folders before them.
    assert states >= 6
    assert kills >= states // 3


def test_names_that_are_none_are_refused() -> None:
    done = run("--only", "pictures;nonsense")
    assert done.returncode == 2
    assert done.stderr.startswith("error: There is no nonsense; there are pictures; videos; ")


def test_a_file_cut_short_differs_from_the_whole_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"1,2\n")
    (tmp_path / ".a.partial").write_bytes(b"")
    whole = results_of(tmp_path)
    (tmp_path / "a.csv").write_bytes(b"1,")
    assert list(whole) == ["a.csv"]
    assert results_of(tmp_path) != whole
