"""TrainNetwork.py as a person uses it, on a tiny data set."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

import TrainNetwork
from emotion_recognition.data.files.hdf5 import read_split, write_split
from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.data.files.unlabelled import describe_unlabelled
from emotion_recognition.models import NETWORKS
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.export_formats import FORMATS
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.models.onnx_copy import read_copy
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.training.compiling import compile_for_saving
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parent.parent


def train(base: Path, *options: str) -> int:
    return TrainNetwork.main(["-b", str(base), "-epochs", "1", *options])


def last_error(capsys: pytest.CaptureFixture[str]) -> str:
    """The whole of standard error, which must be one line."""
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    return error


@pytest.fixture
def small_model(small_base: Path) -> Path:
    """A compiled 7-class model with a card, small enough to be quick, with a rate of 0.004, in output/."""
    keras.utils.set_random_seed(0)
    pixels = keras.Input((48, 48, 1))
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(8)(pixels))
    network = keras.Model(pixels, keras.layers.Dense(7, activation="softmax")(x))
    compile_for_saving(network, StageSettings(learning_rate=0.004))
    path = Workspace(small_base).output_folder / "small.keras"
    save_network(network, path)
    names = read_split(Workspace(small_base).split_path("val", 7)).class_names
    write_card(path, {"network": "small", "class_names": list(names), "stages": [{"learning_rate": 0.004}]})
    return path


def test_a_run_leaves_model_card_log_and_figures(small_base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(small_base, "-n", "6", "--mixed_precision", "--tensorboard") == 0
    printed = capsys.readouterr()
    assert "1,470,758 parameters; learning rate 0.001" in printed.out
    output = small_base / "output"
    stem = "emotion_classification_final"
    assert (output / f"{stem}_curves.png").read_bytes().startswith(b"\x89PNG")
    assert any((output / f"{stem}_network{suffix}").is_file() for suffix in (".png", ".txt"))
    assert any((output / f"{stem}_tensorboard").rglob("events.out.tfevents.*"))
    assert len((output / f"{stem}_log.csv").read_text().splitlines()) == 2
    assert not list(output.glob("*.resume.h5"))
    assert not list(output.glob(".*"))

    network = load_network(output / f"{stem}.keras")
    assert network.output_shape == (None, 6)
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    card = json.loads((output / f"{stem}.json").read_text())
    assert card["network"] == "vggnet"
    assert card["class_names"] == ["anger", "fear", "happy", "sad", "surprise", "neutral"]
    assert card["data"] == {
        "source": "fer2013.csv",
        "sha256": "0" * 64,
        "labels": "fer2013",
        "images": {"train": 20, "val": 14},
    }
    (stage,) = card["stages"]
    assert (stage["learning_rate"], stage["epochs_run"], stage["seed"], stage["input_model"]) == (0.001, 1, 0, None)
    val = read_split(small_base / "hdf5" / "fer2013_6classes_val.hdf5")
    right = np.argmax(network.predict(val.images, verbose=0), axis=1) == val.labels
    assert card["metrics"]["val"]["correct"] == right.sum()
    assert card["metrics"]["val"]["examples"] == 14
    copy = read_copy(output / f"{stem}.keras")
    assert copy is not None
    expected = network.predict(val.images[:3].astype(np.float32), verbose=0)
    actual = OnnxNetwork(copy.content, "copy")(val.images[:3].astype(np.float32))
    np.testing.assert_allclose(actual, expected, atol=1e-4)


def test_an_existing_model_is_exported_without_training(
    small_base: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = small_model.read_bytes()
    assert TrainNetwork.main(["-b", str(small_base), "--export", "onnx,litert,saved_model", "-im", "small.keras"]) == 0
    assert capsys.readouterr().out.count("small") == 3
    output = small_base / "output"
    assert sorted(path.name for path in output.iterdir()) == [
        "small.json",
        "small.keras",
        "small.onnx",
        "small.tflite",
        "small_saved_model",
    ]
    assert small_model.read_bytes() == before
    assert read_copy(small_model) is not None


def test_training_writes_the_formats_that_are_asked_for(small_base: Path, small_model: Path) -> None:
    assert train(small_base, "-im", "small.keras", "-om", "next.keras", "--export", "litert") == 0
    output = small_base / "output"
    assert (output / "next.tflite").is_file()
    assert read_copy(output / "next.keras") is not None


def test_a_network_that_opencv_does_not_run_is_trained_without_a_copy(
    small_base: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # OpenCV 4 averages over several axes wrongly, and a bare operation is exported as it is.
    pixels = keras.Input((48, 48, 1))
    centred = pixels - keras.ops.mean(pixels, axis=(1, 2, 3), keepdims=True)
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(8)(centred))
    network = keras.Model(pixels, keras.layers.Dense(7, activation="softmax")(keras.layers.Rescaling(1e-3)(x)))
    compile_for_saving(network, StageSettings(learning_rate=0.004))
    card = read_card(small_model)
    assert card is not None
    save_network(network, small_model)
    write_card(small_model, card)
    (small_base / "output" / "next.onnx").write_text("the copy of an earlier model", encoding="utf-8")
    assert train(small_base, "-im", "small.keras", "-om", "next.keras") == 0
    assert "No ONNX copy, so that detection will need Keras for this model: " in capsys.readouterr().out
    assert read_copy(small_base / "output" / "next.keras") is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--export", "onnx,coreml", "-im", "small.keras"],
            "export must be some of onnx,onnx_int8,litert,saved_model,float16,compact",
        ),
        (["--export", "onnx", "-im", "missing.keras"], "There is no model missing.keras"),
        (["--export", "coreml"], "export must be some of"),
    ],
)
def test_a_mistake_in_an_export_is_one_line(
    options: list[str], message: str, small_base: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in small_model.parent.iterdir())
    assert TrainNetwork.main(["-b", str(small_base), *options]) == 2
    assert message in last_error(capsys)
    assert sorted(path.name for path in small_model.parent.iterdir()) == before


def test_all_stages_in_one_command_leave_one_card_one_log_and_a_temperature(small_base: Path) -> None:
    options = ["-b", str(small_base), "--stages", "1e-3:1,1e-4:2", "-om", "run.keras"]
    assert TrainNetwork.main(options) == 0
    output = small_base / "output"
    card = json.loads((output / "run.json").read_text())
    assert [(stage["learning_rate"], stage["epochs_run"]) for stage in card["stages"]] == [(0.001, 1), (0.0001, 2)]
    assert [line.split(",")[:2] for line in (output / "run_log.csv").read_text().splitlines()[1:]] == [
        ["1", "1"],
        ["2", "1"],
        ["2", "2"],
    ]
    calibration = card["calibration"]
    assert calibration["split"] == "val"
    assert calibration["temperature"] > 0
    assert calibration["log_loss_after"] <= calibration["log_loss_before"]
    assert TrainNetwork.main([*options[:2], "-epochs", "1", "-im", "run.keras", "-om", "more.keras"]) == 0
    assert [line.split(",")[0] for line in (output / "more_log.csv").read_text().splitlines()[1:]] == [
        "1",
        "2",
        "2",
        "3",
    ]
    assert json.loads((output / "more.json").read_text())["stages"][2]["learning_rate"] == pytest.approx(1e-5)


def test_without_a_rate_an_input_model_goes_on_at_a_tenth_of_its_own(
    small_base: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(small_base, "-im", "small.keras", "-om", "next.h5") == 0
    assert "its learning rate 0.004, now 0.0004" in capsys.readouterr().out
    card = json.loads((small_base / "output" / "next.json").read_text())
    assert [stage["learning_rate"] for stage in card["stages"]] == [0.004, 0.0004]
    assert card["stages"][1]["input_model"] == "small.keras"
    assert float(
        load_network(small_base / "output" / "next.h5", compiled=True).optimizer.get_config()["learning_rate"]
    ) == (pytest.approx(0.0004))


def test_a_given_rate_wins_and_a_model_may_be_given_by_its_path(
    small_base: Path, small_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "elsewhere" / "model.hdf5"
    assert train(small_base, "-im", str(small_model), "-lr", "0.02", "-om", str(target)) == 0
    assert "its learning rate 0.004, now 0.02" in capsys.readouterr().out
    assert target.is_file()


def test_a_new_head_keeps_every_other_layer(small_base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(small_base, "-om", "seven.keras") == 0
    # A rate this small changes no weight by more than rounding.
    options = ["-n", "6", "-im", "seven.keras", "--new_head", "-lr", "1e-9", "-om", "six.keras"]
    assert train(small_base, *options) == 0
    seven, six = (load_network(small_base / "output" / f"{name}.keras") for name in ("seven", "six"))
    assert six.output_shape == (None, 6)
    for old, new in zip(seven.layers, six.layers, strict=True):
        if isinstance(new, keras.layers.Conv2D):
            np.testing.assert_allclose(old.kernel.numpy(), new.kernel.numpy(), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-n", "6", "-im", "small.keras"], ["7 classes (anger, disgust", "6 (anger, fear"]),
        (["-im", "missing.keras"], ["no model missing.keras"]),
        (["-om", "model.onnx"], [".keras, .h5, .hdf5", "model.onnx"]),
        (["-lr", "0"], ["learning_rate must be above 0", "Received: 0.0"]),
        (["-lr", "nan"], ["learning_rate"]),
        (["-epochs", "0"], ["epochs must be at least 1"]),
        (["--batch_size", "-3"], ["batch_size must be at least 1"]),
        (["--seed", "-1"], ["seed must be at least 0", "Received: -1"]),
        (["--seed", str(2**32)], ["seed must be at most 4294967295. Received: 4294967296 (--seed)"]),
        (["--teacher", ","], ["teacher must name models, with commas between. Received: ,"]),
        (["--new_head"], ["new_head needs an input model (--new_head; -im)"]),
        (["--network", "vggnet", "-im", "small.keras"], ["network is for new networks", "(--network; -im)"]),
        (["--new_head", "-n", "6", "-im", "small.keras"], ["networks that can be built by name", "'small'"]),
        (["--resume"], ["nothing to resume", "(--resume)"]),
        (["--stages", "1e-3:2"], ["leave out -lr and -epochs"]),
        (["--augmentation", "turn=3"], ["augmentation must be none or flip=NUMBER", "(--augmentation)"]),
        (["--augmentation", "gamma=inf"], ["gamma must be at least 0. Received: inf"]),
        (["--mixup", "0.2", "--balance", "weights"], ["balance by sampling", "(--mixup; --balance)"]),
        (["--prior_power", "1", "--balance", "sampling"], ["do it twice; leave out one", "(--prior_power; --balance)"]),
        (["--votes_weight", "1"], ["train split has no votes", "BuildDataset.py --votes"]),
        (
            ["--optimizer", "sgd", "-im", "small.keras"],
            ["trained with Adam", "give one, or the same optimizer (-lr; --optimizer)"],
        ),
        (["--schedule", "cosine"], ["patience must be none"]),
    ],
)
def test_a_mistake_ends_in_one_line_and_leaves_nothing(
    small_base: Path, small_model: Path, options: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(small_base.rglob("*"))
    assert train(small_base, *options) == 2
    error = last_error(capsys)
    for word in words:
        assert word in error
    assert sorted(small_base.rglob("*")) == before


def test_a_prior_of_a_class_without_images_is_refused_before_the_first_epoch(
    small_base: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Workspace(small_base).split_path("train", 7)
    split = read_split(path)
    write_split(path, replace(split, labels=np.where(split.labels == 1, 0, split.labels).astype(np.uint8)))
    assert train(small_base, "-im", "small.keras", "--prior_power", "0.5", "-om", "new.keras") == 2
    assert "there are none of disgust (--prior_power)" in last_error(capsys)
    assert not list((small_base / "output").glob("new*"))


def test_a_patience_that_is_no_number_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        TrainNetwork.main(["--patience", "often"])
    assert caught.value.code == 2
    assert "--patience: must be a whole number or none. Received: often" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--votes", "1"], ["--votes=1"], ["--votes"]])
def test_an_option_that_has_got_another_name_ends_in_one_line(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        TrainNetwork.main(given)
    assert caught.value.code == 2
    assert capsys.readouterr().err == "error: --votes is now called --votes_weight\n"
    assert "--votes " not in TrainNetwork.build_parser().format_help()


def test_models_are_named_by_the_option_of_every_script() -> None:
    parsed = [TrainNetwork.build_parser().parse_args([name, "a.keras"]) for name in ("-im", "-m", "--input_model")]
    assert [arguments.input_model for arguments in parsed] == ["a.keras"] * 3


def test_the_help_says_what_recipes_networks_and_formats_are() -> None:
    shown = TrainNetwork.build_parser().format_help()
    assert "vggnet, adam, stages 0.001:60,0.0001:20,1e-05:10, patience 8\n" in shown
    assert (
        "resnet9, adam, learning rate 0.008, 20 epochs, schedule onecycle, batch_size 256, clean_statistics, augm"
        in shown
    )
    for row in (*NETWORKS.values(), *FORMATS.values()):
        assert row.summary in shown


def test_a_missing_data_set_says_what_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path) == 2
    assert "BuildDataset.py writes it" in last_error(capsys)


def test_an_unwritable_output_is_found_before_any_training(
    small_base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small_base / "file").write_text("no folder")
    assert train(small_base, "-om", str(small_base / "file" / "model.keras")) == 2
    printed = capsys.readouterr()
    assert "/file" in printed.err
    assert printed.err.count("\n") == 1
    assert "Epoch" not in printed.out


@pytest.mark.parametrize("script", ["TrainNetwork", "BuildDataset", "TestNetwork", "EmotionDetector"])
def test_help_and_import_load_no_heavy_library(script: str) -> None:
    code = (
        f"import sys, {script}\n"
        f"try: {script}.main(['--help'])\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "heavy = {'keras', 'tensorflow', 'cv2', 'matplotlib', 'sklearn', 'h5py', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    assert "--base_path" in done.stdout


def test_piped_output_is_plain_lines(small_base: Path, small_model: Path) -> None:
    command = [sys.executable, "TrainNetwork.py", "-b", str(small_base), "-epochs", "2", "-im", "small.keras"]
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY, env=environment)
    assert "\r" not in done.stdout
    assert "\x08" not in done.stdout
    assert done.stdout.count("Epoch ") == 2
    assert "Traceback" not in done.stderr


def test_a_split_is_streamed_where_it_is_larger_than_asked_for(
    small_base: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(small_base, "-im", str(small_model), "-om", "streamed.keras", "--stream_above", "0") == 0
    assert "images stay in" in capsys.readouterr().out
    assert train(small_base, "-im", str(small_model), "-om", "read.keras") == 0
    assert "images stay in" not in capsys.readouterr().out
    for given in ("-1", "nan"):
        assert train(small_base, "-im", str(small_model), "--stream_above", given) == 2
        assert "stream_above must be at least 0 GiB. Received: " in last_error(capsys)


def test_a_network_learns_from_a_teacher_and_its_card_says_so(
    small_base: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--network", "vggnet_tiny", "-om", "student.keras", "--teacher", "small.keras,small.keras")
    assert train(small_base, *options, "--teacher_temperature", "3") == 0
    assert "learns from small.keras, small.keras too" in capsys.readouterr().out
    output = small_base / "output"
    card = json.loads((output / "student.json").read_text())
    (stage,) = card["stages"]
    teacher = {"name": "small.keras", "sha256": hashlib.sha256(small_model.read_bytes()).hexdigest()}
    assert stage["teachers"] == [teacher, teacher]
    assert (stage["teacher_weight"], stage["teacher_temperature"]) == (0.6, 3.0)
    assert not list(output.glob("*.npz"))

    for wrong, part in (
        (("--teacher", "none.keras"), "There is no model none.keras"),
        (("--teacher_weight", "0.5"), "0.5, no teacher (--teacher; --teacher_weight)"),
        (("--teacher", "small.keras", "--teacher_weight", "0"), "0, a teacher (--teacher; --teacher_weight)"),
        (("--teacher", "small.keras", "--teacher_weight", "2"), "teacher_weight must be 0..1. Received: 2.0"),
        (("--teacher", "student.keras"), "its own teacher (--teacher; -om)"),
        (("-n", "6", "--teacher", "small.keras"), "disgust"),
    ):
        assert train(small_base, "--network", "vggnet_tiny", "-om", "student.keras", *wrong) == 2
        assert part in last_error(capsys)


def test_a_teacher_looks_at_the_views_and_at_images_without_labels(
    small_base: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = read_split(small_base / "hdf5" / "fer2013_7classes_train.hdf5").images.shape[1:]
    more, other = small_base / "more.hdf5", small_base / "other.hdf5"
    for path, size in ((more, shape), (other, (9, 9, 1))):
        with SplitWriter(path, size) as writer:
            writer.append(np.zeros((5, *size), np.uint8))
            writer.finish(lambda file: describe_unlabelled(file, "made"))
    taught = ("--network", "vggnet_tiny", "-om", "student.keras", "--teacher", "small.keras", "--teacher_views")
    assert train(small_base, *taught, "--unlabelled", str(more), "--mixup", "0.2") == 0
    assert "learns from small.keras too" in capsys.readouterr().out
    (stage,) = json.loads((small_base / "output" / "student.json").read_text())["stages"]
    assert (stage["teacher_views"], stage["mixup"], stage["unlabelled"]["images"]) == (True, 0.2, 5)
    assert stage["teacher_weight"] == 0.6

    usual = taught[:-3]  # without a teacher
    for wrong, part in (
        ((*taught, "--unlabelled", str(other)), "Received: (9, 9, 1) (--unlabelled)"),
        ((*taught, "--unlabelled", str(small_base / "no.hdf5")), "There is no "),
        ((*usual, "--unlabelled", str(more)), "unlabelled needs teacher_views"),
        ((*usual, "--teacher_temperature", "3"), "teacher_temperature needs a teacher (--teacher_temperature; "),
        ((*usual, "--teacher_views"), "teacher_views needs a teacher (--teacher_views; --teacher)"),
        (
            (*taught, "--unlabelled", str(more), "--balance", "weights"),
            "balance must be none with images without labels",
        ),
        ((*taught, "--unlabelled", str(more), "--stream_above", "0"), "these stay in their file. (--stream_above"),
        ((*usual, "--mixup", "11"), "mixup must be 0..10. Received: 11"),
    ):
        assert train(small_base, *wrong) == 2
        assert part in last_error(capsys)


def test_an_int8_copy_is_fitted_to_the_training_split(
    small_base: Path, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnxruntime")
    export = ["-b", str(small_base), "--export", "onnx_int8", "-im", "small.keras"]
    assert TrainNetwork.main(export) == 0
    assert capsys.readouterr().out == f"Wrote {small_model.with_name('small_int8.onnx')}\n"
    card = json.loads(small_model.with_name("small_int8.json").read_text())
    assert card["quantization"]["training_images"] == 20
    Workspace(small_base).split_path("train", 7).unlink()
    assert TrainNetwork.main(export) == 2
    assert "BuildDataset.py writes it" in last_error(capsys)
