import numpy as np
import pytest

from emotion_recognition.data.sources.stratified import SplitShares, divide, split_off

LABELS = np.repeat([0, 1, 2], [100, 50, 10])


def test_every_class_gives_its_share() -> None:
    splits = divide(LABELS, SplitShares(val=0.2, test=0.1))
    counts = [np.bincount(LABELS[splits == split], minlength=3).tolist() for split in range(3)]
    assert counts == [[70, 35, 7], [20, 10, 2], [10, 5, 1]]


def test_the_seed_decides_which() -> None:
    first, again, other = (divide(LABELS, SplitShares(seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_stratum_is_divided_the_same_whatever_others_there_are() -> None:
    # An image of class 2 must not move from val to train when class 1 is left out.
    shares = SplitShares(val=0.3, test=0.3)
    whole = divide(LABELS, shares)
    without = divide(LABELS[LABELS != 1], shares)
    np.testing.assert_array_equal(whole[LABELS != 1], without)


@pytest.mark.parametrize(("has_val", "has_test", "counts"), [(True, False, [90, 0, 10]), (False, True, [80, 20, 0])])
def test_only_missing_splits_are_split_off(has_val: bool, has_test: bool, counts: list[int]) -> None:
    splits = divide(np.zeros(100, int), SplitShares(val=0.2, test=0.1), has_val=has_val, has_test=has_test)
    assert np.bincount(splits, minlength=3).tolist() == counts


def test_a_rare_class_gives_one_and_keeps_one() -> None:
    labels = np.array([0, 0, 1])
    for seed in range(5):
        chosen = split_off(labels, 0.01, [seed])
        assert labels[chosen].tolist() == [0]


@pytest.mark.parametrize("shares", [{"val": 0}, {"test": -0.1}, {"val": 0.6, "test": 0.4}, {"val": float("nan")}])
def test_shares_that_leave_nothing_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="shares of val and test"):
        SplitShares(**shares)  # type: ignore[arg-type]


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed must be at least 0"):
        SplitShares(seed=-1)


@pytest.mark.parametrize("has_test", [False, True])
def test_the_seed_decides_which_are_val(has_test: bool) -> None:
    chosen = [divide(LABELS, SplitShares(seed=seed), has_test=has_test) == 1 for seed in (1, 2)]
    assert chosen[0].sum() == chosen[1].sum() > 0
    assert (chosen[0] != chosen[1]).any()


@pytest.mark.parametrize(
    ("shares", "missing", "expected"),
    [
        (SplitShares(), [], None),
        (SplitShares(val=0.2, test=0.2, seed=1), ["val", "test"], None),
        (SplitShares(test=0.2), ["test"], None),
        (SplitShares(seed=1), ["val"], None),
        (SplitShares(test=0.2, seed=1), ["val"], "test_share changes nothing: the source has test itself"),
        (SplitShares(seed=1), [], "seed changes nothing: the source has val and test itself"),
        (SplitShares(val=0.2, seed=1), [], "val_share and seed change nothing: the source has val and test itself"),
    ],
)
def test_what_changes_nothing_is_said(shares: SplitShares, missing: list[str], expected: str | None) -> None:
    assert shares.without_effect(missing) == expected
