"""The Fréchet distance of real and generated images in a classifier's features; lower is better."""

from dataclasses import dataclass
from functools import cached_property

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


@dataclass(frozen=True)
class Normal:
    """The normal distribution with the mean and the covariance of a cloud of points."""

    mean: np.ndarray  # [F]
    covariance: np.ndarray  # [F, F]

    @classmethod
    def of(cls, points: np.ndarray) -> "Normal":
        """That of points [N, F]."""
        return cls(points.mean(axis=0), np.cov(points.T))

    @cached_property
    def root(self) -> np.ndarray:
        """The root of the covariance."""
        values, vectors = np.linalg.eigh(self.covariance)
        return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T

    def distance(self, other: "Normal") -> float:
        """The squared Fréchet distance.

        Heusel et al. 2017, arXiv:1706.08500, equation 6, in features of our own classifier. The trace of the root of
        C1 C2 is the sum of the roots of its eigenvalues, which are those of the symmetric R C2 R with R the root of C1.
        """
        inner = self.root @ other.covariance @ self.root
        shared = np.sqrt(np.maximum(np.linalg.eigvalsh(inner), 0)).sum()
        apart = np.sum((self.mean - other.mean) ** 2)
        return float(apart + np.trace(self.covariance) + np.trace(other.covariance) - 2 * shared)


def frechet_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """Squared Fréchet distance of the normal distributions with the means and covariances of two clouds of points."""
    return Normal.of(real).distance(Normal.of(generated))


def half_and_floor_distance(real: np.ndarray, generated: np.ndarray) -> np.ndarray:
    """Two distances [2]: of halves of the real points [N, F] from as many generated ones [M, F], and from each other.

    The first is the mean of that of either half. The distance is the larger the fewer points there are, so it can be
    compared with that of the halves alone, of no more points than the generated ones.
    """
    size = min(len(real) // 2, len(generated))
    first, last = Normal.of(real[:size]), Normal.of(real[-size:])
    half = np.mean([first.distance(Normal.of(generated[:size])), last.distance(Normal.of(generated[-size:]))])
    return np.array([half, first.distance(last)])
