"""Diverse and faithful: precision, recall, density and coverage by the nearest neighbours of each image.

Precision and recall: Kynkäänniemi et al. 2019, arXiv:1904.06991, equation 2. Density and coverage: Naeem et al. 2020,
arXiv:2002.09797, equations 8 and 9. The points are what the last layer of a real-taught classifier reads.
"""

from dataclasses import dataclass

import numpy as np

from gan_core.measures.blocks import map_blocks
from gan_core.measures.measure import Measure

NEIGHBOURS = 5  # as in the paper on coverage
SPARE = 8  # more neighbours looked at exactly than are needed, as rounding may change their order
GROUP = 64  # of which the least is found first
NUMBERS = 2**24  # distances that a thread holds at once
DIFFERENCES = 2**22  # numbers of them that it holds at once

MANIFOLD_PRECISION = Measure(
    name="manifold_precision",
    title="Precision",
    aspect="diverse",
    meaning="The share of the synthetic images that lie where real ones do.",
    direction="higher is better",
    chance="0 far from all real images; a real image repeated has 1",
    source="Kynkäänniemi et al. 2019, arXiv:1904.06991, equation 2, with 5 neighbours",
)
MANIFOLD_RECALL = Measure(
    name="manifold_recall",
    title="Recall of the real variety",
    aspect="diverse",
    meaning="The share of the real images that lie where synthetic ones do; noise that scatters the synthetic images "
    "can raise it, so read it beside coverage.",
    direction="higher is better",
    chance="0 for one image repeated, or far from all real ones",
    source="Kynkäänniemi et al. 2019, arXiv:1904.06991, equation 2, with 5 neighbours",
)
DENSITY = Measure(
    name="density",
    title="Density",
    aspect="diverse",
    meaning="How many real images a synthetic one is among the neighbours of, as a factor of the neighbours counted.",
    direction="higher is better",
    chance="0 far from all real images; other real images have about 1",
    source="Naeem et al. 2020, arXiv:2002.09797, equation 8, with 5 neighbours",
    highest=float("inf"),
    unit="factor",
)
COVERAGE = Measure(
    name="coverage",
    title="Coverage",
    aspect="diverse",
    meaning="The share of the real images that have a synthetic one among their nearest.",
    direction="higher is better",
    chance="0 far from all real images; as many other real images have 0.97",
    source="Naeem et al. 2020, arXiv:2002.09797, equation 9, with 5 neighbours",
)


@dataclass(frozen=True)
class Manifolds:
    """How two clouds of points lie in each other, point by point."""

    precise: np.ndarray  # bool [M]: whether each generated point lies in the ball of a real one
    recalled: np.ndarray  # bool [N]: whether each real point lies in the ball of a generated one
    dense: np.ndarray  # float64 [M]: in how many balls of real points each generated one lies, over the neighbours
    covered: np.ndarray  # bool [N]: whether a generated point lies in the ball of each real one


def measure_manifolds(real: np.ndarray, generated: np.ndarray, neighbours: int = NEIGHBOURS) -> Manifolds:
    """Compare points float [N, F] of real images with those of generated ones [M, F], both more than the neighbours.

    The ball of a point reaches to its k-th nearest neighbour in its own cloud, and does not hold its edge.
    """
    if min(len(real), len(generated)) <= neighbours:
        raise ValueError(f"Expected more than {neighbours} points, got {len(real)} and {len(generated)}.")
    around_real, of_real = count_inside(real, neighbour_radii(real, neighbours), generated)
    _, of_generated = count_inside(generated, neighbour_radii(generated, neighbours), real)
    return Manifolds(of_real > 0, of_generated > 0, of_real / neighbours, around_real > 0)


def neighbour_radii(points: np.ndarray, neighbour: int) -> np.ndarray:
    """The squared distance of each point [N, F] to its `neighbour`-th nearest other one, float64 [N]."""
    cloud = _Cloud(points, middle=points.mean(axis=0))
    wanted = min(neighbour + 1 + SPARE, len(points))  # the nearest is the point itself

    def work(rows: slice) -> np.ndarray:
        near, own = _smallest(cloud.rest(cloud, rows), wanted), np.arange(rows.start, rows.stop)
        exact = _squared_distances(points, np.repeat(own, wanted), points, near.ravel()).reshape(near.shape)
        return np.partition(exact, neighbour, axis=1)[:, neighbour]

    return np.concatenate(list(map_blocks(work, len(points), cloud.rows)))


def count_inside(centres: np.ndarray, radii: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many points [M, F] lie within the squared radius of each centre [N, F], and in how many balls each point is;
    int64 [N] and [M].

    Products in float32 find the pairs, and where rounding leaves a doubt, differences in float64 decide: so neither the
    order of the points nor the size of the blocks matters.
    """
    middle = centres.mean(axis=0)
    balls, cloud = _Cloud(centres, middle), _Cloud(points, middle)

    def work(rows: slice) -> tuple[np.ndarray, np.ndarray]:
        rest, doubt = cloud.rest(balls, rows), cloud.doubt * balls.norms[rows]
        bounds = np.where(radii[rows] > 0, radii[rows] - balls.norms[rows], -np.inf)
        near = np.flatnonzero(rest < (bounds + doubt).astype(np.float32)[:, None])
        centre, point = np.divmod(near, rest.shape[1])
        sure = rest[centre, point] + 2 * cloud.doubt * cloud.norms[point] < (bounds - doubt)[centre]
        unsure = np.flatnonzero(~sure)
        exact = _squared_distances(centres, rows.start + centre[unsure], points, point[unsure])
        sure[unsure] = exact < radii[rows][centre[unsure]]
        return np.bincount(centre[sure], minlength=len(bounds)), np.bincount(point[sure], minlength=len(points))

    around, within = list[np.ndarray](), np.zeros(len(points), np.int64)
    for of_centres, of_points in map_blocks(work, len(centres), cloud.rows):
        around.append(of_centres)
        within += of_points
    return np.concatenate(around), within


class _Cloud:
    """Points as float32 about a middle, with their squared norms, filled up to whole groups by ones infinitely far."""

    def __init__(self, points: np.ndarray, middle: np.ndarray) -> None:
        self.points = (points - middle).astype(np.float32)
        self.norms = np.einsum("nf,nf->n", self.points, self.points, dtype=np.float64)
        self.doubt = (points.shape[1] + 8) * float(np.finfo(np.float32).eps)  # what rounding changes at most, of a norm
        missing = -len(points) % GROUP
        self.columns = np.pad(-2 * self.points, ((0, missing), (0, 0))).T
        self.least_norms = np.pad((1 - self.doubt) * self.norms, (0, missing), constant_values=np.inf)
        self.least_norms = self.least_norms.astype(np.float32)
        self.rows = max(1, NUMBERS // len(self.least_norms))

    def rest(self, others: "_Cloud", rows: slice) -> np.ndarray:
        """The least squared distances that these points may have to the rows of others, less the norms of those;
        float32 [rows, N and more]."""
        distances = others.points[rows] @ self.columns
        distances += self.least_norms
        return distances


def _smallest(values: np.ndarray, count: int) -> np.ndarray:
    """Where the `count` smallest of each row [B, N] are, int64 [B, count]; N is a multiple of `GROUP`.

    They are in the groups with the smallest minima, which are found in one pass over memory.
    """
    groups = values.shape[1] // GROUP
    if groups <= count:
        return np.argpartition(values, count - 1, axis=1)[:, :count]
    minima = values.reshape(-1, GROUP, groups).min(axis=1)
    chosen = np.argpartition(minima, count - 1, axis=1)[:, :count]
    places = (chosen[:, None] + groups * np.arange(GROUP)[:, None]).reshape(len(values), -1)
    best = np.argpartition(np.take_along_axis(values, places, axis=1), count - 1, axis=1)[:, :count]
    return np.take_along_axis(places, best, axis=1)


def _squared_distances(first: np.ndarray, ones: np.ndarray, second: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Those of pairs of points [N, F] and [M, F] by their numbers int64 [P]; float64 [P]."""
    pairs = max(1, DIFFERENCES // first.shape[1])
    parts = [slice(start, start + pairs) for start in range(0, len(ones), pairs)]
    exact = [np.square(first[ones[part]].astype(np.float64) - second[others[part]]).sum(axis=1) for part in parts]
    return np.concatenate([np.zeros(0), *exact])
