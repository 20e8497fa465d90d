"""The figures of several face detectors as tables for people; the last stage.

Before: :mod:`emotion_recognition.evaluation.face_detection.figures`, whose ``to_json`` is for programs.
"""

from collections.abc import Callable, Sequence

from emotion_recognition.evaluation.face_detection.figures import (
    FALSE_ALARM_RATE,
    DetectorFigures,
    GroupRecall,
    WorkingPoint,
)


def to_text(figures: Sequence[DetectorFigures]) -> str:
    """Tables with a row for each detector; precision and recall in per cent, average precisions 0..1.

    Args:
        figures: At least one detector's, all on the same pictures.
    """
    first = figures[0]
    ignored = f", {first.ignored} ignored" if first.ignored else ""
    blocks = [
        f"{first.pictures} pictures with {first.faces} faces{ignored}\n" + _table(_OVERALL, figures),
        *_working_point("at the default confidence", figures, lambda one: one.default),
    ]
    if first.at_rate is not None:
        rate = f"at {FALSE_ALARM_RATE:g} false alarms a picture without faces"
        blocks += _working_point(rate, figures, lambda one: one.at_rate)
    return "\n\n".join(blocks) + "\n"


_Columns = Sequence[tuple[str, Callable[[DetectorFigures], str]]]

_OVERALL: _Columns = (
    ("AP@0.5", lambda one: f"{one.coco.at_half:.3f}"),
    ("AP@0.5:0.95", lambda one: f"{one.coco.at_half_to_95:.3f}"),
    ("ms/picture", lambda one: "" if one.milliseconds is None else f"{one.milliseconds:.1f}"),
)


def _working_point(
    title: str, figures: Sequence[DetectorFigures], at: Callable[[DetectorFigures], WorkingPoint | None]
) -> list[str]:
    """A block for precision and false alarms, and one for each kind of recall."""
    points = {one.name: point for one in figures if (point := at(one)) is not None}
    first = next(iter(points.values()))
    overall: _Columns = (
        ("confidence", lambda one: f"{points[one.name].counts.confidence:.3f}"),
        ("precision", lambda one: _percent(points[one.name].counts.precision)),
        ("recall", lambda one: _percent(points[one.name].counts.recall)),
        ("F1", lambda one: _percent(points[one.name].counts.f1)),
        *((f"alarms/{group}", _alarms(points, group)) for group in first.false_alarms),
    )
    blocks = [f"{title}\n{_table(overall, figures)}"]
    kinds: tuple[tuple[str, Callable[[WorkingPoint], tuple[GroupRecall, ...]]], ...] = (
        ("share of the picture's longer side", lambda point: point.by_share),
        ("size", lambda point: point.by_pixels),
        ("mask", lambda point: point.by_mask),
    )
    for kind, groups in kinds:
        columns = [
            (f"{group.name} ({group.faces})", _recall(points, groups, index))
            for index, group in enumerate(groups(first))
        ]
        if columns:
            blocks.append(f"recall by {kind} (faces), {title}\n{_table(columns, figures)}")
    return blocks


def _alarms(points: dict[str, WorkingPoint], group: str) -> Callable[[DetectorFigures], str]:
    def cell(one: DetectorFigures) -> str:
        rate = points[one.name].false_alarms[group].per_picture
        return "" if rate is None else f"{rate:.3f}"

    return cell


def _recall(
    points: dict[str, WorkingPoint], groups: Callable[[WorkingPoint], tuple[GroupRecall, ...]], index: int
) -> Callable[[DetectorFigures], str]:
    def cell(one: DetectorFigures) -> str:
        recall = groups(points[one.name])[index].recall
        return "" if recall is None else _percent(recall)

    return cell


def _table(columns: _Columns, figures: Sequence[DetectorFigures]) -> str:
    first = max(len("detector"), *(len(one.name) for one in figures))
    header = "  ".join([f"{'detector':<{first}}", *(name for name, _ in columns)])
    rows = (
        "  ".join([f"{one.name:<{first}}", *(f"{cell(one):>{len(name)}}" for name, cell in columns)]) for one in figures
    )
    return "\n".join([header, *rows])


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"
