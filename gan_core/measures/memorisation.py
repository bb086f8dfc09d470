"""Whether a generator hands out the images it learned from: are they nearer to it than images it never saw?"""

from dataclasses import dataclass
from functools import reduce

import numpy as np

SAMPLE = 10_000  # generated images looked at; with 5,000 unseen beside 55,000 known ones a tenth of copies is seen
BLOCK = 5_000  # real images held at once
PIXELS = 4_096  # and numbers of each: large images are compared piece by piece
STANDARD_DEVIATIONS = 3  # of chance: an honest generator is accused once in 700 times


@dataclass(frozen=True)
class Memorisation:
    """The estimated share of copies among generated images, and how far chance alone moves that estimate."""

    copied: float  # share of 1; below zero where unseen images happen to lie nearer
    noise: float  # standard deviation for a generator that knows no image better than another

    @property
    def fault(self) -> str:
        """A sentence where chance does not explain that the known images are nearer, else empty."""
        if self.copied <= STANDARD_DEVIATIONS * self.noise:
            return ""
        return f"The generator copies: about {self.copied:.0%} of its images are training images over again."


def measure_memorisation(generated: np.ndarray, known: np.ndarray, unseen: np.ndarray) -> Memorisation:
    """Compare how often a known and an unseen real image is the nearest one; pixels uint8 [M, D], [K, D] and [U, D].

    The unseen images were cut from the known ones at random, so to who never looked at either each real image is as
    likely the nearest, and U / (K + U) of the generated ones have an unseen neighbour; copies have none. If a share
    c is copied, (1 - c) U / (K + U) is left, which gives c. The noise is that of another random cut: the standard
    deviation of a sum of U of the K + U counts drawn without replacement, whatever hubs there are among the images.

    Each generated image is its own yardstick. To compare its distance with those of unseen real images instead, as
    the test of Meehan et al. 2020 (arXiv:2004.05675) does, would accuse an honest generator: its images are smoother
    than photographs and so nearer to everything. Holding a cut-out set beside the known one is Platzer and
    Reutterer's way (2021, arXiv:2104.00635), there with two sets of one size. Pixels, not the features of a
    classifier: it learned from the known images and so sees them apart. Images copied with a shift are not found.
    """
    count, share = len(known) + len(unseen), len(unseen) / (len(known) + len(unseen))
    chosen = np.bincount(nearest(generated, np.concatenate([known, unseen])), minlength=count)
    expected = len(generated) * share
    noise = np.sqrt(len(unseen) * (1 - share) * chosen.var(ddof=1))
    return Memorisation(float(1 - chosen[len(known) :].sum() / expected), float(noise / expected))


def nearest(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which of `others` uint8 [N, D] is nearest to each of `points` uint8 [M, D]; int64 [M], the first where alike."""
    closest, found = np.full(len(points), np.inf, np.float32), np.zeros(len(points), np.int64)
    for start in range(0, len(others), BLOCK):
        block = others[start : start + BLOCK]
        pieces = (slice(first, first + PIXELS) for first in range(0, points.shape[1], PIXELS))
        rest = reduce(np.add, (_squared_rest(points[:, piece], block[:, piece]) for piece in pieces))
        here, best = rest.argmin(axis=1), rest.min(axis=1)
        found = np.where(best < closest, start + here, found)
        closest = np.minimum(best, closest)
    return found


def _squared_rest(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances less those of the points to zero, float32 [M, N]."""
    points, others = points.astype(np.float32), others.astype(np.float32)
    return np.sum(others**2, axis=1) - 2 * points @ others.T
