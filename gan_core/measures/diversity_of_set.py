"""How diverse and how faithful a synthetic set is beside real images, all together and class by class."""

from collections.abc import Iterator, Sequence

import numpy as np

from gan_core.measures.bootstrap import jackknife, mean_interval
from gan_core.measures.frechet_distance import FRECHET_DISTANCE, half_and_floor_distance
from gan_core.measures.manifold import (
    COVERAGE,
    DENSITY,
    MANIFOLD_PRECISION,
    MANIFOLD_RECALL,
    NEIGHBOURS,
    Manifolds,
    measure_manifolds,
)
from gan_core.measures.measure import Figure


def measure_set(
    real_features: np.ndarray,
    real_labels: np.ndarray,
    generated_features: np.ndarray,
    generated_labels: np.ndarray,
    class_names: Sequence[str],
    seed: int = 0,
    *,
    of: str = "synthetic",
) -> list[Figure]:
    """Precision, recall, density, coverage and Fréchet distance, each with its interval; then those of every class.

    Features are float [N, F] of real images and [M, F] of generated ones, labels [N] and [M]. Each figure of the set
    has one of `real` beside it: two halves of the real images, one in the place of the generated ones, which is what a
    perfect generator would have with half as many images. The intervals draw the images that a figure is the mean of
    anew; the neighbours stay. The digits depend on the images and the seed, not on the order of the images. Figures of
    too few images are not a number.
    """
    classes = range(len(class_names))
    real = [shuffle_points(real_features[real_labels == label], seed) for label in classes]
    generated = [shuffle_points(generated_features[generated_labels == label], seed) for label in classes]
    groups = [
        ("", mix_classes(real, seed), mix_classes(generated, seed)),
        *zip(class_names, real, generated, strict=True),
    ]
    return [figure for group in groups for figure in _measure_group(*group, of=of, seed=seed)]


def mix_classes(parts: Sequence[np.ndarray], seed: int) -> np.ndarray:
    """All rows of the classes in random order, but so that each stretch has about as many of a class as another.

    Halves of real images differ in nothing else then, as a generator is told how many images of each class to draw.
    """
    random = np.random.default_rng(seed)
    places = [(np.arange(len(part)) + random.random(len(part))) / max(1, len(part)) for part in parts]
    return np.concatenate(parts)[np.argsort(np.concatenate(places))]


def shuffle_points(points: np.ndarray, seed: int) -> np.ndarray:
    """The rows [N, F] in an order that depends on the seed and on their values, but not on the order they come in."""
    rows = np.ascontiguousarray(points)
    values = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
    return rows[np.argsort(values, kind="stable")[np.random.default_rng(seed).permutation(len(rows))]]


def _measure_group(name: str, real: np.ndarray, generated: np.ndarray, *, of: str, seed: int) -> Iterator[Figure]:
    half = len(real) // 2
    yield from _manifold_figures(of, name, real, generated, seed)
    yield from _manifold_figures("real", name, real[:half], real[half:], seed)
    size = min(half, len(generated))
    nothing = [(float("nan"),) * 3] * 2
    both = jackknife(half_and_floor_distance, real, generated) if size > 1 else nothing
    for whose, values in zip((of, "real"), both, strict=True):
        yield Figure(FRECHET_DISTANCE, whose, *values, group=name, images=size)


def _manifold_figures(of: str, name: str, real: np.ndarray, generated: np.ndarray, seed: int) -> Iterator[Figure]:
    enough = min(len(real), len(generated)) > NEIGHBOURS
    nothing = Manifolds(*(np.zeros(0),) * 4)
    found = measure_manifolds(real, generated) if enough else nothing
    counts = len(generated), len(real), len(generated), len(real)
    measures = MANIFOLD_PRECISION, MANIFOLD_RECALL, DENSITY, COVERAGE
    for measure, values, images in zip(
        measures, (found.precise, found.recalled, found.dense, found.covered), counts, strict=True
    ):
        value = float(values.mean()) if enough else float("nan")
        yield Figure(measure, of, value, *mean_interval(values, seed), group=name, images=images)
