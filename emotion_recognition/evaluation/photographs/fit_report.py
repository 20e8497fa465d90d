"""A fit to photographs as text and as JSON, a part of the report."""

from typing import Any

from emotion_recognition.evaluation.photographs.fitting import FOLDS, Fit, Outcome


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
        for name, is_fitted in (("prior power", fit.fits_power), ("temperature", fit.fits_temperature))
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
        ]
    )


def fit_json(fit: Fit) -> dict[str, Any]:
    """The fit as JSON values; rates are 0..1."""
    return {
        "faces": fit.faces,
        "fitted": [
            *(["prior_power"] if fit.fits_power else []),
            *(["temperature"] if fit.fits_temperature else []),
        ],
        "before": {
            "prior_power": fit.before.power,
            "temperature": fit.before.temperature,
            **fit.outcome_before.to_json(),
        },
        "after": {
            "prior_power": fit.after.power,
            "temperature": fit.after.temperature,
            **fit.outcome_after.to_json(),
        },
        "cross_validated": {
            "prior_powers": [knobs.power for knobs in fit.of_folds],
            "temperatures": [knobs.temperature for knobs in fit.of_folds],
            **fit.cross_validated.to_json(),
        },
    }


def _span(values: list[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _cells(outcome: Outcome) -> str:
    metrics = outcome.metrics
    accuracy, recall = (f"{100 * rate:.2f} %" for rate in (metrics.accuracy, metrics.mean_recall))
    return f"{accuracy:>9}  {recall:>11}  {metrics.calibration_error:>6.4f}  {outcome.log_loss:>8.4f}"
