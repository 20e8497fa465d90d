"""TensorFlow's SavedModel: a folder that TensorFlow and its server run."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import keras

from emotion_recognition.error_about import about
from emotion_recognition.models.keras_export import export_graph


def write_copy(path: Path, network: keras.Model, names: Sequence[str], target: Path) -> None:
    """Writes the copy of a model, complete or not at all; an earlier copy is replaced, another folder never.

    Args:
        path: The model file.
        network: The network in it.
        names: Its class names.
        target: The folder to write.

    Raises:
        ValueError: If the converter fails.
        FileExistsError: If something else has that name.
        OSError: If the copy cannot be written.
    """
    if (
        target.exists()
        and not (target / "saved_model.pb").is_file()
        and not (target.is_dir() and not any(target.iterdir()))
    ):
        raise about(FileExistsError(f"{target} is no SavedModel, and is not replaced; move it away."), "export")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.partial") as temporary:
        partial = Path(temporary) / target.name
        export_graph(network, partial, "tf_saved_model", network.input_shape[1:])
        if target.exists():
            target.rename(Path(temporary) / "earlier")
        partial.rename(target)
