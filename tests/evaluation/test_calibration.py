"""Expected calibration error and temperature fit, on predictions counted by hand."""

import numpy as np
import pytest

from emotion_recognition.evaluation.calibration import fit_temperature, log_loss, reliability


def two_classes(sure: list[float]) -> np.ndarray:
    """Probabilities of predictions of class 0 with these confidences."""
    return np.array([[p, 1 - p] for p in sure])


def test_the_error_is_the_mean_gap_of_the_bins_by_count() -> None:
    # Bin (0.5, 0.75]: 0.6 and 0.7, one right: |0.65 - 0.5| = 0.15, twice.
    # Bin (0.75, 1]: 0.8, 0.9, 1.0, two right: |0.9 - 2/3| = 0.2333, three times.
    bins = reliability(np.array([0, 1, 0, 0, 1]), two_classes([0.6, 0.7, 0.8, 0.9, 1.0]), bins=4)
    assert bins.counts.tolist() == [0, 0, 2, 3]
    np.testing.assert_allclose(bins.confidence[2:], [0.65, 0.9])
    np.testing.assert_allclose(bins.accuracy[2:], [0.5, 2 / 3])
    assert np.isnan(bins.accuracy[:2]).all()
    assert bins.expected_error == pytest.approx((2 * 0.15 + 3 * 0.7 / 3) / 5)
    assert bins.to_json()["accuracy"][:2] == [None, None]
    np.testing.assert_allclose(bins.variance, [0, 0, 0.6 * 0.4 + 0.7 * 0.3, 0.8 * 0.2 + 0.9 * 0.1])
    assert bins.chance_error == pytest.approx((2 / np.pi) ** 0.5 * (0.45**0.5 + 0.25**0.5) / 5)
    assert bins.to_json()["expected_calibration_error_by_chance"] == bins.chance_error


def test_a_bin_has_its_upper_edge_and_not_its_lower_one() -> None:
    assert reliability(np.array([0, 0]), two_classes([0.5, 0.75]), bins=4).counts.tolist() == [0, 1, 1, 0]


def test_perfectly_calibrated_predictions_have_no_error() -> None:
    labels = np.array([0] * 8 + [1] * 2)
    assert reliability(labels, two_classes([0.8] * 10)).expected_error == pytest.approx(0)


def test_the_error_by_chance_is_what_calibrated_predictions_have_on_average() -> None:
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, 400)
    drawn = [reliability((rng.random(400) >= sure).astype(int), two_classes(list(sure))) for _ in range(300)]
    errors = [bins.expected_error for bins in drawn]
    assert drawn[0].chance_error == pytest.approx(np.mean(errors), abs=3 * np.std(errors) / 300**0.5)


def test_no_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="0 examples"):
        reliability(np.array([], int), np.zeros((0, 2)))


def test_the_log_loss_is_the_mean_of_the_negative_logarithms() -> None:
    assert log_loss(np.array([0, 1]), two_classes([0.5, 0.75])) == pytest.approx((np.log(2) + np.log(4)) / 2)


def test_the_fitted_temperature_is_the_one_that_the_logits_were_divided_by() -> None:
    """Labels are drawn from softmax(logits); the network says softmax(2.5 logits), so it is too sure."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (40_000, 4))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.random((40_000, 1)) > true.cumsum(axis=1)).sum(axis=1)
    too_sure = true**2.5 / (true**2.5).sum(axis=1, keepdims=True)
    fit = fit_temperature(labels, too_sure)
    assert fit.temperature == pytest.approx(2.5, rel=0.03)
    assert fit.error_after < 0.01 < 0.1 < fit.error_before
    assert fit.log_loss_after < fit.log_loss_before
    assert fit.to_json()["temperature"] == fit.temperature
