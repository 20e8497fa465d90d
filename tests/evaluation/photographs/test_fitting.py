"""The prior's power and the temperature, fitted where the right ones are known."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.data.files.hdf5 import Split, write_split
from emotion_recognition.emotions import class_names
from emotion_recognition.error_about import names_of
from emotion_recognition.evaluation.photographs.fit_report import fit_json, fit_text
from emotion_recognition.evaluation.photographs.fitting import Fit, Knobs, deal, fit_to_photographs, tuning_of
from emotion_recognition.evaluation.photographs.keeping import check_can_keep, keep_fit
from emotion_recognition.evaluation.photographs.labelled import Photograph, Photographs
from emotion_recognition.evaluation.photographs.learned_shares import learned_shares
from emotion_recognition.evaluation.photographs.looking import Sightings
from emotion_recognition.evaluation.photographs.prior_fits import CLASSES, POWER
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.workspace import Workspace

SHARES = np.array([0.8, 0.2])
PLAIN = Knobs(0.0, 1.0)


def sightings(knobs: Knobs = PLAIN, *, mirrored: bool = False, missing: int = 0) -> Sightings:
    """Forty faces that speak 3 : 1 for each of two classes, and are of it 3 : 1.

    The model has learned the shares: what it says is that, times the shares. So with the power 1 and the temperature 1
    it says what is true of classes that are equally frequent.
    """
    likely = np.array([[0.75, 0.25]] * 40 + [[0.25, 0.75]] * 40)
    labels = [0] * 30 + [1] * 10 + [0] * 10 + [1] * 30
    said = (likely * SHARES ** (1 - knobs.power)) ** (1 / knobs.temperature)
    rows = [*(said / said.sum(axis=1, keepdims=True)), *np.zeros((missing, 2))]
    photographs = tuple(Photograph(f"{i}.jpg", label) for i, label in enumerate([*labels, *[1] * missing]))
    found = np.array([True] * 80 + [False] * missing)
    named = Photographs("mine", Path(), ("happy", "sad"), photographs)
    return Sightings(named, "eyes", mirrored, np.array(rows, np.float32), found, 0, {}, "")


@pytest.mark.parametrize("knobs", [PLAIN, Knobs(0.4, 2.0), Knobs(1.0, 0.7)])
def test_the_power_and_the_temperature_are_found_wherever_the_model_stands(knobs: Knobs) -> None:
    fit = fit_to_photographs(sightings(knobs), knobs, SHARES, prior=POWER, temperature=True)
    assert fit.after.power == 1.0
    assert fit.after.temperature == pytest.approx(1.0, abs=0.01)
    assert fit.outcome_after.metrics.accuracy == fit.outcome_after.metrics.mean_recall == 0.75
    assert fit.outcome_after.log_loss == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25), abs=1e-4)
    assert fit.outcome_after.metrics.calibration_error == pytest.approx(0, abs=0.01)


def test_before_is_what_was_seen_and_missing_faces_stay_wrong() -> None:
    fit = fit_to_photographs(sightings(missing=20), PLAIN, SHARES, prior=POWER, temperature=False)
    # 0.25 · 0.8 is more than 0.75 · 0.2: the model sees nothing but the first class.
    assert fit.outcome_before.metrics.accuracy == 40 / 100
    assert fit.outcome_before.metrics.mean_recall == 0.5
    assert fit.after == Knobs(1.0, 1.0)
    assert fit.outcome_after.metrics.accuracy == 60 / 100
    assert fit.outcome_after.metrics.mean_recall == (30 / 40 + 30 / 60) / 2
    assert fit.faces == 80


def test_a_number_for_each_class_is_what_the_model_says_too_often() -> None:
    # It says what is true of shares 0.8 and 0.2; those it is said to have learned explain nothing.
    fit = fit_to_photographs(sightings(missing=3), PLAIN, np.array([0.5, 0.5]), prior=CLASSES, temperature=True)
    assert fit.after.class_shares == pytest.approx(
        (0.8, 0.2), abs=0.03
    )  # the offsets' own prior holds it back a little
    assert (fit.after.power, fit.fits_prior) == (1.0, CLASSES)
    assert fit.outcome_after.metrics.accuracy == 60 / 83
    assert fit.cross_validated.metrics.accuracy == 60 / 83
    # Where the shares explain everything, the power alone is enough: no offset is needed.
    known = fit_to_photographs(sightings(), PLAIN, SHARES, prior=CLASSES, temperature=True)
    assert known.after.class_shares == pytest.approx((0.8, 0.2), abs=1e-3)
    # Ten faces leave the numbers nearer to where they were than eighty.
    seen = sightings()
    few = Sightings(seen.photographs, "eyes", False, seen.probabilities, np.arange(80) % 8 == 0, 0, {}, "")
    held = fit_to_photographs(few, PLAIN, np.array([0.5, 0.5]), prior=CLASSES, temperature=False).after.class_shares
    assert held is not None
    assert 0.5 < held[0] < fit.after.class_shares[0]


def test_numbers_for_each_class_are_kept_beside_the_training_shares(tmp_path: Path) -> None:
    model = tmp_path / "mine.keras"
    prior = {"class_shares": [0.5, 0.5], "power": 0.0}
    write_card(model, {"class_names": ["sad", "happiness"], "prior": prior})
    knobs, shares = tuning_of(model, ("happy", "sad"), ModelOptions())
    fit = fit_to_photographs(sightings(), knobs, shares, prior=CLASSES, temperature=True)
    keep_fit(fit, model)
    card = read_card(model)
    assert card is not None
    assert fit.after.class_shares is not None
    assert card["prior"]["class_shares"] == list(reversed(fit.after.class_shares))
    assert (card["prior"]["training_shares"], card["prior"]["power"]) == ([0.5, 0.5], 1.0)
    # The next fit begins with them, and ends where it began.
    again, learned = tuning_of(model, ("happy", "sad"), ModelOptions())
    assert again == fit.after
    said = fit_to_photographs(sightings(), PLAIN, learned, prior=None, temperature=False)
    assert said.outcome_before.metrics.accuracy == 0.5
    assert fit_text(fit).splitlines()[-1].startswith("class shares after: happy 0.")
    assert fit_json(fit)["after"]["class_shares"]["happy"] == fit.after.class_shares[0]
    assert fit_json(fit)["fitted"] == ["class_shares", "temperature"]


def test_without_the_power_the_temperature_alone_is_fitted() -> None:
    true = Knobs(1.0, 0.5)
    fit = fit_to_photographs(sightings(true), true, SHARES, prior=None, temperature=True)
    assert fit.after.power == 1.0
    assert fit.after.temperature == pytest.approx(1.0, abs=0.01)
    unknown = fit_to_photographs(sightings(), PLAIN, None, prior=None, temperature=True)
    assert unknown.after.power == 0
    assert unknown.outcome_after.log_loss < unknown.outcome_before.log_loss


def test_each_photograph_is_judged_by_what_was_fitted_without_it() -> None:
    fit = fit_to_photographs(sightings(), PLAIN, SHARES, prior=POWER, temperature=True)
    assert len(fit.of_folds) == 5
    assert fit.cross_validated.metrics.examples == 80
    assert fit.cross_validated.metrics.accuracy == 0.75
    # Nobody is better on what it has not seen, here where all photographs are alike.
    assert fit.cross_validated.log_loss > fit.outcome_after.log_loss


def test_folds_have_the_same_share_of_each_class() -> None:
    labels = np.array([0] * 50 + [1] * 10 + [2] * 3)
    folds = list(deal(labels))
    assert np.array(folds).sum(axis=0).tolist() == [1] * 63
    assert [int((fold & (labels == 0)).sum()) for fold in folds] == [10] * 5
    assert [int((fold & (labels == 1)).sum()) for fold in folds] == [2] * 5
    assert sorted(int((fold & (labels == 2)).sum()) for fold in folds) == [0, 0, 1, 1, 1]
    assert all((one == other).all() for one, other in zip(folds, deal(labels), strict=True))


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(ValueError, match="without its mirror image") as caught:
        fit_to_photographs(sightings(mirrored=True), PLAIN, SHARES, prior=POWER, temperature=False)
    assert names_of(caught.value) == ("mirrored",)
    with pytest.raises(ValueError, match="class shares, under prior") as caught:
        fit_to_photographs(sightings(), PLAIN, None, prior=POWER, temperature=False)
    assert names_of(caught.value) == ("fit_prior",)
    seen = sightings()
    few = Sightings(seen.photographs, "eyes", False, seen.probabilities, np.arange(80) < 9, 0, {}, "")
    with pytest.raises(ValueError, match=r"at least 10 faces of at least 2 classes\. Received: 9 faces of 1 classes"):
        fit_to_photographs(few, PLAIN, SHARES, prior=POWER, temperature=True)


@pytest.fixture
def fit() -> Fit:
    return fit_to_photographs(sightings(), PLAIN, SHARES, prior=POWER, temperature=True)


def test_the_report_has_the_three_lines(fit: Fit) -> None:
    lines = fit_text(fit).splitlines()
    assert lines[0].startswith("prior power and temperature fitted to 80 faces")
    assert [line.split("  ")[0] for line in lines[2:]] == [
        "before",
        "after, on the same photographs",
        "after, cross-validated in 5 folds",
    ]
    assert "50.00 %" in lines[2]
    assert "75.00 %" in lines[3]
    content = json.loads(json.dumps(fit_json(fit)))
    assert (content["before"]["prior_power"], content["after"]["prior_power"]) == (0.0, 1.0)
    assert len(content["cross_validated"]["temperatures"]) == 5
    assert content["fitted"] == ["prior_power", "temperature"]


def test_the_card_takes_what_was_fitted_and_keeps_the_rest(fit: Fit, tmp_path: Path) -> None:
    model = tmp_path / "mine.keras"
    prior = {"class_shares": [0.2, 0.8], "power": 0.0}
    write_card(model, {"class_names": ["sad", "happiness"], "prior": prior, "network": "vggnet"})
    # In the order of the photographs' classes.
    knobs, shares = tuning_of(model, ("happy", "sad"), ModelOptions())
    assert (knobs, None if shares is None else shares.tolist()) == (PLAIN, [0.8, 0.2])
    assert keep_fit(fit, model) == tmp_path / "mine.json"
    card = read_card(model)
    assert card is not None
    assert card["prior"] == {
        "class_shares": [0.2, 0.8],
        "power": 1.0,
        "fitted_to": "photographs: mine",
        "faces": 80,
    }
    assert card["calibration"]["temperature"] == fit.after.temperature
    assert card["calibration"]["log_loss_cross_validated"] == fit.cross_validated.log_loss
    assert (card["network"], card["class_names"]) == ("vggnet", ["sad", "happiness"])
    assert tuning_of(model, ("happy", "sad"), ModelOptions())[0] == fit.after


def test_the_temperature_alone_leaves_the_prior_alone(tmp_path: Path) -> None:
    model = tmp_path / "mine.keras"
    write_card(model, {"class_names": ["happy", "sad"]})
    keep_fit(fit_to_photographs(sightings(), PLAIN, None, prior=None, temperature=True), model)
    card = read_card(model)
    assert card is not None
    assert set(card) == {"class_names", "calibration"}


def test_a_card_that_is_not_to_be_written_is_refused(fit: Fit, tmp_path: Path) -> None:
    released = tmp_path / "emotion_classification_7classes_ferplus.keras"
    with pytest.raises(ValueError, match="has no card to keep a fit in"):
        check_can_keep(released, str(released))
    with pytest.raises(ValueError, match="has no card to keep a fit in"):
        keep_fit(fit, released)
    write_card(released, {"class_names": ["happy", "sad"]})
    with pytest.raises(ValueError, match="is a released model; to change its card, name it by its path") as caught:
        check_can_keep(released, released.name)
    assert names_of(caught.value) == ("keep",)
    check_can_keep(released, str(released))


def test_shares_are_those_of_the_training_split_that_the_card_names(fit: Fit, tmp_path: Path) -> None:
    model, workspace = tmp_path / "mine.keras", Workspace(tmp_path)
    names = class_names(5)
    card = {"class_names": [*reversed(names)], "data": {"sha256": "1" * 64, "images": {"train": 10}}}
    path = workspace.split_path("train", 5)

    def build(labels: list[int], sha256: str = "1" * 64) -> None:
        split = Split(
            np.zeros((len(labels), 48, 48, 1), np.uint8), np.array(labels, np.uint8), names, "train", "a", sha256
        )
        path.parent.mkdir(exist_ok=True)
        write_split(path, split)

    write_card(model, {"class_names": list(names)})
    with pytest.raises(ValueError, match=r"mine\.json has no class shares, .* and names no training split"):
        learned_shares(model, names, workspace)
    write_card(model, card)
    with pytest.raises(ValueError, match=r"its training split is not built: .*fer2013_5classes_train\.hdf5") as caught:
        learned_shares(model, names, workspace)
    assert names_of(caught.value) == ("fit_prior",)
    build([0, 0, 0, 0, 1, 1, 2, 2, 3, 4], "2" * 64)
    with pytest.raises(ValueError, match="is not the training split that it names"):
        learned_shares(model, names, workspace)
    build([0, 0, 0, 0, 1, 1, 2, 2, 3])
    with pytest.raises(ValueError, match="is not the training split that it names"):
        learned_shares(model, names, workspace)
    build([0, 0, 0, 0, 1, 1, 2, 2, 3, 3])
    with pytest.raises(ValueError, match="has no image of some classes"):
        learned_shares(model, names, workspace)
    build([0, 0, 0, 0, 1, 1, 2, 2, 3, 4])
    assert learned_shares(model, names, workspace).tolist() == [0.4, 0.2, 0.2, 0.1, 0.1]
    of_its_size = {**card, "input": {"image_size": 64, "channels": 3, "colour": "grey"}}
    write_card(model, of_its_size)
    with pytest.raises(ValueError, match=r"is not built: .*fer2013_5classes_64px_train\.hdf5"):
        learned_shares(model, names, workspace)
    write_card(model, {**of_its_size, "input": {"image_size": 64, "channels": 3, "colour": "RGB"}})
    with pytest.raises(ValueError, match=r"is not built: .*fer2013_5classes_64px_colour_train\.hdf5"):
        learned_shares(model, names, workspace)
    write_card(model, card)
    # What the card lacks is written into it, in the order of its own classes.
    shares = dict(zip(names, (0.4, 0.2, 0.2, 0.1, 0.1), strict=True))
    keep_fit(replace(fit, training_shares=shares), model)
    kept = read_card(model)
    assert kept is not None
    assert kept["prior"]["class_shares"] == [0.1, 0.1, 0.2, 0.2, 0.4]
