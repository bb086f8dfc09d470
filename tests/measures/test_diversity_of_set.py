"""Laws of the figures of a set: each class has its own, real images have them too, and no order changes a digit."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import sqrtm

from gan_core.measures.diversity_of_set import measure_set, mix_classes, shuffle_points
from gan_core.measures.frechet_distance import frechet_distance, half_and_floor_distance
from gan_core.measures.manifold import measure_manifolds
from gan_core.measures.measure import Figure, build_measures_frame

NAMES = ("cat", "dog", "owl")
SHARES = "manifold_precision", "manifold_recall", "density", "coverage"


def draw(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points float32 [N, 6] of three classes, and their labels."""
    random, labels = np.random.default_rng(seed), np.arange(count) % 3
    return (random.normal(size=(count, 6)) + 8 * labels[:, None]).astype(np.float32), labels


REAL, LABELS = draw(600, seed=1)
FRESH, FRESH_LABELS = draw(300, seed=2)


def measure(points: np.ndarray, labels: np.ndarray = FRESH_LABELS, seed: int = 0) -> list[Figure]:
    return measure_set(REAL, LABELS, points, labels, NAMES, seed)


def values(figures: list[Figure], of: str = "synthetic") -> dict[tuple[str, str], float]:
    return {(figure.measure.name, figure.group): figure.value for figure in figures if figure.of == of}


def test_every_measure_is_of_all_and_of_each_class_and_of_the_set_and_of_real_images() -> None:
    figures = measure(FRESH)
    expected = {(name, group) for name in (*SHARES, "frechet_distance") for group in ("", *NAMES)}
    assert set(values(figures)) == set(values(figures, "real")) == expected
    assert len(figures) == 2 * len(expected) == len(build_measures_frame(figures).drop_duplicates())
    whole = [figure for figure in figures if not figure.group]
    assert all(figure.low <= figure.value <= figure.high for figure in figures)
    assert [figure.images for figure in whole] == [300, 600, 300, 600, 300, 300, 300, 300, 300, 300]


def test_fresh_real_images_score_what_real_ones_do() -> None:
    figures = measure(FRESH)
    found, floor = values(figures), values(figures, "real")
    for key in found:
        assert found[key] == pytest.approx(floor[key], abs=0.2 if key[0] in SHARES else 0.3), key


def test_a_class_that_is_missing_or_another_shows_in_its_own_figures_alone() -> None:
    mixed = np.where((FRESH_LABELS == 2)[:, None], FRESH - 8, FRESH)  # owls that are dogs
    found, before = values(measure(mixed)), values(measure(FRESH))
    for name in SHARES:
        assert found[name, "owl"] == 0 < found[name, ""]
        assert [found[name, group] for group in NAMES[:2]] == [before[name, group] for group in NAMES[:2]]
    assert found["frechet_distance", "owl"] > 100 * before["frechet_distance", "owl"]
    assert found["frechet_distance", "cat"] == before["frechet_distance", "cat"]
    missing = values(measure(FRESH[FRESH_LABELS < 2], FRESH_LABELS[FRESH_LABELS < 2]))
    assert all(math.isnan(missing[name, "owl"]) for name in (*SHARES, "frechet_distance"))
    assert missing["coverage", ""] == pytest.approx(2 / 3 * before["coverage", ""], abs=0.03)


def test_shuffled_labels_change_the_classes_and_not_the_whole() -> None:
    shuffled = np.random.default_rng(0).permutation(FRESH_LABELS)
    found, before = values(measure(FRESH, shuffled)), values(measure(FRESH))
    for name in (*SHARES, "frechet_distance"):
        assert found[name, ""] == pytest.approx(before[name, ""], rel=0.05)
    for group in NAMES:
        assert found["manifold_precision", group] == pytest.approx(1 / 3, abs=0.15)
        assert found["frechet_distance", group] > 10


def test_more_noise_never_brings_the_clouds_together() -> None:
    noise = np.random.default_rng(3).normal(size=FRESH.shape).astype(np.float32)
    distances = [values(measure(FRESH + strength * noise))["frechet_distance", ""] for strength in (0, 0.5, 1, 2)]
    assert distances == sorted(distances) and distances[-1] > 2 * distances[0]


def test_the_order_of_the_images_changes_no_digit_and_another_seed_no_share() -> None:
    one, other = np.random.default_rng(4).permutation(600), np.random.default_rng(5).permutation(300)
    again = measure_set(REAL[one], LABELS[one], FRESH[other], FRESH_LABELS[other], NAMES)
    assert again == measure(FRESH) == measure(FRESH)
    reseeded = measure(FRESH, seed=1)
    assert reseeded != again
    found, before = values(reseeded), values(again)
    assert all(found[name, ""] == pytest.approx(before[name, ""], rel=1e-12) for name in SHARES)


def test_intervals_hold_the_shares_of_other_draws() -> None:
    draws = [measure_manifolds(REAL, draw(300, seed)[0]).covered.mean() for seed in range(10, 40)]
    figure = next(figure for figure in measure(FRESH) if figure.measure.name == "coverage" and not figure.group)
    assert np.mean([figure.low - 0.02 <= share <= figure.high + 0.02 for share in draws]) > 0.8


def test_shuffling_keeps_every_row_and_forgets_their_order() -> None:
    twice = np.concatenate([FRESH, FRESH[:7]])
    shuffled = shuffle_points(twice, 0)
    assert np.array_equal(shuffled, shuffle_points(twice[::-1], 0)) and not np.array_equal(shuffled, twice)
    assert np.array_equal(np.sort(shuffled, axis=0), np.sort(twice, axis=0))
    assert shuffle_points(FRESH[:0], 0).shape == (0, 6)


def test_each_stretch_of_mixed_classes_has_its_share_of_each() -> None:
    parts = [np.full((count, 1), label) for label, count in enumerate((400, 200, 0, 40))]
    mixed = mix_classes(parts, 0)[:, 0]
    for stretch in (mixed[:320], mixed[320:], mixed[160:480]):
        assert np.bincount(stretch, minlength=4) == pytest.approx([200, 100, 0, 20], abs=2)
    assert np.bincount(mixed[::10], minlength=4) == pytest.approx([40, 20, 0, 4], abs=12)
    assert mix_classes([FRESH[:0]], 0).shape == (0, 6)


def test_the_frechet_distance_is_that_of_scipys_root() -> None:
    random = np.random.default_rng(0)
    real, generated = random.normal(size=(200, 20)), random.normal(size=(90, 20)) @ random.normal(size=(20, 20))
    covariances = np.cov(real.T), np.cov(generated.T)
    root = sqrtm(covariances[0] @ covariances[1])
    expected = np.sum((real.mean(axis=0) - generated.mean(axis=0)) ** 2) + np.trace(sum(covariances) - 2 * root.real)
    assert frechet_distance(real, generated) == pytest.approx(expected, rel=1e-6)


def test_the_floor_is_what_fresh_images_have_on_average_whatever_the_numbers() -> None:
    random = np.random.default_rng(0)
    for real, generated in ((400, 900), (400, 200), (400, 50)):
        draws = [(random.normal(size=(real, 8)), random.normal(size=(generated, 8))) for _ in range(30)]
        found, floor = np.mean([half_and_floor_distance(*draw) for draw in draws], axis=0)
        assert found == pytest.approx(floor, rel=0.1)


def test_few_images_have_figures_that_are_not_a_number_and_counts() -> None:
    few = measure_set(REAL[:9], LABELS[:9], FRESH[:9], FRESH_LABELS[:9], NAMES)
    cats = [figure for figure in few if figure.group == "cat" and figure.of == "synthetic"]
    assert [math.isnan(figure.value) for figure in cats] == [True] * 5 and {figure.images for figure in cats} == {1, 3}
    assert replace(few[0], low=0, high=0).value > 0
