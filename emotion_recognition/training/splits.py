"""Opens the two splits that a network is trained with, and refuses what does not belong together.

Before: the HDF5 files of a build; next: :func:`~emotion_recognition.training.start.open_start`.
"""

from collections.abc import Sequence

from emotion_recognition.data.files.hdf5 import Split, check_same_build, read_split
from emotion_recognition.data.files.streaming import STREAM_ABOVE_GIB
from emotion_recognition.emotions import check_same_classes
from emotion_recognition.error_about import about
from emotion_recognition.workspace import Variant, Workspace


def open_splits(
    workspace: Workspace,
    variant: Variant,
    class_names: Sequence[str],
    chosen_by: str,
    *,
    stream_above: float = STREAM_ABOVE_GIB,
) -> tuple[Split, Split]:
    """Reads the training and the validation split of one build.

    Args:
        workspace: Where the build is.
        variant: Which one it is.
        class_names: The classes that both must have, in label order.
        chosen_by: What chose them, for messages.
        stream_above: GiB of images above which they stay in the file while training, at least 0.

    Raises:
        FileNotFoundError: If there is no such build.
        ValueError: If a file is no split, is another one, has other classes, or was not built with the other one.
    """
    if not stream_above >= 0:
        message = f"stream_above must be at least 0 GiB. Received: {stream_above:g}"
        raise about(ValueError(message), "stream_above")
    train, val = (
        read_split(
            workspace.split_path(split, len(class_names), variant=variant), role=split, stream_above=stream_above
        )
        for split in ("train", "val")
    )
    for split in (train, val):
        check_same_classes(class_names, chosen_by, split.class_names, f"The {split.split} split")
    check_same_build(train, val)
    return train, val
