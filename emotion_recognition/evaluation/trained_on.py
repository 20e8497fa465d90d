"""Says where a model was trained on another build of a data set than the one that it is tested on.

A source without splits of its own is divided by lot, so what one build tests on, another may have trained on. The card
of a model says which build it has learned from.
"""

from collections.abc import Iterable
from pathlib import Path

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.models.card import builds_of, read_card


def notes_on_builds(models: Iterable[Path], split: Split) -> tuple[str, ...]:
    """A sentence for each model that was trained on another build of the same source.

    Args:
        models: Model files; one without a card, or whose card does not say it, has no note.
        split: What they are tested on.
    """
    notes = []
    for model in models:
        known = builds_of(read_card(model, check_model=False) or {})
        builds = {one["build"] for one in known if one["sha256"] == split.source_sha256}
        if split.build_id and builds - {split.build_id}:
            notes.append(
                f"{model.name} was trained on another build of {split.source_name} than this {split.split} split is "
                "of; if that one divided the images otherwise, some of these were trained on."
            )
    return tuple(notes)
