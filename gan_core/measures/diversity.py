"""How much of the real variety a generator shows, and whether it has collapsed onto a part of it."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cached_property, reduce
from typing import Any

import numpy as np

from gan_core.errors import BadInput, show_share
from gan_core.measures.frechet_distance import frechet_distance
from gan_core.measures.manifold import COVERAGE, NEIGHBOURS, count_inside, neighbour_radii
from gan_core.measures.measure import Measure

NUMBERS = 4_096  # of each point at once: the pixels of large images are compared piece by piece
ENOUGH = 50  # real images of a class, to say how far it is covered: one standard error is 7 points at most
COLLAPSED_COVERAGE, COLLAPSED_REPEATED, COLLAPSED_EVENNESS = 0.6, 0.1, 0.8
STANDARD_ERRORS = 1  # by which a share must be beyond these, as that of a few images is so by chance
SAMPLE_COVERAGE = Measure(
    name="sample_coverage",
    title="Coverage, in a sample",
    aspect="diverse",
    meaning="The coverage of 2,000 real images at most by as many synthetic ones, as after each epoch of a training; "
    "the bounds of a collapse are for such samples. It is a little higher than the coverage of more images, whose "
    "neighbours lie nearer.",
    direction="higher is better",
    chance=COVERAGE.chance,
    source=COVERAGE.source,
)
WORST_CLASS = Measure(
    name="worst_class_coverage",
    title="Least coverage of a class, in a sample",
    aspect="diverse",
    meaning="The same of the class of which the fewest real images have a synthetic one among their nearest; images "
    "of other classes are neighbours too.",
    direction="higher is better",
    chance=COVERAGE.chance,
    source=COVERAGE.source,
)
REPEATED = Measure(
    name="repeated",
    title="Repeats",
    aspect="diverse",
    meaning="The share of the images that are all but the same as another one of the set: half as far from it as but "
    "one in a hundred real images is from any other.",
    direction="lower is better",
    chance="about 0 % of real images",
    source="gan_core.measures.diversity.repeated",
)
EVENNESS = Measure(
    name="evenness",
    title="Evenness of the classes",
    aspect="diverse",
    meaning="The entropy of the classes that a real-taught classifier sees, as a share of that of the real images.",
    direction="higher is better",
    chance="0 % where it sees one class only",
    source="gan_core.measures.diversity.evenness",
)


@dataclass(frozen=True)
class Diversity:
    """Shares of 1, of one sample of generated images beside a sample of real ones of the same size.

    What was measured before numbers of images were kept has zeros there.
    """

    coverage: float  # of the real images that have a generated one among their nearest
    manifold_recall: float  # of the real images that lie where generated ones do
    repeated: float  # of the generated images that are all but identical to another one
    evenness: float  # entropy of the classes that a real-taught classifier sees, as a share of that of the real ones
    worst_class_coverage: float  # the coverage of the class that is covered least
    frechet: float  # distance of the two clouds of features, 0 for equal ones; the lower the better
    images: int = 0  # of each kind that were compared
    worst_class_images: int = 0  # real images of the class that is covered least

    @property
    def summary(self) -> str:
        """A sentence on the coverage, with the numbers of images that it rests on."""
        covered = f"{show_share(self.coverage, 1)} of {_counted(self.images)} that it did not learn from"
        return f"A sample of it covers {covered}, and {self.worst}."

    @property
    def worst(self) -> str:
        """The coverage of the class covered least, as `81.7 % of the 191 real images of the class covered least`."""
        covered = show_share(self.worst_class_coverage, 1)
        return f"{covered} of {_counted(self.worst_class_images)} of the class covered least"

    @property
    def collapse(self) -> str:
        """A warning where whole regions or classes are missing or the same images come again and again, else empty."""
        most_covered = self.worst_class_coverage + noise(self.worst_class_coverage, self.worst_class_images)
        least_repeated = self.repeated - noise(self.repeated, self.images)
        worst = f"{show_share(self.worst_class_coverage)} of {_counted(self.worst_class_images)} of one class"
        signs = {
            f"a sample of it covers {show_share(self.coverage)} of {_counted(self.images)}, {worst}": (
                most_covered < COLLAPSED_COVERAGE
            ),
            f"{show_share(self.repeated)} of its images repeat another": least_repeated > COLLAPSED_REPEATED,
            f"the evenness of its classes is {self.evenness:.2f}": self.evenness < COLLAPSED_EVENNESS,
        }
        seen_signs = "; ".join(sign for sign, seen in signs.items() if seen)
        return seen_signs and f"The generator has collapsed: {seen_signs}."


def require_enough(validation_images: int) -> None:
    """Raise BadInput for too few validation images to measure diversity by the neighbours of each."""
    if validation_images <= NEIGHBOURS:
        raise BadInput(
            f"Expected at least {NEIGHBOURS + 1} validation images, since diversity is measured by the {NEIGHBOURS} "
            f"neighbours of each, got {validation_images}; raise data.validation_images or add training images."
        )


@dataclass(frozen=True)
class RealCloud:
    """Real images that sets are compared with, and what is the same for every set."""

    points: np.ndarray  # float [N, F], their features
    labels: np.ndarray  # uint8 [N]
    pixels: np.ndarray  # uint8 [N, D]

    @cached_property
    def radii(self) -> np.ndarray:
        """The squared distance of each to its neighbour that counts, float64 [N]."""
        return neighbour_radii(self.points, NEIGHBOURS)

    @cached_property
    def closest(self) -> float:
        """The distance of pixels that all but 1 % of them keep from each other."""
        return closest_distance(self.pixels)


def measure_diversity(real: RealCloud, generated: np.ndarray, *, seen: np.ndarray, pixels: np.ndarray) -> Diversity:
    """Compare real images with features float [M, F] of generated ones.

    `seen` [M] are the classes a real-taught classifier sees in the generated images; pixels are [M, D].
    """
    whole = manifold_recall(real.points, generated), frechet_distance(real.points, generated)
    found = measure_collapse(real, generated, seen=seen, pixels=pixels)
    return replace(found, manifold_recall=float(whole[0].mean()), frechet=whole[1])


def measure_collapse(real: RealCloud, generated: np.ndarray, *, seen: np.ndarray, pixels: np.ndarray) -> Diversity:
    """The same as far as it tells a collapse: the rest, which takes long, is not a number."""
    covered = count_inside(real.points, real.radii, generated)[0] > 0
    worst, in_worst = worst_class(covered, real.labels)
    return Diversity(
        coverage=float(covered.mean()),
        manifold_recall=math.nan,
        repeated=repeated(real.closest, pixels),
        evenness=evenness(seen, real.labels),
        worst_class_coverage=worst,
        frechet=math.nan,
        images=len(real.points),
        worst_class_images=in_worst,
    )


def recorded_diversity(row: Mapping[str, Any]) -> Diversity | None:
    """What was measured, from a row of a history; None where some of it was not measured yet."""
    needed = [field.name for field in fields(Diversity) if field.default is MISSING]
    if not row.keys() >= set(needed):
        return None
    seen = [field for field in fields(Diversity) if field.name in row]
    return Diversity(**{each.name: int(row[each.name]) if each.type is int else row[each.name] for each in seen})


def noise(share: float, images: int) -> float:
    """`STANDARD_ERRORS` of a share of so many images; 0 where it is not known how many there were."""
    return STANDARD_ERRORS * math.sqrt(share * (1 - share) / images) if images else 0.0


def _counted(images: int) -> str:
    return f"the {images:,} real images" if images else "the real images"


def coverage(real: np.ndarray, generated: np.ndarray, neighbours: int = NEIGHBOURS) -> np.ndarray:
    """Whether each real point has a generated one within the distance of its k-th real neighbour, bool [N].

    Naeem et al. 2020, arXiv:2002.09797, equation 9.
    """
    return count_inside(real, neighbour_radii(real, neighbours), generated)[0] > 0


def worst_class(covered: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
    """The least share of `covered` [N] in a class of `labels` [N] that has `ENOUGH` of them, or in all together.

    Returns the share and how many images it is of.
    """
    classes = [covered[labels == label] for label in np.unique(labels)]
    shares = [(float(part.mean()), len(part)) for part in [covered, *classes] if part is covered or len(part) >= ENOUGH]
    return min(shares)


def manifold_recall(real: np.ndarray, generated: np.ndarray, neighbours: int = NEIGHBOURS) -> np.ndarray:
    """Whether each real point lies within the distance of the k-th generated neighbour of a generated one, bool [N].

    Kynkäänniemi et al. 2019, arXiv:1904.06991, equation 2.
    """
    return count_inside(generated, neighbour_radii(generated, neighbours), real)[1] > 0


def closest_distance(real: np.ndarray) -> float:
    """The distance that all but 1% of the real points [N, D] keep from the nearest other one."""
    return float(np.quantile(neighbour_distance(real, 1), 0.01))


def repeated(closest_real: float, generated: np.ndarray) -> float:
    """Share of the generated points nearer to another one than half of what real ones keep, `closest_distance`."""
    return float(np.mean(neighbour_distance(generated, 1) < closest_real / 2))


def evenness(seen: np.ndarray, real: np.ndarray) -> float:
    """Entropy of the classes seen [M] over that of the `real` ones [N]: 1 if they come as evenly, 0 if only one does.

    Where real images are mostly of one class, so are those to be generated, and that is no fault.
    """
    return float(min(1.0, entropy(seen) / entropy(real))) if entropy(real) else 1.0


def entropy(classes: np.ndarray) -> float:
    """The entropy of the classes [N], in nats."""
    shares = np.bincount(classes) / len(classes)
    shares = shares[shares > 0]
    return float(np.sum(shares * -np.log(shares)))  # and not -0 where there is one class


def neighbour_distance(points: np.ndarray, neighbour: int) -> np.ndarray:
    """Distance of each point [N, F] to its `neighbour`-th nearest other one, float [N]."""
    return np.partition(distances(points, points), neighbour, axis=1)[:, neighbour]


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Euclidean distances of points [N, F] and [M, F], float64 [N, M]."""
    pieces = (slice(start, start + NUMBERS) for start in range(0, first.shape[1], NUMBERS))
    squared = reduce(np.add, (_squared_distances(first[:, piece], second[:, piece]) for piece in pieces))
    return np.sqrt(np.maximum(squared, 0))


def _squared_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    first, second = first.astype(np.float64), second.astype(np.float64)
    return np.sum(first**2, axis=1)[:, None] - 2 * first @ second.T + np.sum(second**2, axis=1)[None]
