"""The Fréchet distance of real and generated images in a classifier's features; lower is better."""

import numpy as np


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
