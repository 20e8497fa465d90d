"""Detection with nothing but NumPy and OpenCV, as `pip install .` and requirements-detect.txt bring them."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.detection.video.writer import count_frames, open_video
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)

SCRIPTS = sorted(path.stem for path in REPOSITORY.glob("[A-Z]*.py"))

#: Makes every package but these impossible to import, as if it were not installed.
ONLY_NUMPY_AND_OPENCV = f"""
import importlib.abc, sys
SCRIPTS = {SCRIPTS!r}
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names | {{"numpy", "cv2", "emotion_recognition", *SCRIPTS}}:
            raise ModuleNotFoundError(f"No module named {{top!r}}", name=top)
sys.meta_path.insert(0, Missing())
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ONLY_NUMPY_AND_OPENCV + code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_requirements_of_detection_are_numpy_and_opencv() -> None:
    lines = (REPOSITORY / "requirements-detect.txt").read_text(encoding="utf-8").splitlines()
    names = [re.split("[<>=]", line)[0] for line in lines if line and line[0].isalpha()]
    assert names == ["numpy", "opencv-python-headless"]
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    dynamic = project["tool"]["setuptools"]["dynamic"]
    assert dynamic["dependencies"] == {"file": "requirements-detect.txt"}
    assert dynamic["optional-dependencies"] == {
        "train": {"file": "requirements-train.txt"},
        "audit": {"file": "requirements-audit.txt"},
        "heic": {"file": "requirements-heic.txt"},
        "collection": {"file": "requirements-collection.txt"},
        "runtime": {"file": "requirements-runtime.txt"},
        "serve": {"file": "requirements-serve.txt"},
        "recommend": {"file": "requirements-recommend.txt"},
        "cluster": {"file": ["requirements-collection.txt", "requirements-ray.txt"]},
        "sound": {"file": "requirements-sound.txt"},
        "tune": {"file": "requirements-tune.txt"},
    }


def test_the_script_annotates_the_sample(tmp_path: Path) -> None:
    picture = tmp_path / "me.jpg"
    shutil.copy(RELEASED.sample_photo, picture)
    done = run(f"import EmotionDetector\nraise SystemExit(EmotionDetector.main(['-i', {str(picture)!r}]))", REPOSITORY)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 face" in done.stdout
    assert (tmp_path / "me_emotions.jpg").is_file()


def test_the_project_s_own_detector_finds_the_sample_s_face(tmp_path: Path) -> None:
    output = tmp_path / "out.png"
    arguments = ["--detector", "ssd", "-i", str(RELEASED.sample_photo), "-o", str(output)]
    done = run(f"import EmotionDetector\nraise SystemExit(EmotionDetector.main({arguments!r}))", REPOSITORY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("face detector: SSD at 320 pixels (")
    assert "1 face\n" in done.stdout
    assert output.is_file()


def test_a_video_is_annotated_and_what_is_missing_is_said(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with open_video(film, (64, 48), 25) as video:
        for _ in range(5):
            video.write(np.full((48, 64, 3), 90, np.uint8))
    code = f"import EmotionDetector\nraise SystemExit(EmotionDetector.main(['-i', {str(film)!r}]))"
    done = run(code, REPOSITORY)
    assert done.returncode == 0
    tracking, timeline = done.stderr.splitlines()
    assert tracking.startswith("note: faces get no identity")
    assert timeline.startswith("note: no timeline figure film_emotions_timeline.png, which needs Matplotlib")
    assert count_frames(tmp_path / "film_emotions.mp4") == 5


def test_an_explanation_says_what_is_missing(tmp_path: Path) -> None:
    arguments = ["--explain", "-o", str(tmp_path / "out.png")]
    done = run(f"import EmotionDetector\nraise SystemExit(EmotionDetector.main({arguments!r}))", REPOSITORY)
    assert done.returncode == 2
    assert re.fullmatch(r"error: --explain needs Keras and TensorFlow; install them with: .*\n", done.stderr)
    assert list(tmp_path.iterdir()) == []


def test_parquet_says_what_is_missing(tmp_path: Path) -> None:
    arguments = ["--parquet", str(tmp_path / "faces.parquet"), "-o", str(tmp_path / "out.png")]
    done = run(f"import EmotionDetector\nraise SystemExit(EmotionDetector.main({arguments!r}))", REPOSITORY)
    assert done.returncode == 2
    assert re.fullmatch(
        r"error: Parquet needs pyarrow; install it with: .*-r requirements-collection\.txt .*\n", done.stderr
    )
    assert list(tmp_path.iterdir()) == []


def test_the_library_finds_its_model_from_any_folder(tmp_path: Path) -> None:
    code = (
        "from emotion_recognition import EmotionDetector\n"
        f"faces = EmotionDetector(detector='haar').detect({str(RELEASED.sample_photo)!r})\n"
        "print([face.emotion for face in faces])"
    )
    done = run(code, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "['happy']\n", "")


def test_a_model_without_a_copy_says_what_is_missing(tmp_path: Path) -> None:
    model = tmp_path / "mine.keras"
    shutil.copy(RELEASED.released_model(7), model)
    arguments = ["-m", str(model), "-i", str(RELEASED.sample_photo), "-o", str(tmp_path / "out.png")]
    done = run(f"import EmotionDetector\nraise SystemExit(EmotionDetector.main({arguments!r}))", REPOSITORY)
    assert done.returncode == 2
    assert re.fullmatch(r"error: .*mine\.keras has no ONNX copy beside it, and keras, which .*\n", done.stderr)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.keras"]


def test_with_a_copy_keras_is_not_even_imported(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from emotion_recognition import EmotionDetector\n"
        f"EmotionDetector(detector='haar').detect({str(RELEASED.sample_photo)!r})\n"
        "print(sorted({'keras', 'tensorflow', 'h5py', 'PIL', 'tqdm', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_shows_its_help(script: str, tmp_path: Path) -> None:
    done = run(f"import {script}\n{script}.main(['--help'])", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--base_path" in done.stdout


@pytest.mark.parametrize("script", ["BuildDataset", "TrainNetwork", "TrainFaceDetector", "TestNetwork"])
def test_a_script_that_needs_more_says_in_one_line_how_to_get_it(script: str, tmp_path: Path) -> None:
    source = tmp_path / "fer2013.csv"
    source.write_text("emotion,pixels,Usage\n0," + " ".join(["7"] * 48**2) + ",Training\n", encoding="utf-8")
    options = ["-b", str(tmp_path / "base"), *(["--input", str(source)] if script == "BuildDataset" else [])]
    done = run(f"import {script}\nraise SystemExit({script}.main({options!r}))", tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert re.fullmatch(r"error: \w+ is not installed; .*pip install -r requirements\.txt\n", done.stderr)
