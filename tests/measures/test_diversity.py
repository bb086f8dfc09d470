"""Laws of diversity: agreement with the definitions read word by word, and the ends of every scale."""

import numpy as np
import pytest

from gan_core.measures import diversity
from gan_core.measures.diversity import (
    Diversity,
    RealCloud,
    closest_distance,
    coverage,
    distances,
    evenness,
    manifold_recall,
    measure_collapse,
    measure_diversity,
    neighbour_distance,
    recorded_diversity,
    repeated,
    worst_class,
)
from gan_core.measures.frechet_distance import frechet_distance

RANDOM = np.random.default_rng(0)
REAL, OTHER = RANDOM.normal(size=(300, 16)), RANDOM.normal(size=(300, 16))
SHIFTED = OTHER * 0.7 + 0.5


def test_coverage_and_recall_are_what_the_papers_define_point_by_point() -> None:
    def reach(points: np.ndarray, point: np.ndarray) -> float:
        return np.sort(np.linalg.norm(points - point, axis=1))[5]  # the nearest is itself

    def near(points: np.ndarray, centre: np.ndarray, radius: float) -> bool:
        return bool(np.any(np.linalg.norm(points - centre, axis=1) < radius))

    covered = [near(SHIFTED, point, reach(REAL, point)) for point in REAL]
    balls = [(point, reach(SHIFTED, point)) for point in SHIFTED]
    recalled = [any(near(point[None], *ball) for ball in balls) for point in REAL]
    assert 0 < np.mean(covered) < 1 and coverage(REAL, SHIFTED).tolist() == covered
    assert 0 < np.mean(recalled) < 1 and manifold_recall(REAL, SHIFTED).tolist() == recalled


def test_other_real_points_cover_nearly_all_and_one_point_nearly_nothing() -> None:
    assert coverage(REAL, OTHER).mean() > 0.9
    assert coverage(REAL, np.repeat(OTHER[:1], 300, axis=0)).mean() < 0.1


def test_the_worst_class_is_the_least_covered_of_those_that_can_be_told() -> None:
    labels = np.repeat([0, 1, 2], [50, 50, 5])  # of the last, too few to say
    covered = np.concatenate([np.arange(50) < 40, np.arange(50) < 15, np.zeros(5, bool)])
    assert worst_class(covered, labels) == (pytest.approx(0.3), 50)
    assert worst_class(covered[::10], labels[::10]) == (pytest.approx(6 / 11), 11)
    many = np.concatenate([np.zeros(50, int), np.arange(100)])  # classes of one image, and one that is all covered
    assert worst_class(np.arange(150) < 50, many) == (pytest.approx(1 / 3), 150)


def test_distances_are_those_of_numpy() -> None:
    assert np.allclose(distances(REAL, OTHER)[3, 5], np.linalg.norm(REAL[3] - OTHER[5]))
    assert np.allclose(np.diagonal(distances(REAL, REAL)), 0, atol=1e-6)


def test_distances_do_not_depend_on_the_pieces_that_they_are_summed_of(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 20), np.uint8)
    whole = distances(pixels, pixels)
    monkeypatch.setattr(diversity, "NUMBERS", 7)
    assert np.array_equal(distances(pixels, pixels), whole)


def test_the_nearest_neighbour_is_another_point() -> None:
    assert neighbour_distance(REAL, 1).min() > 0


def test_repetition_is_the_share_of_copies() -> None:
    closest = closest_distance(REAL)
    assert repeated(closest, OTHER) < 0.05
    assert repeated(closest, np.concatenate([OTHER[:150], OTHER[:150]])) == 1.0


def test_the_frechet_distance_is_that_of_the_normal_distributions() -> None:
    stretched = REAL * 3 + 2  # of one shape: |m1 - m2|^2 plus the squared difference of the roots' traces, axis by axis
    centre, variance = REAL.mean(axis=0), np.trace(np.cov(REAL.T))
    assert frechet_distance(REAL, REAL) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(REAL, stretched) == pytest.approx(np.sum((2 * centre + 2) ** 2) + 4 * variance)
    assert frechet_distance(REAL, SHIFTED) == pytest.approx(frechet_distance(SHIFTED, REAL))
    shared = np.sqrt(np.linalg.eigvals(np.cov(REAL.T) @ np.cov(SHIFTED.T)).real).sum()
    means = np.sum((centre - SHIFTED.mean(axis=0)) ** 2)
    assert frechet_distance(REAL, SHIFTED) == pytest.approx(
        means + np.trace(np.cov(REAL.T) + np.cov(SHIFTED.T)) - 2 * shared
    )


def test_evenness_is_one_for_all_classes_alike_and_zero_for_one() -> None:
    assert evenness(np.arange(100) % 10, np.arange(10)) == pytest.approx(1.0)
    assert evenness(np.zeros(100, int), np.arange(10)) == 0.0


def test_evenness_is_that_of_the_real_images() -> None:
    uneven = np.repeat(np.arange(3), [97, 2, 1])
    assert evenness(uneven, uneven) == evenness(np.arange(3), uneven) == 1.0
    assert evenness(np.zeros(100, int), uneven) == 0.0
    assert evenness(np.zeros(100, int), np.zeros(100, int)) == 1.0


def test_what_repeats_itself_or_leaves_classes_out_has_collapsed_and_reality_has_not() -> None:
    labels = np.arange(300) % 5
    apart = np.where(labels[:, None] == 4, 20, 0)  # a class that looks like no other

    def collapse(real: np.ndarray, generated: np.ndarray, seen: np.ndarray = labels) -> str:
        cloud = RealCloud(real, labels, real)
        found, whole = (
            measure(cloud, generated, seen=seen, pixels=generated) for measure in (measure_collapse, measure_diversity)
        )
        assert found.collapse == whole.collapse
        return whole.collapse

    assert collapse(REAL + apart, OTHER + apart) == ""
    assert " 0 % of the 60 real images of one class" in collapse(REAL + apart, OTHER)
    assert "evenness" in collapse(REAL, OTHER, labels % 3)
    assert "repeat" in collapse(REAL, np.repeat(OTHER[:10], 30, axis=0))


@pytest.mark.parametrize(("images", "accused"), [(30, False), (400, True)])
def test_a_share_of_few_images_accuses_nobody_by_chance(images: int, accused: bool) -> None:
    seen = Diversity(
        0.8, 0.8, 0.0, 1.0, worst_class_coverage=0.52, frechet=1.0, images=2_000, worst_class_images=images
    )
    assert bool(seen.collapse) == accused and ("of the 400 real images of one class" in seen.collapse) == accused


def test_a_history_from_before_numbers_of_images_were_kept_is_read_and_one_without_measures_is_not() -> None:
    row = {"epoch": 3.0, "coverage": 0.9, "manifold_recall": 0.9, "repeated": 0.0, "evenness": 1.0, "frechet": 2.0}
    assert recorded_diversity(row) is None
    found = recorded_diversity(row | {"worst_class_coverage": 0.7})
    assert found is not None and (found.frechet, found.images, found.collapse) == (2.0, 0, "")
