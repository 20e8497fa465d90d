"""A fit to photographs as text and as JSON, a part of the report."""

from typing import Any

from emotion_recognition.evaluation.photographs.fitting import FOLDS, Fit, Knobs, Outcome
from emotion_recognition.evaluation.photographs.prior_fits import CLASSES, POWER


def fit_text(fit: Fit) -> str:
    """Lines of aligned columns: before, after, and cross-validated."""
    powers, temperatures = ([getattr(knobs, name) for knobs in fit.of_folds] for name in ("power", "temperature"))
    rows = [
        ("before", f"{fit.before.power:g}", f"{fit.before.temperature:g}", fit.outcome_before),
        ("after, on the same photographs", f"{fit.after.power:g}", f"{fit.after.temperature:g}", fit.outcome_after),
        (f"after, cross-validated in {FOLDS} folds", _span(powers), _span(temperatures), fit.cross_validated),
    ]
    width = max(len(row[0]) for row in rows)
    what = " and ".join(
        name
        for name, is_fitted in (
            ("prior power", fit.fits_prior == POWER),
            ("class shares", fit.fits_prior == CLASSES),
            ("temperature", fit.fits_temperature),
        )
        if is_fitted
    )
    header = (
        f"{'prior power':>12}  {'temperature':>16}  {'accuracy':>9}  {'mean recall':>11}  {'ECE':>6}  {'log loss':>8}"
    )
    return "\n".join(
        [
            f"{what} fitted to {fit.faces} faces; what to expect of other photographs like these is the last line",
            f"{'':<{width}}  {header}",
            *(
                f"{name:<{width}}  {power:>12}  {temperature:>16}  {_cells(outcome)}"
                for name, power, temperature, outcome in rows
            ),
            *_shares_line(fit),
        ]
    )


def fit_json(fit: Fit) -> dict[str, Any]:
    """The fit as JSON values; rates are 0..1."""
    return {
        "faces": fit.faces,
        "fitted": [
            *(["prior_power"] if fit.fits_prior == POWER else []),
            *(["class_shares"] if fit.fits_prior == CLASSES else []),
            *(["temperature"] if fit.fits_temperature else []),
        ],
        "before": {**_knobs_json(fit, fit.before), **fit.outcome_before.to_json()},
        "after": {**_knobs_json(fit, fit.after), **fit.outcome_after.to_json()},
        "cross_validated": {
            "prior_powers": [knobs.power for knobs in fit.of_folds],
            "temperatures": [knobs.temperature for knobs in fit.of_folds],
            **fit.cross_validated.to_json(),
        },
    }


def _knobs_json(fit: Fit, knobs: Knobs) -> dict[str, Any]:
    shares = {} if knobs.class_shares is None else {"class_shares": _by_name(fit, knobs.class_shares)}
    return {"prior_power": knobs.power, "temperature": knobs.temperature, **shares}


def _shares_line(fit: Fit) -> list[str]:
    if fit.after.class_shares is None:
        return []
    shares = _by_name(fit, fit.after.class_shares)
    return [f"class shares after: {', '.join(f'{name} {share:.3f}' for name, share in shares.items())}"]


def _by_name(fit: Fit, shares: tuple[float, ...]) -> dict[str, float]:
    return dict(zip(fit.training_shares, shares, strict=True))


def _span(values: list[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _cells(outcome: Outcome) -> str:
    metrics = outcome.metrics
    accuracy, recall = (f"{100 * rate:.2f} %" for rate in (metrics.accuracy, metrics.mean_recall))
    return f"{accuracy:>9}  {recall:>11}  {metrics.calibration_error:>6.4f}  {outcome.log_loss:>8.4f}"
