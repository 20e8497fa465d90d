import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import AnnotateCollection
import BuildDataset
import BuildFaceDataset
import EmotionDetector
import EmotionServer
import TestNetwork
import TrainFaceDetector
import TrainFaceRefiner
import TrainNetwork
import TuneNetwork
from emotion_recognition.command_line.advice import ADVICE
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import (
    add_image_options,
    classes_option,
    new_faces_parser,
    new_parser,
    variant_of,
)
from emotion_recognition.error_about import about
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Variant

REPOSITORY = Path(__file__).resolve().parent.parent


def raises(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def test_the_shared_options_have_short_and_long_names() -> None:
    parser = new_parser("Does something.")
    defaults = parser.parse_args([])
    assert (defaults.base_path, defaults.num_emotions) == (DEFAULT_BASE_PATH, 7)
    short, long = parser.parse_args(["-b", "x", "-n", "6"]), parser.parse_args(["--base_path", "x", "--num_emotions=6"])
    assert short == long
    assert (short.base_path, short.num_emotions) == (Path("x"), 6)


@pytest.mark.parametrize("count", ["4", "9", "six", ""])
def test_other_class_counts_end_with_status_2(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        new_parser("Does something.").parse_args(["-n", count])
    assert caught.value.code == 2
    assert "--num_emotions" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["-n", "3"]])
def test_own_classes_stand_in_for_emotions(options: list[str]) -> None:
    parsed = new_parser("Does something.").parse_args(["--classes", "red,green, blue", *options])
    assert parsed.class_names == ("red", "green", "blue")
    assert parsed.num_emotions == 3
    assert classes_option(parsed) == "--classes"


@pytest.mark.parametrize("options", [["-n", "4", "--classes", "a,b,c"], ["--classes", "a"], ["--classes", "a,a"]])
def test_classes_that_contradict_each_other_end_with_status_2(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        new_parser("Does something.").parse_args(options)
    assert caught.value.code == 2
    assert "classes" in capsys.readouterr().err


def test_a_number_of_emotions_names_their_classes_in_order() -> None:
    parsed = new_parser("Does something.").parse_args(["-n", "5"])
    assert parsed.class_names == ("anger", "happy", "sad", "surprise", "neutral")
    assert classes_option(parsed) == "-n"


def test_image_options_choose_the_build() -> None:
    parser = new_parser("Does something.")
    add_image_options(parser)
    assert variant_of(parser.parse_args([])) == Variant()
    parsed = parser.parse_args(["--image_size", "224", "--channels", "3", "--classes", "a,b"])
    assert variant_of(parsed) == Variant(own_classes=True, image_size=224, channels=3)
    with pytest.raises(SystemExit):
        parser.parse_args(["--image_size", "50"])


def test_scripts_that_know_faces_alone_have_the_base_path_and_no_emotions(capsys: pytest.CaptureFixture[str]) -> None:
    parser = new_faces_parser("Does something.", "examples:\n  first\n  second\n")
    assert vars(parser.parse_args([])) == {"base_path": DEFAULT_BASE_PATH}
    assert parser.parse_args(["-b", "x"]) == parser.parse_args(["--base_path", "x"])
    for option in (["-n", "6"], ["--classes", "a,b"]):
        with pytest.raises(SystemExit) as caught:
            parser.parse_args(option)
        assert caught.value.code == 2
    assert f"unrecognized arguments: {' '.join(option)}" in capsys.readouterr().err
    shown = parser.format_help()
    assert "examples:\n  first\n  second\n" in shown
    assert f"(default: {DEFAULT_BASE_PATH})" in shown


def test_help_shows_defaults_where_there_are_any_and_keeps_the_examples_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = new_parser("Does something.", "examples:\n  first\n  second\n")
    parser.add_argument("--input", help="the file")
    parser.add_argument("--overwrite", action="store_true", help="replace it")
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    shown = capsys.readouterr().out
    assert "examples:\n  first\n  second\n" in shown
    assert "(default: 7)" in shown
    assert "None" not in shown
    assert "False" not in shown


def test_work_that_ends_well_is_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(lambda: print("done")) == 0
    assert capsys.readouterr() == ("done\n", "")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("the row is\n  wrong"), "error: the row is wrong\n"),
        (FileNotFoundError(2, "No such file or directory", "a.csv"), "error: a.csv: No such file or directory\n"),
        (OSError("a plain message"), "error: a plain message\n"),
        (OSError(28, "No space left on device"), "error: [Errno 28] No space left on device\n"),
    ],
)
def test_bad_input_is_one_line_and_status_2(error: Exception, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(raises(error)) == 2
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize(
    ("option", "line"),
    [
        (["--image_size", "47"], "argument --image_size: invalid choice: "),
        (["-n", "many"], "argument -n/--num_emotions: invalid int value: 'many'"),
        (["--nothing"], "unrecognized arguments: --nothing (see tool --help)"),
    ],
)
def test_an_option_that_cannot_be_is_one_line_too(
    option: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = new_parser("A tool.")
    parser.prog = "tool"
    add_image_options(parser)
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(option)
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert error.startswith(f"error: {line}")
    assert error.count("\n") == 1


def test_an_interruption_is_status_130_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(raises(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_fault_of_the_program_keeps_its_traceback_and_has_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(raises(TypeError("a bug"))) == 70
    printed = capsys.readouterr().err
    assert printed.startswith("Traceback")
    assert printed.endswith("TypeError: a bug\n")


def test_help_of_the_build_and_the_service_imports_nothing_heavy() -> None:
    code = (
        "import sys, BuildDataset, EmotionServer\n"
        "BuildDataset.build_parser().format_help() + EmotionServer.build_parser().format_help()\n"
        "heavy = {'tensorflow', 'keras', 'cv2', 'matplotlib', 'h5py'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_every_option_that_a_message_may_name_is_an_option_of_a_script() -> None:
    training = (TestNetwork, TrainFaceDetector, TrainFaceRefiner, TrainNetwork)
    own = (BuildDataset, BuildFaceDataset, EmotionDetector, EmotionServer, AnnotateCollection)
    scripts = (*own, TuneNetwork, *training)
    options = {
        option for script in scripts for action in script.build_parser()._actions for option in action.option_strings
    }
    named = {word for text in ADVICE.values() for word in text.split() if word.startswith("-")}
    assert named - options == set()


def test_no_text_of_the_library_names_an_option_or_a_script() -> None:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    found = []
    for path in sorted((REPOSITORY / "emotion_recognition").rglob("*.py")):
        if "command_line" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
        }
        texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
        found += [
            f"{path.name}:{node.lineno}: {node.value}"
            for node in texts
            if id(node) not in docstrings
            and not node.value.startswith("pip install ")
            and re.search(r"(^|\s)--?[a-z][a-z_]+|\b[A-Z]\w+\.py\b", node.value)
        ]
    assert found == []


def test_only_options_of_the_script_stand_behind_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise about(ValueError("Two are equal."), "input", "base_path", "build_splits")

    new_faces_parser("A script without --input.").parse_args([])
    assert exit_status(fail) == 2
    assert exit_status(fail) == 2  # where nothing has been parsed since, nobody knows what there is
    first, second = capsys.readouterr().err.splitlines()
    assert first == "error: Two are equal. (-b; BuildDataset.py writes it)"
    assert second == "error: Two are equal. (--input; -b; BuildDataset.py writes it)"


def test_options_stand_behind_a_message_about_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    error = about(ValueError("learning_rate must be positive. Received: -1"), "learning_rate", "of no option")
    assert exit_status(raises(error)) == 2
    assert capsys.readouterr().err == "error: learning_rate must be positive. Received: -1 (-lr)\n"


def test_too_little_memory_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(raises(MemoryError())) == 2
    assert capsys.readouterr().err.startswith("error: there is not enough memory")


WORK = (
    "import sys\n"
    "from emotion_recognition.command_line.exit_status import exit_status\n"
    "sys.exit(exit_status(lambda: print('48×48')))\n"
)


@pytest.mark.parametrize("closing", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_closed_streams_do_no_harm(closing: str) -> None:
    command = ["/bin/sh", "-c", f'"$0" -c "$1" {closing}', sys.executable, WORK]
    done = subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from emotion_recognition.command_line.exit_status import exit_status\n"
        "def work():\n"
        "    with Path(sys.argv[1]).open('w') as file:\n"
        "        os.write(2, b'a message of a library')\n"
        "        file.write('data')\n"
        "sys.exit(exit_status(work))\n"
    )
    command = ["/bin/sh", "-c", '"$0" -c "$1" "$2" 0<&- 1>&- 2>&-', sys.executable, code, str(tmp_path / "a.txt")]
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "data"


def test_characters_that_the_terminal_does_not_have_are_spelt() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", WORK], cwd=REPOSITORY, check=True, capture_output=True, env=environment
    )
    assert done.stdout == b"48\\xd748\n"


def test_help_is_shown_on_a_terminal_that_does_not_have_all_its_characters() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for parser in ("new_parser('48×48')", "new_faces_parser('48×48', '')"):
        code = f"import emotion_recognition.command_line.parsers as parsers\nparsers.{parser}.parse_args(['--help'])\n"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=REPOSITORY, check=True, capture_output=True, env=environment
        )
        assert b"48\\xd748" in done.stdout


def test_an_interruption_during_imports_has_no_traceback() -> None:
    code = "import emotion_recognition.command_line\nraise KeyboardInterrupt\n"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False, capture_output=True, text=True)
    assert done.stderr == "interrupted\n"
    assert done.returncode in (130, -2)


def test_a_package_that_is_missing_during_imports_is_one_line_and_status_2() -> None:
    code = "import emotion_recognition.command_line\nimport a_package.of_others\n"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False, capture_output=True, text=True)
    line = "error: a_package is not installed; install all that is needed: pip install -r requirements.txt\n"
    assert (done.returncode, done.stderr) == (2, line)


def test_a_module_of_the_project_that_is_missing_keeps_its_traceback() -> None:
    code = "import emotion_recognition.command_line\nimport emotion_recognition.of_nobody\n"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        (BuildDataset, ["--input", ""]),
        (TestNetwork, ["--photos", ""]),
        (EmotionDetector, ["-o", ""]),
        (EmotionDetector, ["--crops", ""]),
        (EmotionDetector, ["-b", ""]),
        (AnnotateCollection, ["a.jpg", "-o", ""]),
        (EmotionServer, ["--memory", ""]),
    ],
)
def test_an_empty_path_is_not_the_folder_that_the_command_is_given_in(
    script: ModuleType, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        script.build_parser().parse_args(arguments)
    assert ended.value.code == 2
    assert "must not be empty: is a variable of the shell not set?" in capsys.readouterr().err
