"""Whether a classifier is as often right as it is sure."""

import numpy as np

from gan_core.measures.bootstrap import PERCENTILES, resample_seeds
from gan_core.measures.measure import Measure

BINS = 15  # as in the paper
REPLICATES = 200

CALIBRATION_ERROR = Measure(
    name="calibration_error",
    title="Calibration error",
    aspect="useful",
    meaning="By how much the confidence of a classifier which this teaching set taught differs from the share of its "
    "answers that are right.",
    direction="lower is better",
    chance="near 0 where confidence is chance too, up to 0.9 where it is full, of ten classes",
    source="Guo et al. 2017, arXiv:1706.04599, equation 3, with 15 bins",
)


def calibration_error(confidences: np.ndarray, right: np.ndarray) -> float:
    """The mean over all answers of how far confidence [N] and share of right answers bool [N] differ in their bin."""
    return float(np.abs(np.bincount(_bins(confidences), right - confidences)).sum() / len(right))


def measure_calibration(confidences: np.ndarray, right: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """The mean calibration error of classifiers, float and bool [N, S] of their answers, and its 95 % interval.

    Images and seeds are drawn anew. Fewer different images make the error larger; the interval takes off again by how
    much (the basic bootstrap, Davison and Hinkley 1997, equation 5.6).
    """
    random, images = np.random.default_rng(seed), len(right)
    errors = np.array(
        [_errors(confidences[drawn], right[drawn]) for drawn in random.integers(0, images, (REPLICATES, images))]
    )
    found = np.array(_errors(confidences, right))
    high, low = 2 * found.mean() - np.percentile(resample_seeds(errors, found, random), PERCENTILES)
    return float(found.mean()), max(0.0, float(low)), float(high)


def _errors(confidences: np.ndarray, right: np.ndarray) -> list[float]:
    """That of each column."""
    return [calibration_error(*columns) for columns in zip(confidences.T, right.T, strict=True)]


def _bins(confidences: np.ndarray) -> np.ndarray:
    return np.minimum((confidences * BINS).astype(np.int64), BINS - 1)
