"""Where results go by default, and which paths are refused before any work is done."""

from collections.abc import Sequence
from pathlib import Path

from emotion_recognition.detection.runs.inputs import Input
from emotion_recognition.detection.video.writer import VIDEO_OUTPUT_SUFFIXES, check_video_output
from emotion_recognition.pictures.image_file import can_write, check_output
from emotion_recognition.workspace import Workspace


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
        return workspace.annotated_folder(source.folder) if given is None else given
    if source.pictures:
        picture = source.pictures[0]
        output = given or workspace.annotated_photo(picture)
        if given is None and not can_write(output.suffix):
            output = picture.with_name(f"{picture.name}_emotions.png")
        check_output(output, input_path=picture)
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


def check_result_paths(paths: Sequence[Path], source: Input, output: Path | None) -> None:
    """Refuses result files and folders that would replace the input or each other.

    Raises:
        ValueError: If so.
    """
    inputs = [*source.pictures, *([] if source.video is None else [source.video])]
    taken = [] if output is None else [output]
    for path in paths:
        if any(_is_same(path, other) for other in inputs):
            raise ValueError(f"A result must not replace the input. Received: {path} for both")
        if any(_is_same(path, other) for other in taken):
            raise ValueError(f"Every result needs a path of its own. Received: {path} twice")
        taken.append(path)


def _is_same(path: Path, other: Path) -> bool:
    return path.resolve() == other.resolve() or (path.exists() and other.exists() and path.samefile(other))
