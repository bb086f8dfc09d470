"""Two published scores of copying, for those who know them, by the training images and by the held-out ones alike.

They decide nothing: neither knows what an honest generator scores. It draws smoother images than photographs, and so
nearer ones to everything; only the difference between the training images and as many held-out ones says something.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from gan_core.images.labelled_images import LabelledImages
from gan_core.inspection.thumbnails import describe
from gan_core.measures.measure import Figure, Measure

SIDE = 8  # of the thumbnails whose distances are compared
ROWS = 1_000  # images whose distances are held at once
ENOUGH = 20  # images of a class of either kind, to compare their distances
CT = Measure(
    name="c_t",
    title="C_T",
    aspect="memorised",
    meaning="How much farther the images are from the training images than other real images are, in standard errors: "
    "far below 0 they are too near. It decides nothing; compare it with that of the held-out images.",
    direction="higher is better",
    chance="0",
    source="Meehan et al. 2020, arXiv:2004.05675, section 4, with the classes as cells",
    lowest=-np.inf,
    highest=np.inf,
    unit="distance",
)
AUTHENTICITY = Measure(
    name="authenticity",
    title="Authenticity",
    aspect="memorised",
    meaning="The share of the images that are farther from their nearest training image than that is from another "
    "training image. It decides nothing; compare it with that of the held-out images.",
    direction="higher is better",
    chance="that of the held-out images",
    source="Alaa et al. 2022, arXiv:2102.08921, section 3.3",
)
MEASURES = (CT, AUTHENTICITY)


@dataclass(frozen=True)
class _Thumbnails:
    vectors: np.ndarray  # float32 [N, F]
    labels: np.ndarray  # [N]


def score_copying(
    generated: LabelledImages, known: LabelledImages, unseen: LabelledImages, *, seed: int
) -> tuple[Figure, ...]:
    """C_T and authenticity by as many training as held-out images, and the same with the two exchanged."""
    count = min(len(known), len(unseen))
    random = np.random.default_rng(seed)
    first, second = (_describe(images.take(random.permutation(len(images))[:count])) for images in (known, unseen))
    drawn = _describe(generated)
    figures = []
    for of, reference, other in (("training images", first, second), ("held-out images", second, first)):
        nearest, distance = nearest_distance(drawn.vectors, reference.vectors)
        score = c_t(distance, drawn.labels, nearest_distance(other.vectors, reference.vectors)[1], other.labels)
        figures += [
            Figure(CT, of, score, images=len(generated)),
            Figure(AUTHENTICITY, of, authenticity(distance, nearest, reference.vectors), images=len(generated)),
        ]
    return tuple(figures)


def c_t(generated: np.ndarray, labels: np.ndarray, fresh: np.ndarray, fresh_labels: np.ndarray) -> float:
    """The mean over classes of z, weighted by their fresh real images, of distances [M] beside those of these [N].

    Within a class z compares by the Mann-Whitney U statistic how often a generated image is farther than a fresh one.
    Not a number where no class has enough of both.
    """
    total, weight = 0.0, 0
    for label in np.unique(fresh_labels):
        mine, theirs = generated[labels == label], fresh[fresh_labels == label]
        if min(len(mine), len(theirs)) >= ENOUGH:
            total += len(theirs) * mann_whitney(mine, theirs)
            weight += len(theirs)
    return total / weight if weight else float("nan")


def mann_whitney(first: np.ndarray, second: np.ndarray) -> float:
    """How much larger numbers [M] are than others [N], in standard errors of the U statistic."""
    pairs = len(first) * len(second)
    larger = rankdata(np.concatenate([first, second]))[: len(first)].sum() - len(first) * (len(first) + 1) / 2
    return float((larger - pairs / 2) / np.sqrt(pairs * (len(first) + len(second) + 1) / 12))


def authenticity(distance: np.ndarray, nearest: np.ndarray, real: np.ndarray) -> float:
    """The share of images farther, `distance` [M], from real image `nearest` int64 [M] than the next real one is."""
    alone = nearest_distance(real, real, without_itself=True)[1]
    return float(np.mean(distance > alone[nearest]))


def nearest_distance(
    points: np.ndarray, others: np.ndarray, *, without_itself: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Which of the others [N, F] is nearest to each point [M, F], int64 [M], and how far it is, float32 [M].

    Both are float32. Where the others are the points, each is `without_itself`.
    """
    found, distances, lengths = [], [], np.sum(others**2, axis=1)
    for start in range(0, len(points), ROWS):
        rows = points[start : start + ROWS]
        rest = lengths - 2 * rows @ others.T
        if without_itself:
            rest[np.arange(len(rows)), start + np.arange(len(rows))] = np.inf
        found.append(rest.argmin(axis=1))
        distances.append(np.maximum(0, rest.min(axis=1) + np.sum(rows**2, axis=1)))
    return np.concatenate(found), np.sqrt(np.concatenate(distances))


def _describe(images: LabelledImages) -> _Thumbnails:
    return _Thumbnails(describe(images.images, SIDE), images.labels)
