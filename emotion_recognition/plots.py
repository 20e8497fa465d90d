"""Every figure the project draws. Numbers come in, PNG files go out.

Drawn with Matplotlib's object interface and its Agg canvas: no window, no display, no global state.
"""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from emotion_recognition.atomic_file import replace_when_complete

_DOTS_PER_INCH = 120


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    with replace_when_complete(path) as partial:
        figure.savefig(partial, dpi=_DOTS_PER_INCH)
