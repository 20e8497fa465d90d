"""AnnotateCollection.py as a user sees it."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

import AnnotateCollection
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

SAMPLE = Workspace(REPOSITORY / DEFAULT_BASE_PATH).sample_photo


def test_a_collection_in_two_processes_then_resumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    shutil.copy(SAMPLE, photos / "a.jpg")
    (photos / "b.jpg").write_bytes(SAMPLE.read_bytes()[:1000])
    arguments = [str(photos), "--out", str(out), "--detector", "haar", "--shard_size", "1", "--workers", "2"]
    assert AnnotateCollection.main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.splitlines()[-5:] == [
        "2 pictures and videos",
        "running in 2 processes on this machine",
        "2 pictures: 1 face",
        "0 without a face, 1 could not be read",
        f"Wrote {out / 'faces'} and {out / 'others'}",
    ]
    assert list(pd.read_parquet(out / "faces")["file"]) == [str(photos / "a.jpg")]
    assert AnnotateCollection.main(["--resume", "--out", str(out), "--detector", "haar"]) == 1
    assert "2 pictures and videos, 2 of them done" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "At least one input is needed. Received: none"),
        (["missing"], "There is no missing."),
        (["missing", "--shard_size", "0"], "shard_size must be a number of at least 1. Received: 0 (--shard_size)"),
        (["missing", "--timeout", "inf"], "seconds must be a number of at least 1. Received: inf (--timeout)"),
        (["missing", "--timeout", "nan"], "seconds must be a number of at least 1. Received: nan (--timeout)"),
        (["missing", "--address", "auto"], "--address and --gpus_per_worker are for --engine ray."),
        (["missing", "-m", "nothing.keras"], "There is no model nothing.keras"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert AnnotateCollection.main([*arguments, "--out", "out", "--detector", "haar"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}")
    assert "--input" not in error  # which this script has not
    assert error.count("\n") == 1
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
