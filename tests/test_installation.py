"""What an installation holds: every module, the released models, the commands; built and installed as users do."""

import importlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import emotion_recognition
from emotion_recognition.emotions import FER2013_CLASS_COUNTS
from emotion_recognition.models.onnx_copy import copy_path
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY
from tests.test_small_install import ONLY_NUMPY_AND_OPENCV

RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMMANDS: dict[str, str] = PROJECT["scripts"]
SCRIPTS = sorted(path.stem for path in REPOSITORY.glob("*.py") if path.name != "setup.py")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as `pip install .` builds it, from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    scripts = [f"{script}.py" for script in (*SCRIPTS, "setup")]
    requirements = [path.name for path in REPOSITORY.glob("requirements*.txt")]
    for name in ("pyproject.toml", "README.md", "LICENSE", *requirements, *scripts):
        shutil.copy(REPOSITORY / name, folder)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "emotion_recognition", folder / "emotion_recognition", ignore=ignore)
    output = folder / DEFAULT_BASE_PATH / "output"
    output.mkdir(parents=True)
    models = (*map(RELEASED.released_model, FER2013_CLASS_COUNTS), RELEASED.released_photograph_model(7))
    detector = RELEASED.released_face_detector
    for model in (*models, detector, detector.with_stem(f"{detector.stem}_refiner")):
        for path in (model, copy_path(model), model.with_suffix(".json")):
            shutil.copy(path, output)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, "--wheel-dir", str(folder / "dist"), "."], cwd=folder, check=True)
    (built,) = (folder / "dist").glob("*.whl")
    return built


def test_the_package_holds_every_module_and_the_released_models(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith("/METADATA"))
        requires = [line for line in archive.read(metadata).decode().splitlines() if line.startswith("Requires-Dist")]
    modules = {path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "emotion_recognition").rglob("*.py")}
    assert modules <= names
    assert {"emotion_recognition/py.typed", "emotion_recognition/serving/page/index.html"} <= names
    packages = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert packages == {"emotion_recognition", "emotion_recognition_scripts"}
    scripts = {name for name in names if name.startswith("emotion_recognition_scripts/")}
    assert scripts == {f"emotion_recognition_scripts/{script}.py" for script in SCRIPTS}
    names_of_stems = [f"emotion_classification_{count}classes" for count in FER2013_CLASS_COUNTS]
    names_of_stems += ["emotion_classification_7classes_photographs", "face_ssd", "face_ssd_refiner"]
    stems = [f"emotion_recognition/released/{stem}" for stem in names_of_stems]
    data = {name for name in names if "/released/" in name}
    assert data == {stem + suffix for stem in stems for suffix in (".onnx", ".json")}
    always = [line.split()[1] for line in requires if "extra ==" not in line]
    assert [re.split("[<>=]", name)[0] for name in always] == ["numpy", "opencv-python-headless"]
    assert any(line.startswith("Requires-Dist: tensorflow") and 'extra == "train"' in line for line in requires)
    of_cluster = {re.split("[<>=]", line.split()[1])[0] for line in requires if 'extra == "cluster"' in line}
    assert of_cluster == {"pyarrow", "fsspec", "ray"}


def test_the_installed_package_detects_with_its_own_model(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    code = ONLY_NUMPY_AND_OPENCV + (
        "import emotion_recognition\n"
        f"assert emotion_recognition.__file__.startswith({str(installed)!r})\n"
        "for count in (6, 7):\n"
        "    detector = emotion_recognition.EmotionDetector(num_emotions=count)\n"
        "    assert detector.face_detector.name == 'ssd'\n"
        f"    print(*(face.emotion for face in detector.detect({str(RELEASED.sample_photo)!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "happy\nhappy\n", "")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the commands of an environment that has the package, and borrows all else from this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    scheme = sysconfig.get_preferred_scheme("prefix")
    places = sysconfig.get_paths(scheme, {"base": str(folder), "platbase": str(folder)})
    python = Path(places["scripts"]) / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    borrowed = "\n".join(path for path in sys.path if path.endswith(("site-packages", "dist-packages")))
    (Path(places["purelib"]) / "borrowed.pth").write_text(borrowed, encoding="utf-8")
    return python.parent


def run_command(
    command: Path, arguments: list[str], folder: Path, *, first_on_path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if first_on_path is not None:
        environment["PYTHONPATH"] = str(first_on_path)
    call = [str(command), *arguments]
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_answers_help(command: str, installed: Path, tmp_path: Path) -> None:
    done = run_command(installed / command, ["--help"], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {command} ")


def test_the_tuning_command_finds_the_training_beside_it(installed: Path, tmp_path: Path) -> None:
    done = run_command(installed / "fer-tune", ["-b", str(tmp_path / "nobase"), "--trials", "1"], tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "fer2013_7classes_train.hdf5" in done.stderr


def test_the_detection_command_needs_numpy_and_opencv_alone(installed: Path, tmp_path: Path) -> None:
    allowed = '"emotion_recognition", '
    assert allowed in ONLY_NUMPY_AND_OPENCV
    code = ONLY_NUMPY_AND_OPENCV.replace(allowed, allowed + '"emotion_recognition_scripts", ')
    # Python imports a module of this name before anything else runs.
    (tmp_path / "sitecustomize.py").write_text(code, encoding="utf-8")
    picture = tmp_path / "me.jpg"
    shutil.copy(RELEASED.sample_photo, picture)
    done = run_command(installed / "fer-detect", ["-i", str(picture)], tmp_path, first_on_path=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 face\n" in done.stdout
    assert "happy" in done.stdout
    assert (tmp_path / "me_emotions.jpg").is_file()
    refused = run_command(installed / "python", ["-c", "import keras"], tmp_path, first_on_path=tmp_path)
    assert "No module named 'keras'" in refused.stderr


def test_every_script_has_a_command_and_every_command_a_main() -> None:
    homes = [home.partition(":") for home in COMMANDS.values()]
    assert sorted(module for module, _, _ in homes) == [f"emotion_recognition_scripts.{script}" for script in SCRIPTS]
    for module, _, function in homes:
        assert function == "main"
        assert callable(importlib.import_module(module.rpartition(".")[2]).main)


def test_the_citation_has_the_version_and_the_licence_of_the_package() -> None:
    citation = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert f"version: {emotion_recognition.__version__}" in citation
    assert f"license: {PROJECT['license']}" in citation
    assert f"  - name: {PROJECT['authors'][0]['name']}" in citation


def test_the_workflow_runs_on_every_python_that_the_package_supports() -> None:
    declared = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    workflow = (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    (versions,) = re.findall(r"^ +python: \[(.*)\]$", workflow, re.MULTILINE)
    assert versions == ", ".join(f'"{version}"' for version in declared)
    assert PROJECT["requires-python"] == f">={declared[0]}"
