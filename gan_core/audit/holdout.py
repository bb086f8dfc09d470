"""The share of copies among generated images, by how seldom an image that was held out is the nearest one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

from gan_core.audit.nearest import Catalogue, Matches

NEIGHBOUR, REFERENCES = 5, 1_000  # of a class, by the k-th nearest of which it is said how typical an image is
TYPICAL = 0.9  # of the images of each class, the others are the least typical ones
ALL, SUSPICIOUS, MOST_SUSPICIOUS, RARE = (
    "all images",
    "the tenth that is most like a real image",
    "the hundredth that is most like a real image",
    "images like the least typical tenth of the real ones",
)


@dataclass(frozen=True)
class Share:
    """The estimated share of copies among some generated images, and what chance makes of it."""

    copied: float  # of 1; below zero where held-out images happen to be the nearest more often
    noise: float  # its standard deviation for a generator that knows no image better than another
    chance: float  # the probability that so few held-out images are the nearest ones to such a generator's images
    images: int
    surplus: float = 1.0  # the probability that so many are

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return self.copied - 1.96 * self.noise

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return min(1.0, self.copied + 1.96 * self.noise)


def estimate_share(nearest: np.ndarray, unseen: np.ndarray) -> Share | None:
    """How many copies there are, by the numbers of the real images that are nearest, int64 [M].

    `unseen` bool [N] are the real images that were cut out at random before anything was learned. To who looked at
    none of them more than at others each is as likely the nearest: of the D real images that are the nearest to any
    generated one, the number of unseen ones is that of D draws without replacement, which gives the chance exactly.
    If a share c is copied, (1 - c) of the expected share has an unseen neighbour, which gives c; the noise is that of
    another random cut: the standard deviation of a sum of U of the K + U counts drawn without replacement, whatever
    hubs there are among the images. None where nothing can be said.
    """
    held, total = int(unseen.sum()), len(unseen)
    if not len(nearest) or not 0 < held < total:
        return None
    chosen = np.bincount(nearest, minlength=total)
    expected = len(nearest) * held / total
    noise = np.sqrt(held * (1 - held / total) * chosen.var(ddof=1))
    different = chosen > 0
    counts = int(different[unseen].sum()), total, held, int(different.sum())
    chance, surplus = hypergeom.cdf(*counts), hypergeom.sf(counts[0] - 1, *counts[1:])
    copied = 1 - chosen[unseen].sum() / expected
    return Share(float(copied), float(noise / expected), float(chance), len(nearest), float(surplus))


def estimate_shares(
    matches: Matches, labels: np.ndarray, *, unseen: np.ndarray, rare: np.ndarray, names: Sequence[str]
) -> Mapping[str, Share]:
    """The shares among all generated images with classes `labels` [M], in four groups and in each class.

    `unseen` and `rare` bool [N] are real images by their numbers.
    """
    order = np.argsort(matches.ratio, kind="stable")
    groups = {
        ALL: estimate_share(matches.real, unseen),
        SUSPICIOUS: estimate_share(matches.real[order[: -(-len(order) // 10)]], unseen),
        MOST_SUSPICIOUS: estimate_share(matches.real[order[: -(-len(order) // 100)]], unseen),
        RARE: estimate_share((np.cumsum(rare) - 1)[matches.real[rare[matches.real]]], unseen[rare]),
    }
    classes = {name: estimate_share(matches.real[labels == label], unseen) for label, name in enumerate(names)}
    return {name: share for name, share in (groups | classes).items() if share}


def find_rare(real: Catalogue, labels: np.ndarray, seed: int) -> np.ndarray:
    """Which real images, by their numbers, are the least typical tenth of their class in `labels` [N]; bool [N].

    The less alike their spectrum and that of the k-th nearest among some of the class are, the less typical they are.
    """
    random, rare = np.random.default_rng(seed), np.zeros(len(labels), bool)
    for label in np.unique(labels):
        places = np.flatnonzero(labels[real.numbers] == label)
        references = random.permutation(len(places))[:REFERENCES]
        spectra = real.spectra[places]
        likeness = spectra @ spectra[references].T
        likeness[references, np.arange(len(references))] = -1  # with itself
        neighbour = min(NEIGHBOUR, likeness.shape[1])
        typical = np.partition(likeness, -neighbour, axis=1)[:, -neighbour]
        rare[real.numbers[places]] = typical < np.quantile(typical, 1 - TYPICAL)
    return rare
