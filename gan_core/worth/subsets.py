"""Real subsets for a curve: their sizes in equal factors, each within the next, each with all classes."""

import numpy as np

SMALLEST = 1_000  # of so many images, the smallest subset has one


def choose_sizes(labels: np.ndarray, smaller: int) -> list[int]:
    """The sizes of so many subsets and of the whole set, rising by equal factors, fewer where they would be equal.

    The smallest has an image of each class, and one of a thousand images of the set.
    """
    images = len(labels)
    least = min(max(images // SMALLEST, len(np.unique(labels))), images)
    return np.unique(np.geomspace(least, images, smaller + 1).round().astype(np.int64)).tolist()


def nest(labels: np.ndarray, seed: int) -> np.ndarray:
    """The indices of labels [N] in an order whose every beginning is a random subset with the classes in their shares.

    The first image of each class comes before all others, so a beginning with as many images as classes has them all.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    by_class = np.argsort(labels[order], kind="stable")
    counts = np.bincount(labels)
    ranks = np.empty(len(labels), np.int64)  # of each among those of its class
    ranks[by_class] = np.arange(len(labels)) - (np.cumsum(counts) - counts)[labels[order][by_class]]
    places = np.where(ranks == 0, -1.0, (ranks + 0.5) / counts[labels[order]])
    return order[np.argsort(places, kind="stable")]
