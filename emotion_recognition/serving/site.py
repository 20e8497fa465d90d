"""Writes the page for a static host: detection runs in the browser, there is no server.

``make site`` runs it; ONNX Runtime lies in ``page/ort/`` by then. Needs NumPy and OpenCV alone.
"""

import shutil
import sys
from pathlib import Path

from emotion_recognition.serving.device import device_files
from emotion_recognition.workspace import find_released_face_detector, find_released_model

PAGE = Path(__file__).resolve().parent / "page"

#: What ``make site`` copies in.
RUNTIME = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")


def write_site(folder: Path, num_emotions: int = 7) -> list[Path]:
    """Writes the page, ONNX Runtime and the networks.

    Args:
        folder: The folder to write; files of the same names are replaced.
        num_emotions: Number of the released model's classes.

    Returns:
        The paths of the files.

    Raises:
        FileNotFoundError: If ONNX Runtime is not there, or no released model is.
        ValueError: If the folder is a file.
        OSError: If it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"The site must be a folder, but {folder} is a file.")
    for name in RUNTIME:
        if not (PAGE / "ort" / name).is_file():
            raise FileNotFoundError(f"There is no {PAGE / 'ort' / name}; make site copies it there.")
    contents = device_files(find_released_model(num_emotions), find_released_face_detector())
    shutil.copytree(PAGE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    (folder / "device").mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / "device" / name).write_bytes(content)
    return sorted(path for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    try:
        written = write_site(Path(sys.argv[1] if len(sys.argv) > 1 else "site"))
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"Wrote {len(written)} files, {sum(path.stat().st_size for path in written) / 1e6:.1f} MB")
