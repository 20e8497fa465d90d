import json
import math
from typing import Any

import numpy as np
import pytest

from emotion_recognition.models.face_ssd.priors import STRIDES, PriorSettings, choose_priors, make_priors

#: The root of the aspect ratio is 0.8: sizes 10, 20 and 40 are 8×12.5, 16×25 and 32×50 pixels.
SETTINGS = PriorSettings(strides=(8, 16), sizes=((10.0, 20.0), (40.0,)), aspect_ratio=0.64, variances=(0.1, 0.3))


def test_priors_stand_by_stride_row_column_and_size() -> None:
    priors = make_priors(16, 32, SETTINGS)
    assert (priors.shape, priors.dtype) == ((18, 4), np.float32)
    expected = [
        *([4, 4, 8, 12.5], [4, 4, 16, 25], [12, 4, 8, 12.5], [12, 4, 16, 25]),
        *([20, 4, 8, 12.5], [20, 4, 16, 25], [28, 4, 8, 12.5], [28, 4, 16, 25]),
        *([4, 12, 8, 12.5], [4, 12, 16, 25], [12, 12, 8, 12.5], [12, 12, 16, 25]),
        *([20, 12, 8, 12.5], [20, 12, 16, 25], [28, 12, 8, 12.5], [28, 12, 16, 25]),
        *([8, 8, 32, 50], [24, 8, 32, 50]),
    ]
    np.testing.assert_allclose(priors, expected, rtol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (320, 256), (128, 448)])
def test_every_feature_map_has_its_boxes(height: int, width: int) -> None:
    settings = PriorSettings(STRIDES, ((10.0, 15.0), (30.0,), (60.0,), (90.0, 120.0, 200.0)), 0.8)
    priors = make_priors(height, width, settings)
    cells = height * width
    assert len(priors) == 2 * cells // 64 + cells // 256 + cells // 1024 + 3 * cells // 4096
    # A box's area is its size squared, whatever its shape.
    np.testing.assert_allclose(np.unique(np.sqrt(priors[:, 2] * priors[:, 3]).round(3)), [10, 15, 30, 60, 90, 120, 200])
    np.testing.assert_allclose(priors[:, 2] / priors[:, 3], 0.8, rtol=1e-6)


@pytest.mark.parametrize(
    ("height", "width", "words"),
    [
        (24, 32, "height must be a positive multiple of 16. Received: 24"),
        (32, 40, "width must be a positive multiple of 16. Received: 40"),
        (0, 32, "height must be a positive multiple of 16. Received: 0"),
        (32, -16, "width must be a positive multiple of 16. Received: -16"),
    ],
)
def test_an_input_that_does_not_divide_is_refused(height: int, width: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_priors(height, width, SETTINGS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"strides": (), "sizes": ()}, r"strides must rise from at least 1. Received: \(\)"),
        ({"strides": (16, 8)}, r"strides must rise from at least 1. Received: \(16, 8\)"),
        ({"strides": (8, 8)}, "strides must rise"),
        ({"strides": (0, 8)}, "strides must rise"),
        ({"strides": (8, 12)}, r"strides must divide the largest of them. Received: \(8, 12\)"),
        ({"sizes": ((10.0,),)}, r"sizes must have positive numbers for each of 2 strides. Received: \(\(10.0,\),\)"),
        ({"sizes": ((10.0,), ())}, "sizes must have positive numbers"),
        ({"sizes": ((10.0, 0.0), (40.0,))}, "sizes must have positive numbers"),
        ({"sizes": ((10.0, math.nan), (40.0,))}, "sizes must have positive numbers"),
        ({"sizes": ((10.0,), (math.inf,))}, "sizes must have positive numbers"),
        ({"aspect_ratio": 0.0}, "aspect_ratio must be a number above 0. Received: 0.0"),
        ({"aspect_ratio": math.nan}, "aspect_ratio must be a number above 0. Received: nan"),
        ({"aspect_ratio": math.inf}, "aspect_ratio must be a number above 0. Received: inf"),
        ({"variances": (0.1,)}, r"variances must be two numbers above 0. Received: \(0.1,\)"),
        ({"variances": (0.1, 0.1, 0.2, 0.2)}, "variances must be two numbers"),
        ({"variances": (0.1, -0.2)}, "variances must be two numbers"),
        ({"variances": (math.nan, 0.2)}, "variances must be two numbers"),
    ],
)
def test_settings_that_no_network_can_have_are_refused(changes: dict[str, Any], words: str) -> None:
    whole = {"strides": (8, 16), "sizes": ((10.0, 20.0), (40.0,)), "aspect_ratio": 0.8, "variances": (0.1, 0.2)}
    with pytest.raises(ValueError, match=words):
        PriorSettings(**{**whole, **changes})


class TestCard:
    """The entry that carries the prior boxes beside a model."""

    def test_the_entry_is_the_documented_one(self) -> None:
        assert json.loads(json.dumps(SETTINGS.to_card())) == {
            "priors": {"strides": [8, 16], "sizes": [[10, 20], [40]], "aspect_ratio": 0.64, "variances": [0.1, 0.3]}
        }

    def test_settings_come_back_from_json(self) -> None:
        read = PriorSettings.from_card(json.loads(json.dumps({"network": "face_ssd", **SETTINGS.to_card()})))
        assert read == SETTINGS
        assert hash(read) == hash(SETTINGS)  # tuples again, not JSON's lists
        np.testing.assert_array_equal(make_priors(16, 32, read), make_priors(16, 32, SETTINGS))

    @pytest.mark.parametrize("entry", [None, [], "priors", 7, {}])
    def test_a_card_without_prior_boxes_is_an_error(self, entry: object) -> None:
        with pytest.raises(ValueError, match=r"the card describes no prior boxes\. Received: "):
            PriorSettings.from_card({} if entry is None else {"priors": entry})

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("strides", 8),
            ("strides", ["eight", 16]),
            ("strides", [8, math.inf]),
            ("sizes", [10, 40]),
            ("sizes", [["ten"], [40]]),
            ("sizes", None),
            ("aspect_ratio", [0.8]),
            ("aspect_ratio", "wide"),
            ("variances", None),
            ("variances", 0.1),
        ],
    )
    def test_an_entry_of_another_kind_is_an_error(self, name: str, value: object) -> None:
        entry = {**SETTINGS.to_card()["priors"], name: value}
        with pytest.raises(ValueError, match=r"the card describes no prior boxes\. Received: "):
            PriorSettings.from_card({"priors": entry})

    @pytest.mark.parametrize("name", ["strides", "sizes", "aspect_ratio", "variances"])
    def test_a_missing_number_is_an_error(self, name: str) -> None:
        entry = {key: value for key, value in SETTINGS.to_card()["priors"].items() if key != name}
        with pytest.raises(ValueError, match=r"the card describes no prior boxes\. Received: "):
            PriorSettings.from_card({"priors": entry})

    def test_numbers_that_no_network_can_have_are_refused(self) -> None:
        entry = {**SETTINGS.to_card()["priors"], "aspect_ratio": -1}
        with pytest.raises(ValueError, match=r"aspect_ratio must be a number above 0\. Received: -1\.0"):
            PriorSettings.from_card({"priors": entry})


class TestChoice:
    """The sizes that suit a data set."""

    def boxes(self) -> np.ndarray:
        """101 faces of aspect 0.64 by the median; 2 % are below a size of 10 and 2 % above 1280."""
        sizes = np.array([1.0, 2.0, 10.0, *[100.0] * 95, 1280.0, 5000.0, 9000.0])
        boxes = np.stack([sizes * 0.8, sizes / 0.8], axis=1)
        boxes[10:20] = 100.0  # a few square ones
        boxes[-2:] *= ((4, 1 / 4),)  # and very wide ones, of the same size
        return np.asarray(np.random.default_rng(0).permutation(boxes))

    def test_sizes_rise_by_equal_ratios_from_fine_to_coarse(self) -> None:
        # Eight sizes from 10 to 1280: each is twice the last.
        priors = choose_priors(self.boxes(), (4, 2, 1, 1))
        assert priors.strides == (8, 16, 32, 64)
        assert priors.sizes == ((10.0, 20.0, 40.0, 80.0), (160.0, 320.0), (640.0,), (1280.0,))

    def test_the_shape_is_the_median_face_s(self) -> None:
        assert choose_priors(self.boxes()).aspect_ratio == 0.64

    def test_fewer_feature_maps_are_the_finest(self) -> None:
        priors = choose_priors(self.boxes(), (1, 2))
        assert priors.strides == (8, 16)
        assert priors.sizes == ((10.0,), (113.1, 1280.0))  # the middle is the root of 10 · 1280

    def test_by_default_the_finest_map_has_four_sizes_and_the_others_two(self) -> None:
        assert choose_priors(self.boxes()).boxes_per_place == (4, 2, 2, 2)

    def test_one_size_is_enough(self) -> None:
        assert choose_priors(np.array([[16.0, 25.0]]), (1, 1)).sizes == ((20.0,), (20.0,))

    @pytest.mark.parametrize(
        ("boxes", "words"),
        [
            (np.zeros((0, 2)), "boxes must be widths and heights above 0, at least one. Received: 0$"),
            (np.array([[10.0, 10.0], [5.0, 0.0]]), "Received: 2, the smallest number 0$"),
            (np.array([[10.0, -3.0]]), "Received: 1, the smallest number -3$"),
            (np.array([[10.0, np.nan]]), "Received: 1, the smallest number nan$"),
            (np.array([[10.0, np.inf]]), "boxes must be widths and heights above 0"),
        ],
    )
    def test_boxes_without_a_size_are_refused(self, boxes: np.ndarray, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            choose_priors(boxes)

    @pytest.mark.parametrize("boxes_per_place", [(), (4, 2, 2, 2, 2), (1, 0), (1, 1, -1)])
    def test_feature_maps_that_there_are_not_are_refused(self, boxes_per_place: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"boxes_per_place must be at least 1 for each of 1\.\.4 feature maps"):
            choose_priors(np.ones((3, 2)), boxes_per_place)
