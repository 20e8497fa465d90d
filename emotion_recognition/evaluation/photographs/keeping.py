"""Writes what was fitted to photographs into a model's card, where evaluation and detection find it."""

from pathlib import Path

from emotion_recognition.emotions import CLASS_COUNTS, class_order
from emotion_recognition.error_about import about
from emotion_recognition.evaluation.photographs.fitting import Fit
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.prior import Prior
from emotion_recognition.workspace import Workspace, card_path


def check_can_keep(model: Path, given: str) -> None:
    """Refuses, before any work is done, a card that is not to be written.

    Args:
        model: The model file.
        given: What the caller named it.

    Raises:
        ValueError: If it has no card, or is a released model that was named without its folder.
    """
    if read_card(model) is None:
        raise about(ValueError(f"{model} has no card to keep a fit in; write {card_path(model)}."), "keep")
    released = tuple(Workspace(Path()).released_model(count).stem for count in CLASS_COUNTS)
    if model.stem.startswith(released) and Path(given).parent == Path():
        raise about(
            ValueError(f"{model} is a released model; to change its card, name it by its path, or copy it first."),
            "keep",
        )


def keep_fit(fit: Fit, model: Path) -> Path:
    """Writes the fitted numbers into the card of the model, with what they were fitted to.

    Args:
        fit: What was fitted.
        model: The model file; it has a card.

    Returns:
        The card.

    Raises:
        ValueError: If it has no card.
        OSError: If it cannot be written.
    """
    card = read_card(model)
    if card is None:
        raise about(ValueError(f"{model} has no card to keep a fit in."), "keep")
    origin = {"fitted_to": f"photographs: {fit.photographs}", "faces": fit.faces}
    if fit.fits_prior is not None:
        names, fitted = list(fit.training_shares), fit.after.class_shares
        order = class_order(card["class_names"], "the card", names, "the photographs") or range(len(names))
        learned = tuple(fit.training_shares[names[index]] for index in order)
        if fitted is None:
            prior = Prior(learned, fit.after.power)
        else:
            prior = Prior(tuple(fitted[index] for index in order), fit.after.power, learned)
        card["prior"] = {**prior.to_card(), **origin}
    if fit.fits_temperature:
        card["calibration"] = {
            "temperature": fit.after.temperature,
            **origin,
            "expected_calibration_error_before": fit.outcome_before.metrics.calibration_error,
            "expected_calibration_error_after": fit.outcome_after.metrics.calibration_error,
            "expected_calibration_error_cross_validated": fit.cross_validated.metrics.calibration_error,
            "log_loss_before": fit.outcome_before.log_loss,
            "log_loss_after": fit.outcome_after.log_loss,
            "log_loss_cross_validated": fit.cross_validated.log_loss,
        }
    write_card(model, card)
    return card_path(model)
