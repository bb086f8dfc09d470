"""Intervals: what other images, and other seeds, would have given."""

from collections.abc import Callable

import numpy as np

from gan_core.measures.blocks import map_blocks

REPLICATES = 2_000
PERCENTILES = 2.5, 97.5  # of the 95 % interval
BLOCKS = 10  # of the jackknife
STUDENT = 2.262  # the 97.5th percentile of Student's t with a degree of freedom less than blocks


def mean_interval(values: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of the mean of values [N], one an image, or [N, S], one an image and a classifier's seed.

    Images and seeds are drawn with replacement (Efron 1979), both anew in each replicate. The few different rows are
    drawn by their counts, which is the same and takes no longer for many images. Shares, whose values are bool, get
    one image more of either kind, after Laplace's rule of succession: else fifty right answers of fifty would leave no
    doubt. Not a number for no image.
    """
    rows = values[:, None] if values.ndim == 1 else values
    if not len(rows):
        return float("nan"), float("nan")
    if rows.dtype == bool:
        rows = np.concatenate([rows, np.zeros_like(rows[:1]), np.ones_like(rows[:1])])
    random = np.random.default_rng(seed)
    kinds, counts = np.unique(rows, axis=0, return_counts=True)
    means = random.multinomial(len(values), counts / len(rows), REPLICATES) @ kinds / len(values)
    replicates = resample_seeds(means, values.reshape(len(values), -1).mean(axis=0), random)
    if values.dtype == bool:
        replicates = replicates.clip(0, 1)
    low, high = np.percentile(replicates, PERCENTILES)
    return float(low), float(high)


def resample_seeds(replicates: np.ndarray, found: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """What replicates [R, S] over images have on average if other seeds had been drawn too, after those found [S].

    S seeds differ from their own mean by sqrt(1 - 1/S) of what they differ from the true one, so the differences are
    stretched by as much. One seed cannot say how others would differ. What moves single answers of single classifiers
    counts with the images and with the seeds, which makes intervals a little too wide (Owen 2007,
    doi:10.1214/07-AOAS122); where a few seeds differ by far more than the images, they are a little too narrow.
    """
    seeds, whole = len(found), replicates.mean(axis=1)
    if seeds == 1:
        return whole
    drawn = found[random.integers(0, seeds, replicates.shape)].mean(axis=1)
    return whole + np.sqrt(seeds / (seeds - 1)) * (drawn - found.mean())


def jackknife(
    distances: Callable[[np.ndarray, np.ndarray], np.ndarray | float], first: np.ndarray, second: np.ndarray
) -> list[tuple[float, float, float]]:
    """Distances of two sets of rows in random order, each with the ends of its 95 % interval by the jackknife.

    The distances without every tenth row of both say how it varies (Tukey 1958). Not the bootstrap: images that are
    drawn twice make two clouds differ more than other images would. The interval is as wide on either side, so that it
    reaches below zero where the distance is no more than noise; not a number for fewer than two rows a block.
    """

    def without(block: slice) -> np.ndarray:
        kept = (np.delete(rows, slice(block.start, None, BLOCKS), axis=0) for rows in (first, second))
        return np.atleast_1d(distances(*kept))

    (values,) = map_blocks(lambda _: np.atleast_1d(distances(first, second)), 1, 1)
    if min(len(first), len(second)) < 2 * BLOCKS:
        margins = np.full(len(values), np.nan)
    else:
        margins = STUDENT * np.sqrt((BLOCKS - 1) * np.var(list(map_blocks(without, BLOCKS, 1)), axis=0))
    return [
        (float(value), float(value - margin), float(value + margin))
        for value, margin in zip(values, margins, strict=True)
    ]
