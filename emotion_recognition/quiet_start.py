"""Imports Keras without the lines that its backend's C++ prints at every start.

TensorFlow writes half a dozen lines about oneDNN and missing CUDA drivers to standard error before any setting can
reach it. Scripts call this before they import anything that needs Keras.
"""

import os
import sys
import tempfile


def import_keras() -> None:
    """Imports Keras and its backend; what they print meanwhile is shown only when the import fails.

    Raises:
        ImportError: If Keras or its backend is not installed or broken.
    """
    if "keras" in sys.modules:
        return
    # Read by TensorFlow when it is loaded: no C++ messages later either. Errors still come as Python exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    descriptor = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        failed = False
        try:
            import keras  # noqa: F401
        except Exception:  # not Ctrl-C
            failed = True
            raise
        finally:
            os.dup2(descriptor, 2)
            os.close(descriptor)
            if failed:
                held_back.seek(0)
                os.write(2, held_back.read())
