import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_recognition.atomic_file import check_can_write, replace_when_complete, write_json

REPOSITORY = Path(__file__).resolve().parent.parent


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_target_appears_only_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "new" / "report.txt"
    with replace_when_complete(target) as partial:
        partial.write_text("all of it")
        assert not target.exists()
        assert partial.parent == target.parent
        assert partial.name.startswith(".")
        assert partial.name.endswith(".partial.txt")
    assert target.read_text() == "all of it"
    assert names(target.parent) == ["report.txt"]


def test_an_earlier_file_is_whole_until_it_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("earlier")
    with replace_when_complete(target) as partial:
        partial.write_text("later")
        assert target.read_text() == "earlier"
    assert target.read_text() == "later"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_earlier_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "report.txt"
    target.write_text("earlier")

    def write_half() -> None:
        with replace_when_complete(target) as partial:
            partial.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert target.read_text() == "earlier"
    assert names(tmp_path) == ["report.txt"]


def test_where_nothing_can_be_deleted_the_first_error_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(path: Path, missing_ok: bool = False) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(ValueError, match="the first"), replace_when_complete(tmp_path / "report.txt"):
        raise ValueError("the first")


def test_a_block_that_writes_nothing_is_an_error_and_keeps_the_earlier_file(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("earlier")
    with pytest.raises(FileNotFoundError), replace_when_complete(target):
        pass
    assert target.read_text() == "earlier"


def test_a_killed_writer_leaves_the_earlier_file(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("earlier")
    code = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from emotion_recognition.atomic_file import replace_when_complete\n"
        f"with replace_when_complete(Path({str(target)!r})) as partial:\n"
        "    partial.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert target.read_text() == "earlier"


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    with replace_when_complete(target) as first, replace_when_complete(target) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first"  # the outer block ends last
    assert names(tmp_path) == ["report.txt"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"), replace_when_complete(tmp_path / "file" / "report.txt"):
        pytest.fail("the block must not run")
    with pytest.raises(OSError, match="file"):
        check_can_write(tmp_path / "file" / "report.txt")


def test_checking_makes_the_folder_and_leaves_no_file(tmp_path: Path) -> None:
    check_can_write(tmp_path / "new" / "report.txt")
    assert names(tmp_path / "new") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_checking_finds_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        check_can_write(tmp_path / "report.txt")


def test_json_is_utf8_text_that_other_readers_understand(tmp_path: Path) -> None:
    content = {"name": "Überraschung", "counts": [1, 2], "accuracy": 0.5, "card": None}
    write_json(tmp_path / "a.json", content)
    text = (tmp_path / "a.json").read_bytes().decode("utf-8")
    assert "Überraschung" in text
    assert text.endswith("}\n")
    assert json.loads(text) == content


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_without_a_form_for_a_number_keeps_the_earlier_file(tmp_path: Path, value: float) -> None:
    write_json(tmp_path / "a.json", {"loss": 1.0})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"loss": value})
    assert json.loads((tmp_path / "a.json").read_text()) == {"loss": 1.0}


@pytest.mark.parametrize("kind", ["pipe", "folder", "link to a pipe"])
def test_only_regular_files_are_replaced(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path if kind == "pipe" else tmp_path / "pipe")
    if kind == "link to a pipe":
        path.symlink_to(tmp_path / "pipe")
    before = sorted((entry.name, entry.lstat().st_mode) for entry in tmp_path.iterdir())
    with pytest.raises(OSError, match="only a regular file is replaced"), replace_when_complete(path):
        pytest.fail("the block must not run")
    with pytest.raises(OSError, match="only a regular file is replaced"):
        check_can_write(path)
    assert sorted((entry.name, entry.lstat().st_mode) for entry in tmp_path.iterdir()) == before


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_devices_and_a_process_s_open_files_are_not_replaced(path: str, tmp_path: Path) -> None:
    with (tmp_path / "out.txt").open("w") as file:
        code = (
            "import sys; from pathlib import Path\n"
            "from emotion_recognition.atomic_file import check_can_replace\n"
            "try: check_can_replace(Path(sys.argv[1]))\n"
            "except OSError: raise SystemExit(7)"
        )
        done = subprocess.run([sys.executable, "-c", code, path], cwd=REPOSITORY, stdout=file, check=False)
    assert done.returncode == 7


def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "a.txt").symlink_to(tmp_path / "real" / "b.txt")
    for text in ("first", "second"):
        with replace_when_complete(tmp_path / "a.txt") as partial:
            partial.write_text(text, encoding="utf-8")
        assert (tmp_path / "a.txt").is_symlink()
        assert (tmp_path / "real" / "b.txt").read_text(encoding="utf-8") == text


def test_what_a_killed_process_left_is_deleted_by_the_next_one_that_writes_the_file(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from emotion_recognition.atomic_file import replace_when_complete\n"
        "with replace_when_complete(Path(sys.argv[1])) as partial:\n"
        "    partial.write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    for name in ("a.txt", "b.txt"):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], cwd=REPOSITORY, check=False)
    assert len(list(tmp_path.glob(".[ab].*.partial.txt"))) == 2
    with replace_when_complete(tmp_path / "a.txt") as mine:
        mine.write_text("whole")
        with replace_when_complete(tmp_path / "a.txt") as other:
            assert mine.is_file()  # this process is running
            other.write_text("whole")
    assert [path.name[:3] for path in tmp_path.glob(".*")] == [".b."]
