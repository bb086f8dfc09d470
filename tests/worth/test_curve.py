"""Laws of the curve: a synthetic set that teaches as a real subset does is worth that subset, and no more is said."""

import math
from pathlib import Path

import numpy as np
import pytest

from gan_core.errors import BadInput
from gan_core.files import write_text
from gan_core.worth.curve import Curve, equivalent_images, measure_curve
from gan_core.worth.subsets import choose_sizes, nest
from gan_core.worth.worth import Worth, build_worth_frame, read_worth, to_json

SIZES = [50, 150, 450, 1_350, 4_050]
SEEDS, IMAGES = 3, 600


def difficulty(images: float) -> float:
    """How difficult an image may be that so many real ones teach to recognise, on a rising curve."""
    return 2.2 - 8 / images**0.35


def taught(images: float, difficulties: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Right answers bool [S, N] of classifiers that so many real images taught."""
    seeds = random.normal(0, 0.03, (SEEDS, 1))
    return difficulties + random.normal(0, 0.4, (SEEDS, len(difficulties))) < difficulty(images) + seeds


def made_up(images: float, seed: int, count: int = IMAGES) -> tuple[np.ndarray, np.ndarray]:
    """Right answers of real subsets, bool [M, S, N], and of a set that teaches as so many real images do."""
    random = np.random.default_rng(seed)
    difficulties = random.normal(size=count)
    real = np.stack([taught(size, difficulties, random) for size in SIZES])
    return real, taught(images, difficulties, random)


def curve_of(images: float, seed: int = 0) -> Curve:
    return measure_curve(SIZES, *made_up(images, seed), images=5_000)


@pytest.mark.parametrize("place", range(len(SIZES)))
def test_a_set_that_teaches_what_a_real_subset_teaches_is_worth_that_subset(place: int) -> None:
    real, _ = made_up(1, seed=3, count=4_000)
    found = measure_curve(SIZES, real, real[place], images=99).equivalent
    assert found.images == pytest.approx(SIZES[place])
    assert found.low <= SIZES[place] <= found.high


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    found = [curve_of(700, seed).equivalent for seed in range(40)]
    assert sum(each.low <= 700 <= each.high for each in found) >= 35
    assert 550 < np.median([each.images for each in found]) < 900
    assert np.median([each.high / each.low for each in found]) < 3


def test_more_right_answers_are_worth_no_less() -> None:
    real, synthetic = made_up(300, seed=5)
    better = synthetic | (np.random.default_rng(1).random(synthetic.shape) < 0.05)
    worse = synthetic & (np.random.default_rng(2).random(synthetic.shape) < 0.95)
    worth = [measure_curve(SIZES, real, each, images=9).equivalent for each in (worse, synthetic, better)]
    assert worth[0].images < worth[1].images < worth[2].images
    assert worth[0].high < worth[1].high < worth[2].high


def test_nothing_is_said_beyond_the_ends_of_the_curve() -> None:
    real, synthetic = made_up(300, seed=7)
    all_right, none = np.ones_like(synthetic), np.zeros_like(synthetic)
    above = measure_curve(SIZES, real, all_right, images=20_000)
    assert above.equivalent.images == above.equivalent.low == math.inf
    assert "20,000 synthetic images teach more than all 4,050 real ones" in above.sentence
    below = measure_curve(SIZES, real, none, images=20_000)
    assert below.equivalent.images == below.equivalent.high == 0
    assert "20,000 synthetic images teach less than 50 real ones" in below.sentence
    near_the_end = measure_curve(SIZES, real, real[-1], images=20_000)
    assert near_the_end.equivalent.high == math.inf and "to more than all 4,050)" in near_the_end.sentence


def test_the_curve_is_made_rising_and_read_on_a_scale_of_factors() -> None:
    sizes = [10, 100, 1_000, 10_000]
    assert equivalent_images(sizes, np.array([0.2, 0.4, 0.6, 0.8]), 0.5) == pytest.approx(10**2.5)
    fallen = np.array([0.2, 0.5, 0.3, 0.8])  # which a rising curve has as 0.2, 0.4, 0.4, 0.8
    assert equivalent_images(sizes, fallen, 0.6) == pytest.approx(10**3.5)
    assert equivalent_images(sizes, fallen, 0.4) == pytest.approx(100)
    worth = [equivalent_images(sizes, fallen, accuracy) for accuracy in np.linspace(0.1, 0.9, 50)]
    assert worth == sorted(worth)


def test_one_subset_alone_says_more_or_less_than_that() -> None:
    real, synthetic = made_up(300, seed=8)
    found = measure_curve(SIZES[-1:], real[-1:], synthetic, images=9).equivalent
    assert found.images == 0 and "less than 4,050" in found.text


def test_the_sentence_and_the_figure_say_the_same() -> None:
    curve = curve_of(700)
    found = curve.equivalent
    numbers = [f"{float(f'{each:.2g}'):,.0f}" for each in (found.images, found.low, found.high)]
    images, low, high = numbers
    assert curve.sentence == f"5,000 synthetic images teach what {images} real ones teach ({low} to {high})."
    assert curve.figure.text == f"{images} ({low} to {high})"


def test_what_is_kept_is_read_again_and_what_is_damaged_is_refused(tmp_path: Path) -> None:
    real, synthetic = made_up(300, seed=9)
    for each in (synthetic, np.ones_like(synthetic), np.zeros_like(synthetic)):
        worth = Worth("i" * 64, "two-conv", 1_000, 4, measure_curve(SIZES, real, each, images=9))
        write_text(tmp_path / "worth.json", to_json(worth))
        assert read_worth(tmp_path / "worth.json") == worth
        frame = build_worth_frame(worth)
        assert frame.taught_by.tolist() == ["real"] * 5 + ["synthetic"] and frame.accuracy.between(0, 1).all()
    assert read_worth(tmp_path / "nothing.json") is None
    write_text(tmp_path / "worth.json", "{}")
    with pytest.raises(BadInput, match=r"worth\.json"):
        read_worth(tmp_path / "worth.json")


def labels_of(*counts: int) -> np.ndarray:
    return np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts)).astype(np.uint8)


def test_sizes_rise_by_equal_factors_from_an_image_a_class_to_all() -> None:
    sizes = choose_sizes(labels_of(*[5_500] * 10), 6)
    assert sizes == [55, 174, 550, 1_739, 5_500, 17_393, 55_000]
    assert choose_sizes(labels_of(*[50] * 20), 2) == [20, 141, 1_000]
    assert choose_sizes(labels_of(1, 1), 6) == [2]
    assert choose_sizes(labels_of(2, 0, 2), 6) == [2, 3, 4]


def test_subsets_lie_within_each_other_with_all_classes_in_their_shares() -> None:
    labels = labels_of(900, 90, 9, 1)
    order = nest(labels, seed=4)
    assert sorted(order.tolist()) == list(range(1_000))
    assert set(labels[order[:4]].tolist()) == {0, 1, 2, 3}
    for size in (20, 100, 500, 1_000):
        shares = np.bincount(labels[order[:size]], minlength=4) - size * np.array([0.9, 0.09, 0.009, 0.001])
        assert np.abs(shares).max() <= 3
    assert np.array_equal(order, nest(labels, seed=4)) and not np.array_equal(order, nest(labels, seed=5))
