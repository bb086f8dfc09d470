"""The Fréchet distance of real and generated images in a classifier's features; lower is better."""

import numpy as np

from gan_core.measures.measure import Measure

FRECHET_DISTANCE = Measure(
    name="frechet_distance",
    title="Fréchet distance",
    aspect="diverse",
    meaning="How far apart the means and covariances of real and synthetic images are, in a classifier of ours; "
    "two halves of the real images have the least that so many images can show.",
    direction="lower is better",
    chance="nothing bounds it; compare it with that of real images",
    source="Heusel et al. 2017, arXiv:1706.08500, equation 6, but not in an Inception network",
    highest=float("inf"),
    unit="distance",
)


def frechet_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """Squared Fréchet distance of the normal distributions with the means and covariances of two clouds of points.

    Heusel et al. 2017, arXiv:1706.08500, equation 6, in features of our own classifier. The trace of the root of
    C1 C2 is the sum of the roots of its eigenvalues, which are those of the symmetric R C2 R with R the root of C1.
    """
    (mean_1, covariance_1), (mean_2, covariance_2) = ((x.mean(axis=0), np.cov(x.T)) for x in (real, generated))
    values, vectors = np.linalg.eigh(covariance_1)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ covariance_2 @ root), 0)).sum()
    return float(np.sum((mean_1 - mean_2) ** 2) + np.trace(covariance_1) + np.trace(covariance_2) - 2 * shared)


def half_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """The mean of what two halves of the real points [N, F] are apart from as many generated ones [M, F].

    The distance is the larger the fewer points there are, so it can be compared with that of the halves alone.
    """
    size = min(len(real) // 2, len(generated))
    pairs = (real[:size], generated[:size]), (real[-size:], generated[-size:])
    return float(np.mean([frechet_distance(*pair) for pair in pairs]))


def floor_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """What two halves of the real points [N, F] are apart, of no more points than the generated ones [M, F]."""
    size = min(len(real) // 2, len(generated))
    return frechet_distance(real[:size], real[-size:])
