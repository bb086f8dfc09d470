"""Laws of precision, recall, density and coverage: agreement with their authors' program, and with what they mean."""

from collections.abc import Callable

import numpy as np
import pytest
from prdc import compute_prdc

from gan_core.compute import blocks
from gan_core.measures import manifold
from gan_core.measures.manifold import Manifolds, measure_manifolds, neighbour_radii

RANDOM = np.random.default_rng(0)
REAL = RANDOM.normal(size=(700, 12)).astype(np.float32)
FRESH = RANDOM.normal(size=(500, 12)).astype(np.float32)


def shares(found: Manifolds) -> dict[str, float]:
    names = {"precision": found.precise, "recall": found.recalled, "density": found.dense, "coverage": found.covered}
    return {name: float(values.mean()) for name, values in names.items()}


@pytest.mark.parametrize("neighbours", [1, 3, 5])
@pytest.mark.parametrize("generated", [FRESH, FRESH * 0.7, FRESH * 1.5 + 0.3, np.abs(FRESH)], ids="fwab")
def test_they_are_what_the_program_of_their_authors_says(generated: np.ndarray, neighbours: int) -> None:
    # that takes the k-th neighbour from the same float32 points, in float64 of the same products
    expected = compute_prdc(REAL.astype(float), generated.astype(float), neighbours)
    assert shares(measure_manifolds(REAL, generated, neighbours)) == pytest.approx(expected, abs=1e-12)


def test_pixels_are_points_too() -> None:
    real, generated = (RANDOM.integers(0, 256, (count, 64), np.uint8) for count in (90, 80))
    expected = compute_prdc(real.astype(float), generated.astype(float), 5)
    assert shares(measure_manifolds(real, generated)) == pytest.approx(expected, abs=1e-12)


def test_real_points_in_the_place_of_generated_ones_have_the_best_scores() -> None:
    assert shares(measure_manifolds(REAL, REAL)) == {"precision": 1, "recall": 1, "density": 1, "coverage": 1}


def test_fresh_real_points_score_the_same_whichever_are_called_real() -> None:
    other = np.random.default_rng(1).normal(size=(700, 12)).astype(np.float32)
    one, two = shares(measure_manifolds(REAL, other)), shares(measure_manifolds(other, REAL))
    assert one["precision"] == two["recall"] and one["recall"] == two["precision"]  # each is the other's mirror
    assert one["density"] == pytest.approx(1, abs=0.15) and one["coverage"] > 0.93


def test_a_collapsed_set_is_precise_and_recalls_nothing_and_a_scattered_one_is_the_other_way_round() -> None:
    collapsed = REAL[:1] + 0.01 * FRESH
    found = shares(measure_manifolds(REAL, collapsed))
    assert found["precision"] == 1 and found["recall"] < 0.02 and found["coverage"] < 0.1
    scattered = shares(measure_manifolds(REAL, 3 * FRESH))
    assert scattered["precision"] < 0.3 and scattered["recall"] > 0.9


def test_what_repeats_one_real_point_covers_its_neighbours_alone() -> None:
    found = measure_manifolds(REAL, np.repeat(REAL[:1], 500, axis=0))
    reached = np.linalg.norm(REAL - REAL[0], axis=1) < np.sqrt(neighbour_radii(REAL, 5))
    assert np.array_equal(found.covered, reached) and found.precise.all() and not found.recalled.any()


def test_a_forgotten_half_halves_recall_and_coverage_and_not_precision() -> None:
    apart = np.where(np.arange(700) % 2, 30, 0)[:, None]
    found = shares(measure_manifolds(REAL + apart, np.concatenate([FRESH, FRESH[::-1] * 0.99])))
    whole = shares(measure_manifolds(REAL[::2], np.concatenate([FRESH, FRESH[::-1] * 0.99])))
    assert found["precision"] == pytest.approx(whole["precision"])
    assert found["recall"] == pytest.approx(whole["recall"] / 2)
    assert found["coverage"] == pytest.approx(whole["coverage"] / 2)


def test_more_noise_never_improves_precision_density_or_coverage() -> None:
    noise = np.random.default_rng(2).normal(size=FRESH.shape)
    found = [shares(measure_manifolds(REAL, FRESH + strength * noise)) for strength in (0, 0.5, 1, 2, 4)]
    for name in ("precision", "density", "coverage"):
        values = [each[name] for each in found]
        assert values == sorted(values, reverse=True) and values[0] > values[-1], name


def test_noise_can_raise_recall_as_its_description_says() -> None:
    noise = np.random.default_rng(2).normal(size=FRESH.shape)
    clean, noisy = (shares(measure_manifolds(REAL, FRESH + strength * noise)) for strength in (0, 2))
    assert noisy["recall"] > clean["recall"] and "noise" in manifold.MANIFOLD_RECALL.meaning


def in_order(monkeypatch: pytest.MonkeyPatch) -> Manifolds:
    return measure_manifolds(REAL, FRESH)


def by_small_blocks(monkeypatch: pytest.MonkeyPatch) -> Manifolds:
    monkeypatch.setattr(manifold, "NUMBERS", 5_000)
    monkeypatch.setattr(manifold, "DIFFERENCES", 40)
    return measure_manifolds(REAL, FRESH)


def alone(monkeypatch: pytest.MonkeyPatch) -> Manifolds:
    monkeypatch.setattr(blocks.os, "cpu_count", lambda: 1)
    return measure_manifolds(REAL, FRESH)


def by_large_groups(monkeypatch: pytest.MonkeyPatch) -> Manifolds:
    monkeypatch.setattr(manifold, "GROUP", 4)
    return measure_manifolds(REAL, FRESH)


def backwards(monkeypatch: pytest.MonkeyPatch) -> Manifolds:
    found = measure_manifolds(REAL[::-1], FRESH[::-1])
    return Manifolds(found.precise[::-1], found.recalled[::-1], found.dense[::-1], found.covered[::-1])


@pytest.mark.parametrize("way", [by_small_blocks, by_large_groups, alone, backwards])
def test_blocks_threads_and_order_change_no_point(
    way: Callable[[pytest.MonkeyPatch], Manifolds], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, found = in_order(monkeypatch), way(monkeypatch)
    for name in ("precise", "recalled", "dense", "covered"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


@pytest.mark.parametrize("middle", [0, 1e3])
def test_points_on_the_edge_are_outside_however_float32_rounds_them(middle: float) -> None:
    line = middle + np.arange(300)[:, None] * np.ones(3) / 7  # each point has its neighbours at equal distances
    found = measure_manifolds(line, line[1:-1], 1)
    assert found.dense.tolist() == [1.0] * 298  # in its own ball, and on the edge of two others


def test_points_far_away_do_not_blur_those_nearby() -> None:
    far = np.concatenate([REAL, [np.full(12, 1e5)]])
    assert measure_manifolds(far, FRESH).precise.tolist() == measure_manifolds(REAL, FRESH).precise.tolist()


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="Expected more than 5 points, got 700 and 5"):
        measure_manifolds(REAL, FRESH[:5])
