"""Every figure the project draws. Numbers come in, PNG files go out.

Drawn with Matplotlib's object interface and its Agg canvas: no window, no display, no global state.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator, PercentFormatter

from emotion_recognition.atomic_file import replace_when_complete

if TYPE_CHECKING:
    import keras

_DOTS_PER_INCH = 120
_TILES_IN_LINE = 12
#: What the names of released models begin with; figures leave it out.
_RELEASED = "emotion_classification_"


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    with replace_when_complete(path) as partial:
        figure.savefig(partial, dpi=_DOTS_PER_INCH)


def draw_class_distribution(path: Path, class_names: Sequence[str], counts: Mapping[str, np.ndarray]) -> None:
    """Draws how many images each class has, in the whole data set and in each split.

    Args:
        path: PNG file to write.
        class_names: The classes in label order.
        counts: Integer array (classes,) of each split.
    """
    charts = {"whole data set": np.sum(list(counts.values()), axis=0), **counts}
    figure = Figure(figsize=(3.2 * len(charts), 3.6), layout="constrained")
    for axes, (name, values) in zip(figure.subplots(1, len(charts)), charts.items(), strict=True):
        bars = axes.barh(class_names, values, color="tab:blue")
        axes.bar_label(bars, [f"{value:,}" for value in values], padding=3, fontsize="small")
        axes.set_title(f"{name}: {values.sum():,} images", fontsize="medium")
        axes.set(xlim=(0, 1.25 * max(values.max(), 1)))
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.set_visible(False)
    _save(figure, path)


def draw_samples(path: Path, samples: Mapping[str, np.ndarray], title: str) -> None:
    """Draws a row of images for each class.

    Args:
        path: PNG file to write.
        samples: For each class in label order, uint8 array (n, height, width, 1 or 3), grey or RGB; n may be 0.
        title: Stands above the grid.
    """
    # One picture for all: an axes for each image takes Matplotlib a second.
    columns = max(1, *(len(images) for images in samples.values()))
    height, width, channels = next(iter(samples.values())).shape[1:]
    mosaic = np.full((len(samples), height, columns, width, channels), 255, np.uint8)
    for row, images in enumerate(samples.values()):
        mosaic[row, :, : len(images)] = images.swapaxes(0, 1)
    grid = mosaic.reshape(len(samples) * height, columns * width, channels)
    figure = Figure(figsize=(1.2 + 0.75 * columns, 0.6 + 0.75 * len(samples)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(grid[..., 0] if channels == 1 else grid, cmap="gray", vmin=0, vmax=255)
    axes.set_title(title, fontsize="medium")
    axes.set_xticks([])
    axes.set_yticks([(row + 0.5) * height - 0.5 for row in range(len(samples))], list(samples))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _save(figure, path)


def draw_training_curves(
    path: Path,
    rows: Sequence[Mapping[str, float]],
    best_epoch: int,
    title: str,
    *,
    also_in_training_loss: Sequence[str] = (),
) -> None:
    """Draws accuracy, where a run has it, and loss, on the training and the validation split, over the epochs.

    The rows may be of several stages, one after the other; where a stage begins is marked, with its learning rate, or
    the highest and the last one where the rate changes within it.

    Args:
        path: PNG file to write.
        rows: One mapping per epoch with the keys of the training log.
        best_epoch: The row whose weights were kept, counted from 1.
        title: Stands above both charts.
        also_in_training_loss: What the training loss has and the validation loss has not, in words.
    """
    quantities = [quantity for quantity in ("accuracy", "loss") if quantity in rows[0]]
    figure = Figure(figsize=(5 * len(quantities), 4), layout="constrained")
    figure.suptitle(title)
    epochs = range(1, len(rows) + 1)
    starts = [epoch for epoch in epochs if epoch == 1 or rows[epoch - 1]["stage"] != rows[epoch - 2]["stage"]]
    for axes, quantity in zip(figure.subplots(1, len(quantities), squeeze=False)[0], quantities, strict=True):
        more = "".join(f",\nwith {words}" for words in also_in_training_loss) if quantity == "loss" else ""
        axes.plot(epochs, [row[quantity] for row in rows], label=f"training (augmented){more}", color="tab:blue")
        axes.plot(epochs, [row[f"val_{quantity}"] for row in rows], label="validation", color="tab:orange")
        axes.axvline(best_epoch, color="grey", linestyle=":", label=f"kept: epoch {best_epoch}")
        for start, end in zip(starts, [*starts[1:], len(rows) + 1], strict=True):
            if start > 1:
                axes.axvline(start - 0.5, color="lightgrey", zorder=0)
            rates = [row["learning_rate"] for row in rows[start - 1 : end - 1]]
            span = f"{max(rates):.2g}" if len(set(rates)) == 1 else f"{max(rates):.2g} to {rates[-1]:.2g}"
            label = f" {'rate ' if start == 1 else ''}{span}"
            axes.text(start - 0.5, 1, label, transform=axes.get_xaxis_transform(), va="bottom", fontsize="small")
        axes.set(xlabel="epoch", ylabel=quantity, xlim=(0.5, len(rows) + 0.5))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    _save(figure, path)


def draw_confusion_matrix(
    path: Path,
    confusion: np.ndarray,
    class_names: Sequence[str],
    title: str,
    *,
    predictions: Sequence[str] | None = None,
) -> None:
    """Draws a confusion matrix: in each cell the count and its share of the row, the colour follows the share.

    Args:
        path: PNG file to write.
        confusion: Integer array (classes, columns): row = label, column = prediction. A row may be empty.
        class_names: The classes in label order.
        title: Stands above the matrix.
        predictions: What the columns are called, where they are not the classes alone.
    """
    columns = class_names if predictions is None else predictions
    totals = confusion.sum(axis=1)
    shares = confusion / np.maximum(totals, 1)[:, np.newaxis]
    side = 2.5 + 0.85 * len(class_names)
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        text = f"{confusion[row, column]:,}\n{share:.1%}"
        axes.text(column, row, text, ha="center", va="center", fontsize=9, color="white" if share > 0.5 else "black")
    axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(
        range(len(class_names)), [f"{name} ({total:,})" for name, total in zip(class_names, totals, strict=True)]
    )
    axes.set(xlabel="prediction", ylabel="label (number of images)")
    bar = figure.colorbar(image, ax=axes, shrink=0.8, label="share of the label's images")
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1))
    _save(figure, path)


def draw_reliability(path: Path, diagrams: Mapping[str, tuple[np.ndarray, np.ndarray, float]], title: str) -> None:
    """Draws reliability diagrams side by side: how often predictions are right, by how sure they are.

    Args:
        path: PNG file to write.
        diagrams: At least one; for each name the number of predictions in equally wide bins of confidence, integer
            array (bins,), the share of them that is right, float array (bins,), NaN for an empty bin, and the
            expected calibration error, 0..1.
        title: Stands above the diagrams.
    """
    figure = Figure(figsize=(5 * len(diagrams), 5.4), layout="constrained")
    figure.suptitle(title)
    charts = figure.subplots(1, len(diagrams), sharey=True, squeeze=False)[0]
    for axes, (name, (counts, accuracy, error)) in zip(charts, diagrams.items(), strict=True):
        width = 1 / len(counts)
        centres = (np.arange(len(counts)) + 0.5) * width
        shares = counts / counts.sum()
        axes.bar(centres, np.nan_to_num(accuracy), 0.9 * width, color="tab:blue", label="share that is right")
        axes.bar(centres, shares, 0.45 * width, color="black", alpha=0.45, label="share of all predictions")
        axes.plot([0, 1], [0, 1], color="tab:orange", label="right as often as sure")
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability of the predicted class", aspect="equal")
        axes.set_title(f"{name}: expected calibration error {error:.4f}", fontsize="medium")
        axes.grid(alpha=0.3)
    axes.legend(loc="upper left", fontsize="small")
    _save(figure, path)


class GalleryRow(Protocol):
    """A class with its most confident right and wrong examples, see :mod:`emotion_recognition.evaluation.gallery`."""

    @property
    def name(self) -> str:
        """The class."""

    @property
    def right(self) -> Sequence[int]:
        """Indices of images of the class that were recognised."""

    @property
    def wrong(self) -> Sequence[int]:
        """Indices of images of the class that were taken for another."""


def draw_gallery(
    path: Path,
    images: np.ndarray,
    rows: Sequence[GalleryRow],
    probabilities: np.ndarray,
    class_names: Sequence[str],
    title: str,
) -> None:
    """Draws examples of each class: on the left recognised ones, on the right those taken for another class.

    Args:
        path: PNG file to write.
        images: uint8 array (N, height, width, 1 or 3), 0..255, grey or RGB.
        rows: What to show, a row for each class.
        probabilities: float array (N, classes), 0..1.
        class_names: The classes in label order.
        title: Stands above the pictures.
    """
    columns = max([max(len(row.right), len(row.wrong)) for row in rows], default=0)
    figure = Figure(figsize=(2.2 + 2 * max(1, columns), 1.1 + 1.2 * max(1, len(rows))), layout="constrained")
    figure.suptitle(title)
    # A low row above holds the headings; a narrow empty column keeps the two halves apart.
    grid = figure.subplots(
        1 + len(rows),
        2 * columns + 1,
        squeeze=False,
        width_ratios=[1.0] * columns + [0.3] + [1.0] * columns,
        height_ratios=[0.2] + [1.0] * len(rows),
    )
    for axes in grid.flat:
        axes.set_axis_off()
    for line, row in zip(grid[1:], rows, strict=True):
        line[0].text(-0.15, 0.5, row.name, transform=line[0].transAxes, ha="right", va="center")
        shown = [*zip(line, row.right, strict=False), *zip(line[columns + 1 :], row.wrong, strict=False)]
        for axes, index in shown:
            best = int(probabilities[index].argmax())
            image = images[index]
            axes.imshow(image if image.shape[2] == 3 else image[:, :, 0], cmap="gray", vmin=0, vmax=255)
            axes.set_title(f"{class_names[best]} {probabilities[index, best]:.0%}", fontsize="x-small", pad=2)
    if columns:
        for axes, text in ((grid[0][0], "recognised"), (grid[0][columns + 1], "taken for another")):
            heading = axes.text(0, 0.2, text, transform=axes.transAxes, fontweight="bold")
            heading.set_in_layout(False)  # or its column would be as wide as it
    _save(figure, path)


def draw_timeline(
    path: Path,
    stretches: Sequence[tuple[int | None, str, float, float]],
    colours: Mapping[str, tuple[int, int, int]],
    title: str,
) -> None:
    """Draws who showed which emotion when, a row for each identity.

    Args:
        path: PNG file to write.
        stretches: Identity (None for an unknown one), emotion, start and end in seconds of each.
        colours: Red, green and blue, 0..255, of each emotion; their order is that of the legend.
        title: Stands above the chart.
    """
    identities = sorted({identity for identity, *_ in stretches}, key=lambda number: (number is None, number or 0))
    figure = Figure(figsize=(10, 1.9 + 0.35 * max(1, len(identities))), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots()
    for emotion, colour in colours.items():
        face = tuple(value / 255 for value in colour)
        for row, identity in enumerate(identities):
            spans = [(start, end - start) for who, what, start, end in stretches if (who, what) == (identity, emotion)]
            axes.broken_barh(spans, (row - 0.4, 0.8), facecolors=face)
        axes.plot([], [], color=face, linewidth=8, label=emotion)
    axes.set_yticks(
        range(len(identities)), ["no identity" if number is None else f"face {number}" for number in identities]
    )
    axes.set(xlabel="time in seconds", xlim=(0, max([end for *_, end in stretches], default=1.0)))
    axes.set_ylim(max(1, len(identities)) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=len(colours), frameon=False)
    _save(figure, path)


def draw_contact_sheet(path: Path, title: str, cases: Sequence[Sequence[tuple[np.ndarray, str]]]) -> None:
    """Draws images in rows, those of one case side by side, each with words below it.

    Args:
        path: PNG file to write.
        title: Stands above the images.
        cases: For each case uint8 arrays (height, width, 1 or 3), red first where they have colour, as data sets do,
            and their words, one line or several.
    """
    lines: list[list[tuple[np.ndarray, str, bool]]] = [[]]
    for case in cases:
        tiles = [(image, text, index == 0) for index, (image, text) in enumerate(case[:_TILES_IN_LINE])]
        if len(lines[-1]) + len(tiles) > _TILES_IN_LINE:
            lines.append([])
        lines[-1] += tiles
    figure = Figure(figsize=(_TILES_IN_LINE, 0.5 + 1.35 * len(lines)), layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(len(lines), 1, squeeze=False)
    for (axes,), line in zip(grid, lines, strict=True):
        axes.set(xlim=(0, _TILES_IN_LINE), ylim=(1.35, 0))
        axes.axis("off")
        for place, (image, text, is_first) in enumerate(line):
            colour = image[..., 0] if image.shape[2] == 1 else image
            # A gap on the left parts one case from the one before.
            left = place + (0.08 if is_first else 0.0)
            axes.imshow(colour, cmap="gray", vmin=0, vmax=255, extent=(left, place + 0.99, 0.98, 0), aspect="auto")
            axes.text(place + 0.5, 1.0, text, ha="center", va="top", fontsize=5.5, linespacing=1.1)
        axes.set(xlim=(0, _TILES_IN_LINE), ylim=(1.35, 0))
    _save(figure, path)


def draw_precision_recall(
    path: Path,
    curves: Mapping[str, tuple[np.ndarray, np.ndarray, float]],
    points: Mapping[str, tuple[float, float]],
    title: str,
) -> None:
    """Draws the precision-recall curves of several detectors in one chart.

    Args:
        path: PNG file to write.
        curves: For each detector recall and precision, float arrays (N,), 0..1, and its average precision, 0..1. A
            precision of 0 stands for a recall that is never reached and is not drawn.
        points: Recall and precision, 0..1, at a detector's default confidence, marked on the chart; may be of some
            detectors only.
        title: Stands above the chart.
    """
    figure = Figure(figsize=(7, 5.2), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize="medium")
    for name, (recalls, precisions, average) in curves.items():
        reached = precisions > 0
        (line,) = axes.plot(recalls[reached], precisions[reached], label=f"{name}: AP {average:.3f}")
        if name in points:
            axes.plot(*points[name], "o", color=line.get_color())
    axes.plot([], [], "o", color="grey", label="at the default confidence")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall: share of the faces that are found")
    axes.set(ylabel="precision: share of faces among the boxes")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left", fontsize="small")
    _save(figure, path)


def draw_recall_by_size(
    path: Path, bands: Mapping[str, int], recalls: Mapping[str, Sequence[float | None]], title: str
) -> None:
    """Draws which share of the faces of each size several detectors find, as groups of bars.

    Args:
        path: PNG file to write.
        bands: The number of faces in each band of sizes, smallest first.
        recalls: For each detector its recall in each band, 0..1; None for an empty band, which gets no bar.
        title: Stands above the chart.
    """
    figure = Figure(figsize=(1.6 + 1.7 * len(bands), 4.2), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize="medium")
    width = 0.85 / max(1, len(recalls))
    for place, (name, values) in enumerate(recalls.items()):
        lefts = np.arange(len(bands)) - 0.425 + place * width
        heights = [0.0 if value is None else value for value in values]
        bars = axes.bar(lefts, heights, 0.92 * width, align="edge", label=name)
        labels = ["" if value is None else f"{value:.0%}" for value in values]
        axes.bar_label(bars, labels, padding=1, fontsize="x-small")
    axes.set_xticks(range(len(bands)), [f"{name}\n{count:,} faces" for name, count in bands.items()])
    axes.set(ylim=(0, 1.08), ylabel="recall: share that is found")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", fontsize="small")
    _save(figure, path)


def draw_directions(
    path: Path, angles: Sequence[int], curves: Mapping[str, Mapping[str, Sequence[float]]], title: str
) -> None:
    """Draws how often faces are found, and read as when they are upright, over the angle by which they are turned.

    Args:
        path: PNG file to write.
        angles: Degrees clockwise, rising.
        curves: For each detector its curves ``found`` and ``unchanged``, 0..1, a number for each angle.
        title: Stands above the charts.
    """
    figure = Figure(figsize=(9.5, 3.8), layout="constrained")
    figure.suptitle(title, fontsize="medium")
    titles = {"found": "found", "unchanged": "found, with the emotion of the upright face"}
    for axes, (kind, text) in zip(figure.subplots(1, 2, sharey=True), titles.items(), strict=True):
        for name, values in curves.items():
            axes.plot([*angles, 360], [*values[kind], values[kind][0]], label=name)  # a full turn is none
        axes.set_title(text, fontsize="small")
        axes.set(xlim=(0, 360), ylim=(0, 1.03), xticks=range(0, 361, 45), xlabel="degrees clockwise")
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="lower left", fontsize="small")
    _save(figure, path)


#: Colour and line of each kind of box: true ones are dashed, a detector's are solid; only faults have warm colours.
_BOXES: Mapping[str, tuple[str, Literal["-"] | tuple[float, Sequence[float]], str]] = {
    "face": ("white", (0, (3, 2)), "a marked face"),
    "missed": ("gold", (0, (3, 2)), "a marked face that was not found"),
    "hit": ("limegreen", "-", "found"),
    "false alarm": ("red", "-", "found, but no face"),
}


def draw_found_faces(
    path: Path,
    title: str,
    pictures: Sequence[tuple[np.ndarray, Sequence[tuple[str, Sequence[float]]], str]],
    columns: int = 5,
) -> None:
    """Draws pictures with true and found boxes as a contact sheet, with a legend below.

    Args:
        path: PNG or JPEG file to write.
        title: Stands above the pictures.
        pictures: BGR uint8 array (height, width, 3), its boxes and its words of each. A box has a kind, ``"face"``,
            ``"missed"``, ``"hit"`` or ``"false alarm"``, and x, y, width and height in pixels.
        columns: Pictures in a row, at least 1.

    Raises:
        ValueError: If there is no such kind of box.
    """
    kinds = {kind for _, boxes, _ in pictures for kind, _ in boxes}
    if not kinds <= set(_BOXES):
        raise ValueError(f"A box must be one of {list(_BOXES)}. Received: {sorted(kinds - set(_BOXES))}")
    rows = max(1, -(-len(pictures) // columns))
    figure = Figure(figsize=(2.2 * columns, 0.9 + 2.35 * rows), layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, (image, boxes, words) in zip(grid.flat, pictures, strict=False):
        axes.imshow(image[..., ::-1])
        axes.set_title(words, fontsize="x-small", pad=3)
        for kind, (x, y, width, height) in boxes:
            colour, line, _ = _BOXES[kind]
            # The first pixel's centre is 0 in Matplotlib's picture, its edge -0.5.
            corner = (x - 0.5, y - 0.5)
            axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=colour, linestyle=line))
    legend = [Line2D([], [], color=colour, linestyle=line, label=text) for colour, line, text in _BOXES.values()]
    # White lines need a ground that is not.
    figure.legend(handles=legend, loc="outside lower center", ncols=len(legend), fontsize="small", facecolor="silver")
    _save(figure, path)


def draw_comparison(path: Path, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """Draws how accurate networks are beside what they cost.

    Args:
        path: PNG file to write.
        rows: For each network at least ``network``, ``operations`` for an image, ``parameters`` and ``val_accuracy``,
            0..1.
        title: Stands above the figure.
    """
    figure = Figure(figsize=(7.5, 5), layout="constrained")
    axes = figure.subplots()
    for row in rows:
        place = row["operations"] / 1e6, row["val_accuracy"]
        axes.scatter(*place, s=40 + 60 * row["parameters"] / 1e6, alpha=0.6)
        axes.annotate(row["network"], place, xytext=(0, 8), textcoords="offset points", ha="center", fontsize="small")
    axes.set(xscale="log", xlabel="million operations an image", ylabel="validation accuracy", title=title)
    axes.margins(0.15)
    axes.yaxis.set_major_formatter(FuncFormatter(_in_percent))
    axes.spines[["top", "right"]].set_visible(False)
    figure.text(0.99, 0.01, "area: parameters", ha="right", fontsize="x-small", color="grey")
    _save(figure, path)


def draw_front(path: Path, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """Draws accuracy against size, and against time, in two charts side by side.

    Args:
        path: PNG file to write.
        rows: For each network ``name``, ``parameters``, ``accuracy``, 0..1, and ``milliseconds``: those of a face, by
            what runs the network; empty where its time was not measured.
        title: Stands above the figure.
    """
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    figure.suptitle(title, fontsize="medium")
    by_size, by_time = figure.subplots(1, 2, sharey=True)
    for number, row in enumerate(rows):
        colour, accuracy = f"C{number % 10}", row["accuracy"]
        by_size.plot(row["parameters"], accuracy, "o", color=colour)
        _annotate(by_size, row["name"].removeprefix(_RELEASED), (row["parameters"], accuracy), colour)
        for runner, milliseconds in row["milliseconds"].items():
            by_time.plot(milliseconds, accuracy, "o", color=colour)
            _annotate(by_time, runner, (milliseconds, accuracy), colour)
    by_size.set(xscale="log", xlabel="parameters", ylabel="accuracy")
    by_time.set(xscale="log", xlabel="milliseconds a face")
    for axis, shown in ((by_size.xaxis, _counted), (by_time.xaxis, lambda x, _: f"{x:g}")):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(shown))
        axis.set_minor_locator(NullLocator())
    by_size.yaxis.set_major_formatter(FuncFormatter(_in_percent))
    for axes in (by_size, by_time):
        axes.margins(0.15)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    _save(figure, path)


def _in_percent(share: float, _: int) -> str:
    """Neither rounded nor with zeros that say nothing, wherever the axis has its marks."""
    return f"{100 * share:.4g}%"


def _annotate(axes: Axes, text: str, point: tuple[float, float], colour: str) -> None:
    """Writes a word at a point, above and below in turn: neighbours often stand on one line."""
    side = -1 if len(axes.texts) % 2 else 1
    axes.annotate(
        text,
        point,
        xytext=(0, 10 * side),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize="x-small",
        color=colour,
    )


def _counted(x: float, _: int | None) -> str:
    """A number of parameters in words: 58 k, 1.7 M."""
    return f"{x / 1e6:g} M" if x >= 1e6 else f"{x / 1e3:g} k"


def draw_network(stem: Path, network: "keras.Model") -> str:
    """Draws a network's layers with Graphviz, or writes its summary as text where Graphviz is missing.

    Args:
        stem: Path of the file to write, without a suffix: ``.png`` or ``.txt`` is added.
        network: The network.

    Returns:
        A sentence for a person: what was written.
    """
    import keras

    if shutil.which("dot") is None:
        path = stem.with_name(stem.name + ".txt")
        lines: list[str] = []
        network.summary(print_fn=lines.append, line_length=100)
        with replace_when_complete(path) as partial:
            partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return f"Graphviz is not installed, so the network is drawn as text: {path}"
    path = stem.with_name(stem.name + ".png")
    with replace_when_complete(path) as partial:
        keras.utils.plot_model(network, partial, show_shapes=True, show_layer_names=True, dpi=_DOTS_PER_INCH // 2)
    return f"the network is drawn in {path}"
