"""Where results go by default, and which paths are refused before any work is done."""

from collections.abc import Sequence
from pathlib import Path

from emotion_recognition.atomic_file import check_can_replace
from emotion_recognition.detection.runs.inputs import Input
from emotion_recognition.detection.video.writer import VIDEO_OUTPUT_SUFFIXES, check_video_output
from emotion_recognition.pictures.image_file import can_write, check_output
from emotion_recognition.workspace import MODEL_SUFFIXES, Workspace

#: How the names of the files end that belong to a model or a face detector: itself, its copy, card and description.
_MODEL_FILES = (*MODEL_SUFFIXES, ".onnx", ".json", ".pb", ".pbtxt", ".caffemodel", ".prototxt")


def output_of(source: Input, given: Path | None, workspace: Workspace) -> Path | None:
    """The annotated picture, folder or video to write.

    Args:
        source: What is looked at.
        given: What the user wants; None for the default: beside the input, with ``_emotions`` in its name.
        workspace: Knows what outputs are called.

    Returns:
        The path, or None for a camera without ``given``.

    Raises:
        ValueError: If the path cannot be written or is the input.
    """
    if source.folder is not None:
        if given is not None and can_write(given.suffix) and not given.is_dir():
            raise ValueError(f"The output of several pictures must be a folder. Received: {given}")
        return workspace.annotated_folder(source.folder) if given is None else given
    if source.pictures:
        picture = source.pictures[0]
        output = given or workspace.annotated_photo(picture)
        if given is None and not can_write(output.suffix):
            output = picture.with_name(f"{picture.name}_emotions.png")
        check_output(output, input_path=picture if source.fetched is None else None)
        return output
    if source.video is None:
        if given is not None:
            check_video_output(given)
        return given
    suffix = source.video.suffix if source.video.suffix.lower() in VIDEO_OUTPUT_SUFFIXES else ".mp4"
    output = given or workspace.annotated_video(source.video, suffix)
    check_video_output(output)
    if _is_same(output, source.video):
        raise ValueError(f"The output must not replace the input. Received: {output} for both")
    return output


def check_result_paths(
    paths: Sequence[Path],
    source: Input,
    output: Path | None,
    *,
    folders: Sequence[Path] = (),
    in_use: Sequence[Path] = (),
) -> None:
    """Refuses, before any work is done, outputs that would replace the input, a model or each other, or no file.

    Args:
        paths: Result files to write.
        source: What is looked at.
        output: The annotated picture, folder or video; None for none.
        folders: Result folders to write into.
        in_use: Files of the models and detectors of the run; what belongs to them, such as cards, lies beside them.

    Raises:
        ValueError: If a result is an input, a file in use or another result, a file where a folder must be, or a folder
            where a file must be.
        OSError: If a result is a pipe or a device.
    """
    inputs = [*(source.pictures if source.fetched is None else ()), *([] if source.video is None else [source.video])]
    outputs = [] if output is None else [output]
    if output is not None and not source.pictures:
        outputs.append(Workspace().timeline_figure(output))
    taken: list[Path] = []
    for path in (*outputs, *paths, *folders):
        if any(_is_same(path, other) for other in inputs):
            raise ValueError(f"A result must not replace the input. Received: {path} for both")
        if any(_is_same(path, other) for other in taken):
            raise ValueError(f"Every result needs a path of its own. Received: {path} twice")
        if any(_is_same(path, other) for file in in_use for other in _files_of(file)):
            raise ValueError(f"A result must not replace a model in use, or what belongs to it. Received: {path}")
        taken.append(path)
    for path in folders:
        if path.exists() and not path.is_dir():
            raise ValueError(f"This output must be a folder, but {path} is a file.")
    for path in (*paths, *(outputs if source.folder is None else ())):
        if path.is_dir():
            raise ValueError(f"This output must be a file, but {path} is a folder.")
        check_can_replace(path)


def _files_of(file: Path) -> list[Path]:
    """The files that may belong to a model: those of its name, or all in its folder."""
    if file.is_dir():
        return [entry for entry in file.iterdir() if entry.suffix in _MODEL_FILES]
    return [file, *(file.with_suffix(suffix) for suffix in _MODEL_FILES)]


def _is_same(path: Path, other: Path) -> bool:
    return path.resolve() == other.resolve() or (path.exists() and other.exists() and path.samefile(other))
