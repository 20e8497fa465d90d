"""An audit as text for people, as JSON for programs and as images for contact sheets.

Stage before: :mod:`emotion_recognition.data.audit.audit`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from emotion_recognition.data.audit.audit import Audit, Finding, Place
from emotion_recognition.data.files.hdf5 import Split

#: Cases on a contact sheet.
SHEET_CASES = 60

#: Findings whose cases are of several images at once, and what one is called.
_GROUPED = {"duplicates": "groups", "conflicts": "groups", "near_duplicates": "pairs"}


def audit_text(audit: Audit) -> str:
    """A table of counts, a line for each kind, and the notes."""
    columns = [*audit.images, "all"]
    width = max(len("images"), *(len(finding.title) for finding in audit.findings))

    def line(title: str, counts: Mapping[str, int], more: str = "") -> str:
        cells = [*counts.values(), sum(counts.values())]
        return f"{title:<{width}}" + "".join(f"{cell:>8,}" for cell in cells) + more

    lines = [" " * width + "".join(f"{name:>8}" for name in columns), line("images", audit.images)]
    for finding in audit.findings:
        unit = _GROUPED.get(finding.name)
        lines.append(line(finding.title, finding.counts, f"  in {len(finding.cases):,} {unit}" if unit else ""))
    return "\n".join([*lines, *(f"note: {note}" for note in audit.notes)]) + "\n"


def audit_json(audit: Audit, splits: Mapping[str, Split]) -> dict[str, Any]:
    """Everything: for each kind the counts and every case with its images' splits, rows from 0 and labels."""

    def image(place: Place) -> dict[str, Any]:
        split = splits[place.split]
        return {"split": place.split, "row": place.row, "label": split.class_names[split.labels[place.row]]}

    train = splits["train"]
    return {
        "data": {"source": train.source_name, "sha256": train.source_sha256, "labels": train.labels_from},
        "class_names": list(audit.class_names),
        "images": audit.images,
        "findings": {
            finding.name: {
                "title": finding.title,
                "counts": finding.counts,
                "cases": [
                    {"images": [image(place) for place in case.places], **({"says": case.says} if case.says else {})}
                    for case in finding.cases
                ],
            }
            for finding in audit.findings
        },
        "notes": list(audit.notes),
    }


def sheet_cases(finding: Finding, splits: Mapping[str, Split]) -> list[list[tuple[np.ndarray, str]]]:
    """The images and words of a finding's contact sheet.

    At most :data:`SHEET_CASES` cases are shown: the worst, or else some at even steps through all.

    Returns:
        For each case shown its images, uint8 arrays (height, width, channels), each with its words.
    """
    if finding.ranked or len(finding.cases) <= SHEET_CASES:
        cases = finding.cases[:SHEET_CASES]
    else:
        cases = tuple(finding.cases[index * len(finding.cases) // SHEET_CASES] for index in range(SHEET_CASES))

    def tile(place: Place, says: str) -> tuple[np.ndarray, str]:
        split = splits[place.split]
        words = [f"{place.split} {place.row}: {split.class_names[split.labels[place.row]]}", says]
        return split.images[place.row], "\n".join(filter(None, words))

    return [
        [tile(place, case.says if number == 0 else "") for number, place in enumerate(case.places)] for case in cases
    ]
