import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from emotion_recognition.data.files.hdf5 import FORMAT_VERSION, read_split
from emotion_recognition.data.files.split_writer import SplitWriter

REPOSITORY = Path(__file__).resolve().parents[3]


def describe(file: h5py.File, labels: np.ndarray) -> None:
    file.create_dataset("labels", data=labels)
    file.attrs["class_names"] = ["anger", "happy", *(f"class {i}" for i in range(98))]
    file.attrs["split"] = "train"
    file.attrs["source_name"] = "pictures"
    file.attrs["source_sha256"] = "0" * 64
    file.attrs["format_version"] = FORMAT_VERSION


@pytest.mark.parametrize("chunks", [[1], [3, 0, 4], [100, 1], [5000]])
def test_chunks_make_the_file_that_is_read_as_a_whole(tmp_path: Path, chunks: list[int]) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (sum(chunks), 6, 5, 3), dtype=np.uint8)
    labels = rng.integers(0, 100, len(images), dtype=np.uint8)
    with SplitWriter(tmp_path / "a.hdf5", (6, 5, 3)) as writer:
        for chunk in np.split(images, np.cumsum(chunks)[:-1]):
            writer.append(chunk)
        assert len(writer) == len(images)
        writer.finish(lambda file: describe(file, labels))
    split = read_split(tmp_path / "a.hdf5")
    np.testing.assert_array_equal(split.images, images)
    np.testing.assert_array_equal(split.labels, labels)
    assert (split.split, split.class_names[:2], len(split.class_names)) == ("train", ("anger", "happy"), 100)


def test_a_file_without_images_can_be_read_too(tmp_path: Path) -> None:
    with SplitWriter(tmp_path / "a.hdf5", (6, 6, 1)) as writer:
        writer.finish(lambda file: describe(file, np.empty(0, np.uint8)))
    assert len(read_split(tmp_path / "a.hdf5")) == 0


@pytest.mark.parametrize("images", [np.zeros((1, 5, 5, 1), np.uint8), np.zeros((1, 6, 6, 1)), np.zeros((6, 6, 1))])
def test_images_of_another_kind_are_refused(tmp_path: Path, images: np.ndarray) -> None:
    with SplitWriter(tmp_path / "a.hdf5", (6, 6, 1)) as writer, pytest.raises(ValueError, match="images must be"):
        writer.append(images)


def test_memory_does_not_grow_with_the_split(tmp_path: Path) -> None:
    # 400 MB of images in a process that may use 100 MB more than it has at the start.
    code = (
        "import resource, sys\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from emotion_recognition.data.files.split_writer import SplitWriter\n"
        "chunk = np.ones((1000, 100, 100, 1), np.uint8)\n"
        "start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"with SplitWriter(Path({str(tmp_path / 'a.hdf5')!r}), (100, 100, 1)) as writer:\n"
        "    for _ in range(40):\n"
        "        writer.append(chunk)\n"
        "    writer.finish(lambda file: None)\n"
        "unit = 1 if sys.platform == 'darwin' else 1024\n"
        "assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) * unit < 1e8\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with h5py.File(tmp_path / "a.hdf5", "r") as file:
        assert file["images"].shape == (40_000, 100, 100, 1)
        assert file["images"][39_999].min() == 1


def test_a_full_disk_is_an_os_error(tmp_path: Path) -> None:
    code = (
        "import resource\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from emotion_recognition.data.files.split_writer import SplitWriter\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))\n"
        f"with SplitWriter(Path({str(tmp_path / 'a.hdf5')!r}), (48, 48, 1)) as writer:\n"
        "    try:\n"
        "        writer.append(np.zeros((100, 48, 48, 1), np.uint8))\n"
        "    except OSError as error:\n"
        "        print(error.strerror)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "File too large\n"), done.stderr
