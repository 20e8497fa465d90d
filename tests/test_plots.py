"""Figures: what they show is read back from the file or, for text, from the figure's own objects."""

import shutil
from itertools import combinations
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from matplotlib.figure import Figure

from emotion_recognition import plots
from emotion_recognition.evaluation.gallery import GalleryRow


def read(path: Path) -> np.ndarray:
    image = cv2.imread(str(path))
    assert image is not None, f"{path} is no picture"
    return image


def colour_at(image: np.ndarray, name_bgr: tuple[int, int, int]) -> np.ndarray:
    """Columns in which a colour occurs."""
    return np.flatnonzero((np.abs(image.astype(int) - name_bgr).sum(axis=2) < 12).any(axis=0))


ORANGE = (14, 127, 255)  # Matplotlib's tab:orange


def rows(accuracies: list[float], rate: float = 0.001, stage: int = 1) -> list[dict[str, float]]:
    return [
        {"stage": stage, "learning_rate": rate, "accuracy": a, "val_accuracy": a / 2, "loss": 1 - a, "val_loss": 2 - a}
        for a in accuracies
    ]


BLUE = (180, 119, 31)  # Matplotlib's tab:blue


def test_the_bars_of_the_class_distribution_are_as_long_as_the_counts(tmp_path: Path) -> None:
    plots.draw_class_distribution(tmp_path / "a.png", ["happy", "sad", "fear"], {"train": np.array([400, 100, 0])})
    image = read(tmp_path / "a.png")
    left_chart = image[:, : image.shape[1] // 2].astype(int)
    lengths = (np.abs(left_chart - BLUE).sum(axis=2) < 12).sum(axis=1)
    lengths = lengths[lengths > 0]
    assert lengths[0] == lengths.max()  # the first class stands on top
    assert lengths.max() / lengths.min() == pytest.approx(4, rel=0.05)


def test_the_class_distribution_has_a_chart_of_all_and_of_each_split_with_its_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(plots, "_save", lambda figure, path: drawn.append(figure))
    counts = {"train": np.array([1200, 30]), "val": np.array([34, 0]), "test": np.array([6, 7])}
    plots.draw_class_distribution(tmp_path / "a.png", ["happy", "sad"], counts)
    charts = [(axes.get_title(), [text.get_text() for text in axes.texts]) for axes in drawn[0].axes]
    assert charts == [
        ("whole data set: 1,277 images", ["1,240", "37"]),
        ("train: 1,230 images", ["1,200", "30"]),
        ("val: 34 images", ["34", "0"]),
        ("test: 13 images", ["6", "7"]),
    ]


def test_training_curves_show_training_and_validation_in_two_charts(tmp_path: Path) -> None:
    plots.draw_training_curves(tmp_path / "a.png", rows([0.1, 0.5, 0.6]), 3, "a title")
    image = read(tmp_path / "a.png")
    middle = image.shape[1] // 2
    columns = colour_at(image, ORANGE)
    assert (columns < middle).any()
    assert (columns > middle).any()


def test_training_curves_of_a_run_without_accuracy_are_one_chart_of_the_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = [{k: v for k, v in row.items() if "accuracy" not in k} for row in rows([0.1, 0.5, 0.6])]
    drawn: list[Figure] = []
    monkeypatch.setattr(plots, "_save", lambda figure, path: drawn.append(figure))
    plots.draw_training_curves(tmp_path / "a.png", without, 2, "a title")
    (axes,) = drawn[0].axes
    assert axes.get_ylabel() == "loss"
    assert [list(np.asarray(line.get_ydata())) for line in axes.get_lines()[:2]] == [
        [row["loss"] for row in without],
        [row["val_loss"] for row in without],
    ]
    assert "kept: epoch 2" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_training_curves_say_what_the_training_loss_has_and_the_validation_loss_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(plots, "_save", lambda figure, path: drawn.append(figure))
    plots.draw_training_curves(tmp_path / "a.png", rows([0.1]), 1, "a title", also_in_training_loss=["votes", "heads"])
    legends = {axes.get_ylabel(): axes.get_legend().get_texts()[0].get_text() for axes in drawn[0].axes}
    assert legends == {"accuracy": "training (augmented)", "loss": "training (augmented),\nwith votes,\nwith heads"}


def test_training_curves_of_one_epoch_and_of_several_stages_can_be_drawn(tmp_path: Path) -> None:
    plots.draw_training_curves(tmp_path / "one.png", rows([0.3]), 1, "one epoch")
    plots.draw_training_curves(tmp_path / "two.png", rows([0.3, 0.4]) + rows([0.5], 1e-4, stage=2), 3, "two stages")
    plots.draw_training_curves(tmp_path / "same.png", rows([0.3, 0.4, 0.5]), 3, "two stages")
    plots.draw_training_curves(tmp_path / "falling.png", rows([0.3, 0.4]) + rows([0.5], 1e-4), 3, "two stages")
    # The same curves, but for the mark of the second stage, or for the rates above the first.
    assert not np.array_equal(read(tmp_path / "falling.png"), read(tmp_path / "same.png"))
    assert not np.array_equal(read(tmp_path / "falling.png"), read(tmp_path / "two.png"))
    assert not np.array_equal(read(tmp_path / "two.png"), read(tmp_path / "same.png"))


def test_without_graphviz_a_network_is_drawn_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="head")])
    sentence = plots.draw_network(tmp_path / "net", network)
    assert sentence == f"Graphviz is not installed, so the network is drawn as text: {tmp_path / 'net.txt'}"
    assert "head (Dense)" in (tmp_path / "net.txt").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_with_graphviz_a_network_is_drawn_as_a_picture(tmp_path: Path) -> None:
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    assert plots.draw_network(tmp_path / "net", network) == f"the network is drawn in {tmp_path / 'net.png'}"
    assert read(tmp_path / "net.png").min() < 128


def test_a_timeline_shows_each_emotion_where_it_was(tmp_path: Path) -> None:
    red, green = (222, 48, 48), (0, 153, 76)
    stretches = [
        (1, "anger", 0.0, 5.0),
        (1, "disgust", 5.0, 10.0),
        (2, "disgust", 0.0, 2.5),
        (None, "anger", 9.0, 10.0),
    ]
    plots.draw_timeline(tmp_path / "a.png", stretches, {"anger": red, "disgust": green}, "film.mp4")
    image = read(tmp_path / "a.png")[: -read(tmp_path / "a.png").shape[0] // 4]  # without the legend
    greens = (np.abs(image.astype(int) - green[::-1]).sum(axis=2) < 12).nonzero()
    reds = (np.abs(image.astype(int) - red[::-1]).sum(axis=2) < 12).nonzero()
    rows = np.unique(greens[0])
    first = greens[1][greens[0] == rows[5]]  # face 1 stands on top: its second half
    second = greens[1][greens[0] == rows[-6]]  # face 2: its first quarter
    assert first.min() - second.min() == pytest.approx(2 * np.ptp(second), rel=0.05)
    assert np.ptp(first) == pytest.approx(2 * np.ptp(second), rel=0.05)
    assert reds[0].max() > greens[0].max()  # the face without identity comes last


def test_a_timeline_without_faces_can_be_drawn(tmp_path: Path) -> None:
    plots.draw_timeline(tmp_path / "a.png", [], {"anger": (222, 48, 48)}, "film.mp4")
    assert read(tmp_path / "a.png").shape[1] > 600


def test_a_gallery_shows_the_images_that_were_chosen(tmp_path: Path) -> None:
    images = np.zeros((4, 8, 8, 1), np.uint8)
    images[1], images[3] = 120, 201
    rows = [GalleryRow("sad", (1,), (3, 0)), GalleryRow("happy", (), ())]
    plots.draw_gallery(tmp_path / "a.png", images, rows, np.full((4, 2), 0.5), ("sad", "happy"), "val")
    image = read(tmp_path / "a.png")
    columns = {grey: np.median(colour_at(image, (grey,) * 3)) for grey in (120, 201)}
    # Right ones on the left, wrong ones on the right.
    assert columns[120] < image.shape[1] / 2 < columns[201]


def test_no_text_of_a_gallery_stands_on_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(plots, "_save", lambda figure, path: drawn.append(figure))
    images = np.zeros((12, 8, 8, 1), np.uint8)
    chosen = [GalleryRow("surprise", range(6), range(6, 12)), GalleryRow("sad", (0,), (7,))]
    title = "emotion_classification_7classes.keras on the test split: accuracy 72.81 %"
    plots.draw_gallery(tmp_path / "a.png", images, chosen, np.full((12, 2), 0.5), ("surprise", "sad"), title)
    figure = drawn[0]
    figure.draw_without_rendering()
    texts = [figure._suptitle, *(text for axes in figure.axes for text in [*axes.texts, axes.title])]
    shown = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    assert {"recognised", "taken for another", title} <= {text for text, _ in shown}
    pairs = [(first[0], second[0]) for first, second in combinations(shown, 2) if first[1].overlaps(second[1])]
    assert pairs == []


def test_a_gallery_of_nothing_can_be_drawn(tmp_path: Path) -> None:
    images = np.zeros((0, 8, 8, 1), np.uint8)
    plots.draw_gallery(tmp_path / "a.png", images, [GalleryRow("sad", (), ())], np.empty((0, 1)), ("sad",), "val")
    assert read(tmp_path / "a.png").size


def test_samples_stand_in_rows_in_label_order_and_keep_their_colours(tmp_path: Path) -> None:
    red, green = (np.full((n, 20, 20, 3), colour, np.uint8) for n, colour in ((3, (255, 0, 0)), (1, (0, 255, 0))))
    none = np.empty((0, 20, 20, 3), np.uint8)
    plots.draw_samples(tmp_path / "a.png", {"red": red, "none": none, "green": green}, "samples")
    image = read(tmp_path / "a.png").astype(int)
    found = {
        name: np.argwhere(np.abs(image - colour).sum(axis=2) < 12)
        for name, colour in (("red", (0, 0, 255)), ("green", (0, 255, 0)))
    }
    # Red above green, with a row for the class without images between; three images wide, and one.
    height = np.ptp(found["red"][:, 0])
    assert found["green"][:, 0].min() - found["red"][:, 0].max() == pytest.approx(height, rel=0.1)
    assert np.ptp(found["red"][:, 1]) == pytest.approx(3 * np.ptp(found["green"][:, 1]), rel=0.1)
    assert found["red"][:, 1].min() == pytest.approx(found["green"][:, 1].min(), abs=2)


def test_grey_samples_are_drawn_too(tmp_path: Path) -> None:
    plots.draw_samples(tmp_path / "a.png", {"a": np.full((2, 9, 9, 1), 100, np.uint8)}, "samples")
    assert (read(tmp_path / "a.png") == 100).all(axis=2).sum() > 1000


def test_a_contact_sheet_shows_every_image_of_its_cases(tmp_path: Path) -> None:
    black, white = np.zeros((8, 8, 1), np.uint8), np.full((8, 8, 1), 255, np.uint8)
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    # Ten pairs fill two lines; the third case of a line that is full goes to the next.
    cases = [[(red, "train 1: happy"), (black, "")]] * 10 + [[(white, "test 3: sad\nFER+: happy 80%")]]
    plots.draw_contact_sheet(tmp_path / "a.png", "pairs: 11 of 11 cases", cases)
    image = read(tmp_path / "a.png")
    is_red = (np.abs(image.astype(int) - (0, 0, 255)).sum(axis=2) < 12).astype(np.uint8)
    assert cv2.connectedComponents(is_red)[0] - 1 == 10
    lines, widest = image.shape[0], is_red.sum(axis=1).max() / image.shape[1]
    assert lines > 300
    assert 0.4 < widest < 0.5  # six red images of twelve in the fullest line


def test_a_case_with_more_images_than_a_line_is_cut(tmp_path: Path) -> None:
    plots.draw_contact_sheet(tmp_path / "a.png", "one", [[(np.zeros((8, 8, 1), np.uint8), "x")] * 40])
    assert read(tmp_path / "a.png").shape[0] < 300


GREEN = (44, 160, 44)[::-1]  # Matplotlib's tab:green


def test_precision_recall_curves_end_where_the_recall_does(tmp_path: Path) -> None:
    recalls = np.arange(101) / 100
    curves = {
        "whole": (recalls, np.full(101, 0.9), 0.9),
        "half": (recalls, np.where(recalls <= 0.5, 0.6, 0.0), 0.306),
        "blind": (recalls, np.zeros(101), 0.0),
    }
    plots.draw_precision_recall(tmp_path / "a.png", curves, {"whole": (0.8, 0.9)}, "val")
    image = read(tmp_path / "a.png")[: read(tmp_path / "a.png").shape[0] // 2]  # without the legend
    whole, half = colour_at(image, BLUE), colour_at(image, ORANGE)
    assert np.ptp(half) == pytest.approx(np.ptp(whole) / 2, rel=0.03)
    assert colour_at(image, GREEN).size == 0


def test_the_default_confidence_is_marked_on_its_curve(tmp_path: Path) -> None:
    curve = {"a": (np.arange(101) / 100, np.full(101, 0.9), 0.9)}
    plots.draw_precision_recall(tmp_path / "with.png", curve, {"a": (0.4, 0.9)}, "val")
    plots.draw_precision_recall(tmp_path / "without.png", curve, {}, "val")
    differing = np.flatnonzero((read(tmp_path / "with.png") != read(tmp_path / "without.png")).any(axis=(0, 2)))
    line = colour_at(read(tmp_path / "without.png")[:200], BLUE)
    assert np.median(differing) == pytest.approx(line.min() + 0.4 * np.ptp(line), abs=4)


def test_bars_of_recall_by_size_are_as_high_as_the_recall_and_empty_bands_have_none(tmp_path: Path) -> None:
    bands = {"small": 40, "none": 0, "large": 1200}
    recalls = {"mine": [0.25, None, 1.0], "theirs": [0.5, None, 0.75]}
    plots.draw_recall_by_size(tmp_path / "a.png", bands, recalls, "val")
    image = read(tmp_path / "a.png")
    third = image.shape[1] // 3

    def heights(colour: tuple[int, int, int], part: np.ndarray) -> float:
        # The legend's patches are much lower than the bars and stand above them.
        return float((np.abs(part.astype(int) - colour).sum(axis=2) < 12).sum(axis=0).max())

    left, right = image[image.shape[0] // 4 :, :third], image[:, 2 * third :]
    full = heights(BLUE, right)
    assert heights(ORANGE, right) / full == pytest.approx(0.75, abs=0.02)
    assert heights(BLUE, left) / full == pytest.approx(0.25, abs=0.02)
    assert heights(ORANGE, left) / full == pytest.approx(0.5, abs=0.02)
    middle = image[:, third + third // 4 : 2 * third - third // 4]
    assert colour_at(middle, BLUE).size == colour_at(middle, ORANGE).size == 0


def test_found_faces_are_framed_in_the_colour_of_their_kind(tmp_path: Path) -> None:
    black = np.zeros((100, 100, 3), np.uint8)
    blue = np.zeros((50, 100, 3), np.uint8)
    blue[...] = (255, 0, 0)  # BGR
    pictures = [
        (black, [("missed", (10, 10, 30, 30)), ("false alarm", (60, 60, 30, 30))], "first"),
        (blue, [("face", (10, 10, 20, 20)), ("hit", (10, 10, 20, 20))], "second"),
        (black, [], "third"),
    ]
    plots.draw_found_faces(tmp_path / "a.png", "a sheet", pictures, columns=2)
    image = read(tmp_path / "a.png")
    image = image[: image.shape[0] - 50].astype(int)  # without the legend
    places = {
        name: np.argwhere(np.abs(image - colour).sum(axis=2) < 60).mean(axis=0)
        for name, colour in (
            ("red", (0, 0, 255)),
            ("gold", (0, 215, 255)),
            ("lime", (50, 205, 50)),
            ("blue", (255, 0, 0)),
        )
    }
    middle = image.shape[1] / 2
    assert max(places["gold"][1], places["red"][1]) < middle < min(places["lime"][1], places["blue"][1])
    assert (places["gold"] < places["red"]).all()  # further up, further left
    # The third picture begins a second row.
    is_black = (image == 0).all(axis=2)
    rows = np.flatnonzero(is_black[:, : int(middle)].sum(axis=1) > 100)
    assert np.diff(rows).max() > 10


def test_a_kind_of_box_that_is_none_is_refused_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'false alarm'\]\. Received: \['ghost'\]"):
        plots.draw_found_faces(tmp_path / "a.png", "", [(np.zeros((9, 9, 3), np.uint8), [("ghost", (0, 0, 4, 4))], "")])
    assert list(tmp_path.iterdir()) == []
