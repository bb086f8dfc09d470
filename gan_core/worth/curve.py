"""The curve: what real subsets teach, and as how many real images a synthetic set teaches."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from gan_core.measures.bootstrap import PERCENTILES, resample_seeds
from gan_core.measures.measure import Figure, Measure

REPLICATES = 2_000
AT_ONCE = 100  # of these
EQUIVALENT_REAL_IMAGES = Measure(
    name="worth",
    title="Worth in real images",
    aspect="useful",
    meaning="How many real images teach a classifier to the accuracy that the synthetic ones teach, read from the "
    "curve of accuracies that subsets of the real training images teach.",
    direction="higher is better",
    chance="fewer than the smallest subset",
    source="gan_core.worth.curve: isotonic regression (Barlow et al. 1972) on the logarithm of the size, read "
    "backwards",
    highest=math.inf,
    unit="count",
)


@dataclass(frozen=True)
class Point:
    """What real images of one number teach; shares of 1, with the ends of the 95 % interval."""

    images: int
    accuracy: float
    low: float
    high: float
    single: tuple[float, ...]  # of each seed


@dataclass(frozen=True)
class Equivalent:
    """How many real images teach as much: 0 for fewer than the smallest subset, infinity for more than there are."""

    images: float
    low: float  # of the 95 % interval
    high: float
    least: int  # images of the smallest subset
    most: int  # real images that there are

    @property
    def text(self) -> str:
        """What is taught, with the interval: `teach what 14,000 real ones teach (11,000 to 17,000)`."""
        taught = f"teach what {self._say(self.images)} real ones teach"
        if self.images <= 0:
            taught = f"teach less than {self.least:,} real ones"
        elif math.isinf(self.images):
            taught = f"teach more than all {self.most:,} real ones"
        if self.low == self.high:
            return f"{taught}, at both ends of the 95 % interval"
        return f"{taught} ({self._say(self.low)} to {self._say(self.high)})"

    def _say(self, images: float) -> str:
        if images <= 0:
            return f"fewer than {self.least:,}"
        if math.isinf(images):
            return f"more than all {self.most:,}"
        return f"{round_images(images):,}"


@dataclass(frozen=True)
class Curve:
    """What subsets of the real images teach, and where a synthetic set stands on it."""

    points: tuple[Point, ...]  # the whole training set's last
    synthetic: Point
    equivalent: Equivalent

    @property
    def sentence(self) -> str:
        """What the synthetic images are worth, in a sentence."""
        return f"{self.synthetic.images:,} synthetic images {self.equivalent.text}."

    @property
    def figure(self) -> Figure:
        """The same as a figure."""
        found = self.equivalent
        images = self.synthetic.images
        return Figure(EQUIVALENT_REAL_IMAGES, "synthetic", found.images, found.low, found.high, images=images)


def round_images(images: float) -> int:
    """A number of images with two digits that count."""
    return int(float(f"{images:.2g}"))


def measure_curve(
    sizes: Sequence[int], real: np.ndarray, synthetic: np.ndarray, *, images: int, seed: int = 0
) -> Curve:
    """The curve of so many real images each, and what `images` synthetic ones are worth, with their intervals.

    `real` bool [M, S, N] are the test images that classifiers recognised which each subset taught from each seed,
    `synthetic` bool [S, N] the same of the synthetic set. Test images are drawn anew for all of them together, seeds
    for each subset alone (Efron 1979), and each draw has its own curve.
    """
    sets = np.concatenate([real, synthetic[np.newaxis]])
    found = sets.mean(axis=2)  # [M + 1, S]
    replicates = _replicate(sets, np.random.default_rng(seed))  # [R, M + 1]
    points = tuple(map(_point, [*sizes, images], found, replicates.T))
    worth = np.array([equivalent_images(sizes, row[:-1], row[-1]) for row in replicates])
    low, high = np.percentile(worth, PERCENTILES, method="closest_observation")
    images_found = equivalent_images(sizes, found[:-1].mean(axis=1), float(found[-1].mean()))
    return Curve(points[:-1], points[-1], Equivalent(images_found, float(low), float(high), sizes[0], sizes[-1]))


def equivalent_images(sizes: Sequence[int], accuracies: np.ndarray, accuracy: float) -> float:
    """How many real images teach to this accuracy, by the accuracies [M] of subsets of these sizes.

    They are made rising first, and joined by lines over the logarithm of the size. 0 where the smallest subset teaches
    more, infinity where the whole set teaches less; nothing is extrapolated.
    """
    rising = isotonic_regression(accuracies).x
    above = int(np.searchsorted(rising, accuracy))
    if above == len(rising):
        return math.inf
    if above == 0:
        return float(sizes[0]) if accuracy == rising[0] else 0.0
    share = (accuracy - rising[above - 1]) / (rising[above] - rising[above - 1])
    return float(sizes[above - 1] * (sizes[above] / sizes[above - 1]) ** share)


def _replicate(sets: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The mean accuracy of each set, float [R, M], with other images and other seeds drawn, of right answers [M, S, N].

    Images on which all classifiers answered alike are drawn by their counts, which is the same and quicker.
    """
    count, seeds, images = sets.shape
    kinds, counts = np.unique(sets.reshape(-1, images).T, axis=0, return_counts=True)
    means = np.concatenate(
        [draws @ kinds / images for draws in _draws(counts / images, images, random)]  # [R, M * S]
    ).reshape(-1, count, seeds)
    found = sets.mean(axis=2)
    return np.stack([resample_seeds(means[:, row], found[row], random) for row in range(count)], axis=1)


def _draws(shares: np.ndarray, images: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """How often each kind of image is drawn, a few replicates at once."""
    for _ in range(REPLICATES // AT_ONCE):
        yield random.multinomial(images, shares, AT_ONCE)


def _point(images: int, single: np.ndarray, replicates: np.ndarray) -> Point:
    low, high = np.percentile(replicates, PERCENTILES).clip(0, 1)
    return Point(images, float(single.mean()), float(low), float(high), tuple(single.tolist()))
