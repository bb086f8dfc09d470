"""Laws of two published scores: agreement with scipy and the definitions, and held-out images beside the others."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from textures import textured_images

from gan_core.audit.planted import mix
from gan_core.audit.published_scores import (
    AUTHENTICITY,
    CT,
    authenticity,
    c_t,
    mann_whitney,
    nearest_distance,
    score_copying,
)
from gan_core.images.labelled_images import LabelledImages

RANDOM = np.random.default_rng(0)
KNOWN, UNSEEN, FRESH = (textured_images(300, seed) for seed in (1, 2, 3))


def scores(generated: LabelledImages, known: LabelledImages, unseen: LabelledImages) -> dict[tuple[str, str], float]:
    figures = score_copying(generated, known, unseen, seed=0)
    return {(figure.measure.name, figure.of.split()[0]): figure.value for figure in figures}


def test_the_standard_errors_are_those_of_scipy() -> None:
    first, second = RANDOM.integers(0, 30, 80), RANDOM.integers(5, 30, 50)
    larger = mannwhitneyu(first, second, use_continuity=False, method="asymptotic")
    z = (larger.statistic - 80 * 50 / 2) / np.sqrt(80 * 50 * 131 / 12)
    assert mann_whitney(first, second) == pytest.approx(z)


def test_honest_distances_score_nought_and_nearer_ones_below() -> None:
    labels = np.arange(600) % 3
    distances = RANDOM.normal(size=(2, 600))
    assert abs(c_t(distances[0], labels, distances[1], labels)) < 3
    assert c_t(distances[0] - 1, labels, distances[1], labels) < -5
    assert np.isnan(c_t(distances[0, :9], labels[:9], distances[1], labels))


def test_authenticity_is_what_the_paper_defines_point_by_point() -> None:
    real, points = RANDOM.normal(size=(60, 5)), RANDOM.normal(size=(40, 5)) * 0.9
    far = []
    for point in points:
        distances = np.linalg.norm(real - point, axis=1)
        nearest = distances.argmin()
        far.append(distances.min() > np.sort(np.linalg.norm(real - real[nearest], axis=1))[1])
    nearest, distance = nearest_distance(points, real)
    assert 0 < np.mean(far) < 1 and authenticity(distance, nearest, real) == pytest.approx(np.mean(far))


def test_copies_score_lower_beside_training_than_beside_held_out_images() -> None:
    copied = scores(mix(FRESH, KNOWN, 0.5, 0), KNOWN, UNSEEN)
    for measure in (CT, AUTHENTICITY):
        assert copied[measure.name, "training"] < copied[measure.name, "held-out"]
    honest = scores(FRESH, KNOWN, UNSEEN)
    assert abs(honest[AUTHENTICITY.name, "training"] - honest[AUTHENTICITY.name, "held-out"]) < 0.1


def test_exchanged_sets_exchange_their_figures() -> None:
    one, other = scores(FRESH, KNOWN, UNSEEN), scores(FRESH, UNSEEN, KNOWN)
    for name in (CT.name, AUTHENTICITY.name):
        assert one[name, "training"] == pytest.approx(other[name, "held-out"], abs=1e-3)
