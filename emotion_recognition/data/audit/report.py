"""An audit as text for people, as JSON for programs and as images for contact sheets.

Stage before: :mod:`emotion_recognition.data.audit.audit`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotion_recognition.atomic_file import replace_when_complete, write_json
from emotion_recognition.data.audit.audit import Audit, Finding, Place
from emotion_recognition.data.files.hdf5 import Split

#: Cases on a contact sheet.
SHEET_CASES = 60

#: Findings whose cases are of several images at once, and what one is called.
_GROUPED = {"duplicates": "groups", "conflicts": "groups", "near_duplicates": "pairs"}


#: Draws a contact sheet: its file, its title, and of each case the images with their words, see :func:`sheet_cases`.
SheetDrawer = Callable[[Path, str, Sequence[Sequence[tuple[np.ndarray, str]]]], None]


def write_audit(
    audit: Audit, splits: Mapping[str, Split], file_of: Callable[[str], Path], draw_sheet: SheetDrawer
) -> None:
    """Writes an audit: its text, its JSON, and a contact sheet for each kind of finding that has cases.

    Args:
        audit: The audit.
        splits: The splits that it is about.
        file_of: From an ending, such as ".txt", to the file; see
            :meth:`~emotion_recognition.workspace.Workspace.audit_file`.
        draw_sheet: Draws a contact sheet, see :func:`emotion_recognition.plots.draw_contact_sheet`.

    Raises:
        OSError: If a file cannot be written.
    """
    with replace_when_complete(file_of(".txt")) as partial:
        partial.write_text(audit_text(audit), encoding="utf-8")
    write_json(file_of(".json"), audit_json(audit, splits))
    for finding in audit.findings:
        sheet = file_of(f"_{finding.name}.png")
        if finding.cases:
            cases = sheet_cases(finding, splits)
            draw_sheet(sheet, f"{finding.title}: {len(cases):,} of {len(finding.cases):,} cases", cases)
        else:
            sheet.unlink(missing_ok=True)  # of an earlier audit


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
