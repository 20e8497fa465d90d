"""What the files of an evaluation are called; checked before any model is loaded."""

from collections.abc import Sequence
from pathlib import Path

from emotion_recognition.error_about import about

_LONGEST_NAME = 100
_LONGEST_OF_PHOTOGRAPHS = 40


def output_stem(models: Sequence[Path], output_folder: Path, name: str | None = None) -> Path:
    """What the paths of all files of some models' evaluation start with.

    Args:
        models: The model files, at least one.
        output_folder: Where files on several models go; those on one go beside it.
        name: What the files' names start with; None takes the models' names.

    Raises:
        ValueError: If the name has a folder in it or is too long.

    Example:
        >>> output_stem([Path("a/one.keras"), Path("two.h5")], Path("output")).as_posix()
        'output/one+two'
    """
    folder = models[0].parent if len(models) == 1 else output_folder
    chosen = "+".join(model.stem for model in models) if name is None else name
    if Path(chosen).name != chosen or chosen in ("", "..") or len(chosen) > _LONGEST_NAME:
        raise about(
            ValueError(
                f"output_name must be a name without a folder and of at most {_LONGEST_NAME} characters. "
                f"Received: {chosen}"
            ),
            "output_name",
        )
    return folder / chosen


def photographs_stem(stem: Path, photographs: str) -> Path:
    """What the paths of the files of an evaluation on photographs start with.

    Args:
        stem: From :func:`output_stem`.
        photographs: What the photographs are called; a long name is cut.

    Example:
        >>> photographs_stem(Path("output/one"), "holidays").as_posix()
        'output/one_photos_holidays'
    """
    return stem.with_name(f"{stem.name}_photos_{photographs[:_LONGEST_OF_PHOTOGRAPHS]}")
