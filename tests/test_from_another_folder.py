"""Every script works from any folder: it finds what comes with the checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace

REPOSITORY = Path(__file__).resolve().parent.parent
SCRIPTS = sorted(path.name for path in REPOSITORY.glob("[A-Z]*.py"))


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**environment, "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_base_path_is_the_checkout_s(script: str, tmp_path: Path) -> None:
    done = run(tmp_path, REPOSITORY / script, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"(default: {REPOSITORY / DEFAULT_BASE_PATH})" in done.stdout


def test_a_picture_is_annotated_with_the_released_model_and_detector(tmp_path: Path) -> None:
    released = Workspace(REPOSITORY / DEFAULT_BASE_PATH)
    shutil.copy(released.sample_photo, tmp_path / "me.jpg")
    (tmp_path / DEFAULT_BASE_PATH).mkdir()  # an empty folder of that name is no obstacle
    done = run(tmp_path, REPOSITORY / "EmotionDetector.py", "-i", "me.jpg")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"model: {released.released_photograph_model(7)}\n" in done.stdout
    assert f"({released.released_face_detector.with_suffix('.onnx')})" in done.stdout
    assert "me.jpg: 512×512 pixels, 1 face\n" in done.stdout
    assert (tmp_path / "me_emotions.jpg").is_file()
