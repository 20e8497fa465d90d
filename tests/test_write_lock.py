"""Two runs that write the same files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_recognition.write_lock import write_lock

REPOSITORY = Path(__file__).resolve().parent.parent

HOLD = (
    "import sys\n"
    "from pathlib import Path\n"
    "from emotion_recognition.write_lock import write_lock\n"
    "with write_lock(Path(sys.argv[1]), 'a build'):\n"
    "    print('in', flush=True)\n"
    "    sys.stdin.read()\n"
)


def test_the_second_is_told_who_is_first_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "hdf5" / "train.hdf5"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"in\n"
        with (
            pytest.raises(FileExistsError, match=rf"train\.hdf5 is being written by a build, process {other.pid} on "),
            write_lock(path, "a build"),
        ):
            pass
        other.kill()
        other.wait()
    with write_lock(path, "a build"):
        assert f"process {os.getpid()}" in (tmp_path / "hdf5" / ".train.hdf5.lock").read_text()
    assert not list((tmp_path / "hdf5").iterdir())
