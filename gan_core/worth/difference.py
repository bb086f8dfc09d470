"""By how much one teaching set teaches better than another, with the interval of that."""

from dataclasses import dataclass

import numpy as np

from gan_core.measures.bootstrap import REPLICATES, resample_seeds

LEVEL = 0.95  # of an interval


@dataclass(frozen=True)
class Difference:
    """A difference of two accuracies, with the ends of its interval; shares of 1."""

    value: float
    low: float
    high: float

    @property
    def is_told(self) -> bool:
        """Whether it can be told from noise."""
        return self.low > 0 or self.high < 0

    @property
    def text(self) -> str:
        """In points, with the interval: `+0.42 points (+0.11 to +0.73)`."""
        value, low, high = (f"{100 * each:+.2f}".replace("-", "\N{MINUS SIGN}") for each in vars(self).values())
        return f"{value} points ({low} to {high})"


def difference(first: np.ndarray, second: np.ndarray, *, comparisons: int = 1, seed: int = 0) -> Difference:
    """How much larger the share of right answers bool [S, N] is than another's of the same images and seeds.

    The interval is of 95 per cent for all of so many comparisons together (Bonferroni: of 1 - 0.05 / comparisons each).
    Images are drawn anew for both at once, seeds in pairs.
    """
    pairs = (first.astype(np.int64) - second).T  # [N, S]
    random = np.random.default_rng(seed)
    kinds, counts = np.unique(pairs, axis=0, return_counts=True)
    means = random.multinomial(len(pairs), counts / len(pairs), REPLICATES) @ kinds / len(pairs)
    replicates = resample_seeds(means, pairs.mean(axis=0), random)
    tail = 50 * (1 - LEVEL) / comparisons
    low, high = np.percentile(replicates, (tail, 100 - tail))
    return Difference(float(pairs.mean()), float(low), float(high))
