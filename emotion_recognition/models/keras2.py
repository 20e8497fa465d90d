"""Sequential models that Keras 2 saved in HDF5 without an input layer: what Keras 3 needs to read them.

Keras 2 kept the input's shape in the first layer as ``batch_input_shape``, which Keras 3 takes for the shape of one
image. The file stays as it is; a copy gets an input layer.
"""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py


@contextlib.contextmanager
def with_input_layer(path: Path) -> Iterator[Path]:
    """Gives a file that Keras 3 reads, for the time of a ``with`` block.

    Args:
        path: A model in HDF5.

    Yields:
        The same path, or that of a copy whose first layer is an input layer.
    """
    config = _mended(path)
    if config is None:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        with h5py.File(copy, "r+") as file:
            file.attrs["model_config"] = json.dumps(config)
        yield copy


def _mended(path: Path) -> dict[str, Any] | None:
    """The model's configuration with an input layer; None where nothing is to be mended."""
    with h5py.File(path, "r") as file:
        stored = file.attrs.get("model_config")
    if stored is None:
        return None
    config = json.loads(stored)
    if config.get("class_name") != "Sequential":
        return None
    # Until 2.2.3 the layers stood alone, without a name for the model.
    inner = (
        {"name": "sequential", "layers": config["config"]} if isinstance(config["config"], list) else config["config"]
    )
    first = inner["layers"][0]
    shape = first["config"].get("batch_input_shape")
    if first["class_name"] == "InputLayer" or shape is None:
        return None
    start = {"batch_shape": shape, "dtype": "float32", "name": f"{first['config'].get('name', 'first')}_input"}
    without = {key: value for key, value in first["config"].items() if key != "batch_input_shape"}
    layers = [{"class_name": "InputLayer", "config": start}, {**first, "config": without}, *inner["layers"][1:]]
    return {**config, "config": {**inner, "layers": layers}}
