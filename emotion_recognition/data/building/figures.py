"""Draws what was built: the distribution of the classes, and some images of each."""

from pathlib import Path

from emotion_recognition import plots
from emotion_recognition.atomic_file import last_files
from emotion_recognition.data.building.built import Built
from emotion_recognition.data.files.samples import read_samples
from emotion_recognition.workspace import Variant, Workspace


def draw_figures(built: Built, workspace: Workspace, variant: Variant, source_name: str) -> tuple[Path, ...]:
    """Draws the figures of a build into ``output/``.

    Args:
        built: The build.
        workspace: Where the figures go.
        variant: What sets the build apart from the usual one.
        source_name: What it was built from, for the title.

    Returns:
        The files that were written; none for images without labels.

    Raises:
        OSError: If a figure cannot be written; the message says that the splits are whole.
    """
    count = len(built.class_names)
    if not count:
        return ()
    distribution = workspace.distribution_figure(count, variant=variant)
    samples = workspace.samples_figure(count, variant=variant)
    with last_files(f"{distribution} or {samples}", "the splits are whole, only figures are missing"):
        plots.draw_class_distribution(distribution, built.class_names, built.counts)
        plots.draw_samples(samples, read_samples(built.paths["train"]), f"{source_name}: images of the training split")
    return distribution, samples
