import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

import EmotionDetector
from emotion_recognition.models.runtimes.registry import RuntimeRow
from emotion_recognition.pictures.image_file import read_image, write_image
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY, without_released_detector

SAMPLE = Workspace(REPOSITORY / DEFAULT_BASE_PATH).sample_photo


@pytest.fixture
def base(tmp_path: Path, brightness_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A base path with a released 7-class model and the sample photograph; no face detector's files are anywhere."""
    without_released_detector(monkeypatch)
    workspace = Workspace(tmp_path / "base")
    workspace.create_folders()
    for suffix in (".keras", ".json"):
        shutil.copy(brightness_model.with_suffix(suffix), workspace.released_model(7).with_suffix(suffix))
    shutil.copy(SAMPLE, workspace.sample_photo)
    return workspace.base_path


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A photograph without a face."""
    path = tmp_path / "blank.png"
    write_image(path, np.full((60, 80, 3), 90, np.uint8))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run(base: Path, *arguments: str | Path) -> int:
    return EmotionDetector.main(["-b", str(base), *map(str, arguments)])


def test_an_input_is_asked_for_where_there_is_no_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert EmotionDetector.main(["-b", str(tmp_path)]) == 2
    sample = Workspace(tmp_path).sample_photo
    assert capsys.readouterr().err == f"error: Name an input with -i: the sample photograph {sample} is not there.\n"


def test_the_sample_photo_by_default(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(base) == 0
    output = base / "output" / "testOutput.jpg"
    assert read_image(output).shape == read_image(SAMPLE).shape
    out = capsys.readouterr().out
    assert "face detector: Haar cascade" in out
    assert f"face_ssd.onnx and face_ssd.json, into {base / 'output'}, or run once with --detector ssd-opencv" in out
    assert "512×512 pixels, 1 face\n" in out
    assert str(output) in out


@pytest.mark.real_data
def test_the_tables_list_every_face(
    base: Path, real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = real_data / "photos" / "sixteen_expressions.jpg"
    output = tmp_path / "out.png"
    assert run(base, "-i", photo, "-o", output, "--detector_model", real_data / "face_detector") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("face detector: OpenCV's SSD (")
    assert any(line.endswith("1280×850 pixels, 16 faces") for line in lines)
    heads = [i for i, line in enumerate(lines) if line.split()[:1] == ["face"] and "detector:" not in line]
    faces = [line.split() for line in lines[heads[0] + 1 : heads[1]]]
    distributions = [line.split() for line in lines[heads[1] + 1 : heads[1] + 17]]
    assert lines[heads[0]].split() == ["face", "x", "y", "width", "height", "score", "emotion", "probability"]
    assert lines[heads[1]].split() == ["face", "anger", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    assert [row[0] for row in faces] == [row[0] for row in distributions] == [str(i) for i in range(1, 17)]
    for face, distribution in zip(faces, distributions, strict=True):
        probabilities = [float(text) for text in distribution[1:]]
        assert sum(probabilities) == pytest.approx(1, abs=0.004)
        assert float(face[7]) == max(probabilities)
        assert face[6] == lines[heads[1]].split()[1 + probabilities.index(max(probabilities))]
    # The annotation covers something in each of the sixteen boxes' neighbourhood, and nothing of the far corners.
    changed = (read_image(output) != read_image(photo)).any(axis=2)
    for _, x, y, width, height, *_ in faces:
        left, top = int(x), int(y)
        assert changed[top : top + int(height), left : left + int(width)].any()
    assert not changed[-1].any()


def test_any_other_photo_is_annotated_beside_it(base: Path, blank: Path) -> None:
    photo = blank.with_name("me.jpg")
    shutil.copy(SAMPLE, photo)
    assert run(base, "-i", photo) == 0
    assert (photo.parent / "me_emotions.jpg").is_file()
    assert photo.read_bytes() == SAMPLE.read_bytes()


def test_a_photo_without_a_face_says_so_and_is_written_as_it_is(
    base: Path, blank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(base, "-i", blank) == 0
    assert "80×60 pixels, no faces" in capsys.readouterr().out
    np.testing.assert_array_equal(read_image(blank.with_name("blank_emotions.png")), read_image(blank))


def test_min_confidence_decides_what_is_a_face(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(base, "--min_confidence", "1") == 0
    assert "no faces" in capsys.readouterr().out


def test_a_model_may_be_named_by_its_name_in_output(
    base: Path, blank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(base / "output" / "emotion_classification_7classes.keras", base / "output" / "mine.keras")
    assert run(base, "-i", blank, "-m", "mine.keras") == 0
    assert f"model: {base / 'output' / 'mine.keras'}" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["-m", "-im", "--input_model"])
def test_every_name_of_the_model_option_is_taken(
    option: str, base: Path, blank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = base / "output" / "emotion_classification_7classes.keras"
    assert run(base, "-i", blank, option, model) == 0
    assert f"model: {model}\n" in capsys.readouterr().out


def test_a_released_model_that_the_base_path_lacks_is_the_checkout_s(
    base: Path, blank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    released = Workspace(REPOSITORY / DEFAULT_BASE_PATH).released_model(6)
    assert run(base, "-i", blank, "-n", "6") == 0
    assert f"model: {released}\n" in capsys.readouterr().out


def test_from_another_folder_the_checkout_s_models_are_found(
    blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert EmotionDetector.main(["-i", "blank.png"]) == 0
    out = capsys.readouterr().out
    assert f"face detector: SSD at 320 pixels ({REPOSITORY / DEFAULT_BASE_PATH / 'output' / 'face_ssd.onnx'})" in out
    assert f"model: {Workspace(REPOSITORY / DEFAULT_BASE_PATH).released_photograph_model(7)}\n" in out


def test_a_class_set_without_known_emotions_is_drawn(base: Path, tmp_path: Path) -> None:
    import keras

    from emotion_recognition.models.files import save_network

    pixels = keras.Input((8, 8, 1))
    head = keras.layers.Dense(3, activation="softmax")
    save_network(keras.Model(pixels, head(keras.layers.Flatten()(pixels))), tmp_path / "mine.keras")
    arguments = ["--classes", "asleep,awake,yawning", "-m", tmp_path / "mine.keras", "--histogram"]
    assert run(base, *arguments, "-o", tmp_path / "out.png") == 0
    assert (read_image(tmp_path / "out.png") != read_image(SAMPLE)).any()


def test_whole_pictures_are_faces(base: Path, blank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(base, "--detector", "none", "-i", blank, "-o", tmp_path / "out.png") == 0
    out = capsys.readouterr().out
    assert "face detector: none: the whole picture is the face" in out
    assert "80×60 pixels, 1 face\n" in out


def test_a_face_on_its_side_is_found_in_any_direction(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, turned = Workspace(REPOSITORY / DEFAULT_BASE_PATH).released_face_detector, tmp_path / "turned.png"
    write_image(turned, np.rot90(read_image(SAMPLE)).copy())
    for options, found in (([], "no faces"), (["--any_direction"], "1 face\n")):
        assert run(base, "--detector_model", ours, *options, "-i", turned, "-o", tmp_path / "out.png") == 0
        assert found in capsys.readouterr().out


def test_a_face_detector_can_be_named_as_it_is_in_output(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = Workspace(REPOSITORY / DEFAULT_BASE_PATH).released_face_detector
    for suffix in (".onnx", ".json"):
        shutil.copy(ours.with_suffix(suffix), base / "output" / f"mine{suffix}")
    assert run(base, "--detector_model", "mine.onnx", "-i", SAMPLE, "-o", tmp_path / "out.png") == 0
    assert f"face detector: SSD at 320 pixels ({base / 'output' / 'mine.onnx'})\n" in capsys.readouterr().out


def mistakes() -> Sequence[object]:
    return [
        pytest.param(["--min_confidence", "1.5"], "min_confidence must be within 0..1", id="min_confidence above 1"),
        pytest.param(["--min_confidence", "nan"], "min_confidence must be within 0..1", id="min_confidence nan"),
        pytest.param(["-m", "missing.keras"], "There is no model missing.keras", id="no model"),
        pytest.param(["-n", "5"], "emotion_classification_5classes.keras, none at ", id="no released model"),
        pytest.param(["-i", "{tmp}/missing.jpg"], "There is no picture", id="no picture"),
        pytest.param(["-i", "{tmp}/text.jpg"], "is not a picture", id="no image"),
        pytest.param(["-i", "{tmp}/half.jpg"], "truncated", id="truncated"),
        pytest.param(["-o", "{base}/output/testImage.jpg"], "must not replace the input", id="over the input"),
        pytest.param(["-o", "{tmp}/out.txt"], "suffix that OpenCV can write", id="unknown suffix"),
        pytest.param(["-o", "{tmp}/out.exr"], "suffix that OpenCV can write", id="a format that is switched off"),
        pytest.param(["-o", "{tmp}/text.jpg/out.jpg"], "cannot be written", id="unwritable"),
        pytest.param(["-o", "{tmp}/folder.jpg"], "is a folder", id="output is a folder"),
        pytest.param(["-m", "{tmp}/text.keras"], "is not a .keras file", id="no model file"),
        pytest.param(
            ["-n", "6", "-m", "emotion_classification_7classes.keras"], "7 classes (anger, disgust", id="7 for 6"
        ),
        pytest.param(["--detector", "haar", "--detector_model", "{tmp}"], "takes no model", id="haar with a model"),
        pytest.param(
            ["--detector_model", "{tmp}"], "does not lead to the two files of OpenCV's SSD", id="no SSD there"
        ),
        pytest.param(["--detector", "ssd"], "There is no face detector", id="ours is nowhere"),
        pytest.param(
            ["--detector", "ssd", "--detector_model", "{tmp}/text.jpg"], "must end in .onnx or", id="no network"
        ),
        pytest.param(["--detector_size", "63"], "must be within 64..4096 pixels. Received: 63", id="size too small"),
        pytest.param(
            ["--detector_size", "5000"], "must be within 64..4096 pixels. Received: 5000", id="size too large"
        ),
        pytest.param(
            ["--detector", "haar", "--detector_size", "320"], "takes no size; ssd and yunet do", id="haar's size"
        ),
        pytest.param(["--detector", "haar", "--detector_size", "auto"], "(--detector_size)", id="haar in tiles"),
        pytest.param(["--detector", "none", "--any_direction"], "looks for no face", id="none in any direction"),
        pytest.param(
            ["--detector", "none", "--min_confidence", "0.5"], "so there is none with a score", id="none's score"
        ),
        pytest.param(["--detector_model", "{tmp}/broken.pb"], "not a network that OpenCV can read", id="broken SSD"),
    ]


@pytest.mark.parametrize(("arguments", "message"), mistakes())
def test_a_mistake_is_one_line_and_leaves_nothing(
    arguments: list[str], message: str, base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.jpg").write_text("not a picture", encoding="utf-8")
    (tmp_path / "text.keras").write_text("not a model", encoding="utf-8")
    (tmp_path / "half.jpg").write_bytes(SAMPLE.read_bytes()[:50_000])
    (tmp_path / "broken.pb").write_text("not a network", encoding="utf-8")
    (tmp_path / "broken.pbtxt").write_text("not a network", encoding="utf-8")
    (tmp_path / "folder.jpg").mkdir()
    before = names(tmp_path), names(base / "output")
    assert run(base, *(text.format(tmp=tmp_path, base=base) for text in arguments)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert (names(tmp_path), names(base / "output")) == before


@pytest.mark.parametrize(
    "arguments", [["--detector", "yolo"], ["-n", "4"], ["--min_confidence", "high"], ["--detector_size", "big"]]
)
def test_argparse_refuses_what_it_can(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        EmotionDetector.main(arguments)
    assert caught.value.code == 2


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys, EmotionDetector\n"
        "try: EmotionDetector.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'cv2', 'keras', 'tensorflow', 'matplotlib', 'PIL', 'numpy'} & set(sys.modules) - {'numpy'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "--detector {auto,ssd,ssd-opencv,yunet,haar,dlib,none}" in done.stdout


def test_the_script_runs_as_a_program(base: Path, blank: Path) -> None:
    done = subprocess.run(
        [sys.executable, "EmotionDetector.py", "-b", base, "-i", blank.with_name("missing.jpg")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: There is no picture {blank.with_name('missing.jpg')}.\n"


def test_the_runtime_is_told_and_a_missing_one_ends_in_one_line(
    base: Path, blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(base, "-i", blank, "-n", "6", "--runtime", "opencv", "--json", tmp_path / "faces.json") == 0
    assert f"\nruntime: OpenCV {cv2.__version__}\n" in capsys.readouterr().out
    assert json.loads((tmp_path / "faces.json").read_text())["runtime"] == f"OpenCV {cv2.__version__}"
    monkeypatch.setattr(RuntimeRow, "is_installed", False)
    assert run(base, "-i", blank, "--runtime", "onnxruntime") == 2
    assert capsys.readouterr().err == (
        "error: The runtime onnxruntime is not installed; install it with: pip install -r requirements-runtime.txt "
        "(--runtime)\n"
    )
