"""Laws of intervals: they hold the truth as often as they say, and say nothing of what was not measured."""

import math

import numpy as np
import pytest

from gan_core.measures.bootstrap import jackknife, mean_interval
from gan_core.measures.frechet_distance import frechet_distance


def shares(*, images: int, seeds: int, spread: float, random: np.random.Generator) -> tuple[np.ndarray, float]:
    """Answers bool [N, S] of classifiers whose shares of right ones differ by a standard deviation, and the true share.

    Images that one classifier does not recognise are hard for the others too.
    """
    hard, luck = random.normal(size=(images, 1)), random.normal(size=(images, seeds))
    skill = 1.0 + spread * random.normal(size=seeds)
    return (hard + luck) / math.sqrt(2) < skill, 0.5 * (1 + math.erf(1 / math.sqrt(2 + 2 * spread**2)))


@pytest.mark.parametrize(
    ("images", "seeds", "spread"), [(400, 1, 0.0), (400, 3, 0.0), (400, 3, 0.05), (30, 1, 0.0), (1_000, 5, 0.04)]
)
def test_the_truth_lies_in_about_19_of_20_intervals(images: int, seeds: int, spread: float) -> None:
    random = np.random.default_rng(1)
    held = []
    for number in range(200):
        values, truth = shares(images=images, seeds=seeds, spread=spread, random=random)
        low, high = mean_interval(values, number)
        held.append(low <= truth <= high)
    assert 0.9 < np.mean(held) < (0.985 if seeds == 1 else 0.995)


def test_an_interval_is_that_of_the_normal_distribution_where_there_are_many_images() -> None:
    values = np.random.default_rng(0).normal(3, 2, 5_000)
    margin = 1.96 * values.std() / math.sqrt(len(values))
    assert mean_interval(values) == pytest.approx((values.mean() - margin, values.mean() + margin), abs=0.1 * margin)


def test_fifty_right_answers_of_fifty_leave_a_doubt_and_no_more_than_all() -> None:
    low, high = mean_interval(np.ones(50, bool))
    assert 0.9 < low < 0.97 and high == 1
    assert mean_interval(np.zeros(50, bool)) == pytest.approx((0, 1 - low), abs=0.01)


def test_seeds_that_differ_widen_the_interval_and_the_same_seed_thrice_does_not() -> None:
    random = np.random.default_rng(0)
    once = random.random((5_000, 1)) < 0.8
    others = np.concatenate([once, random.random((5_000, 1)) < 0.85, random.random((5_000, 1)) < 0.75], axis=1)
    low, high = np.array([mean_interval(each) for each in (once, np.repeat(once, 3, axis=1), others)]).T
    assert high[1] - low[1] == pytest.approx(high[0] - low[0], rel=0.05)
    assert high[2] - low[2] > 2 * (high[0] - low[0])


def test_the_order_of_the_images_does_not_matter_and_the_seed_hardly_does() -> None:
    values = np.random.default_rng(0).random((500, 3)) < 0.7
    assert mean_interval(values, 4) == mean_interval(values[::-1], 4)
    assert mean_interval(values, 4) != mean_interval(values, 5)
    assert mean_interval(values, 4) == pytest.approx(mean_interval(values, 5), abs=0.005)


def test_no_images_have_no_interval() -> None:
    assert all(map(math.isnan, mean_interval(np.zeros(0, bool)) + mean_interval(np.zeros((0, 3), bool))))


def test_the_jackknife_of_two_means_is_that_of_the_normal_distribution() -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(0, 1, (4_000, 1)), random.normal(2, 1, (4_000, 1))
    margins = []
    for _ in range(20):  # ten blocks alone say how wide it is within a quarter
        [(value, low, high)] = jackknife(lambda one, other: float(other.mean() - one.mean()), first, second)
        assert value == pytest.approx(second.mean() - first.mean()) and high - value == pytest.approx(value - low)
        margins.append(high - value)
        first, second = random.permutation(first), random.permutation(second)
    assert np.mean(margins) == pytest.approx(2.262 * math.sqrt(2 / 4_000), rel=0.2)


def test_the_jackknife_holds_the_frechet_distance_of_other_draws() -> None:
    random = np.random.default_rng(0)
    draws = [(random.normal(size=(300, 4)), random.normal(0.5, 1, (300, 4))) for _ in range(100)]
    truth = np.mean([frechet_distance(*draw) for draw in draws])
    held = [low <= truth <= high for [(_, low, high)] in (jackknife(frechet_distance, *draw) for draw in draws)]
    assert np.mean(held) > 0.88


def test_the_jackknife_of_few_rows_says_nothing_but_the_value() -> None:
    [(value, low, high)] = jackknife(lambda one, other: 7.0, np.zeros((19, 2)), np.zeros((300, 2)))
    assert value == 7 and math.isnan(low) and math.isnan(high)
