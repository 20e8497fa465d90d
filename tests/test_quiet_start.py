import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=REPOSITORY)


def test_importing_keras_prints_nothing_and_standard_error_works_afterwards() -> None:
    code = (
        "import os, sys\n"
        "os.environ.pop('TF_CPP_MIN_LOG_LEVEL', None)\n"
        "from emotion_recognition.quiet_start import import_keras\n"
        "import_keras()\n"
        "import keras\n"
        "keras.ops.zeros(3)\n"
        "print('afterwards', file=sys.stderr)\n"
    )
    done = run(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "afterwards\n")


def interrupted_by(error: str) -> subprocess.CompletedProcess[str]:
    """An import of Keras that prints something and then ends with an exception."""
    return run(
        "import os, sys\n"
        "from emotion_recognition.quiet_start import import_keras\n"
        "class Broken:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'keras':\n"
        "            os.write(2, b'the reason')\n"
        f"            raise {error}\n"
        "sys.meta_path.insert(0, Broken())\n"
        "import_keras()\n"
    )


def test_what_was_printed_before_a_failed_import_is_shown() -> None:
    done = interrupted_by("ImportError('broken')")
    assert done.returncode == 1
    assert "the reason" in done.stderr
    assert "ImportError: broken" in done.stderr


def test_what_was_printed_before_ctrl_c_is_not_shown() -> None:
    done = interrupted_by("KeyboardInterrupt")
    assert "the reason" not in done.stderr
    assert "KeyboardInterrupt" in done.stderr
