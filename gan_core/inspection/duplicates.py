"""Pictures that are there twice: equal in every pixel, or nearly, as after another compression or in another light."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from gan_core.images.mapped import digests

SIDE = 8  # of the thumbnails that are compared, in pixels
PARTS = 16  # of the pictures, in each of which the nearest is looked for
COPIES = 4  # of a picture, that do not change what is usual for it
ROWS = 1_024  # pictures that are compared with a part at once
NEARER = 0.1  # times as far away as another picture usually is: a copy
ALWAYS, NEVER = 0.0005, 0.05  # as near is a copy whatever is usual; as far is none


class Near(NamedTuple):
    """Two pictures that are nearly equal."""

    first: int
    second: int
    distance: float  # 1 - the correlation of their thumbnails


def find_equal(sets: Iterable[np.ndarray]) -> list[list[int]]:
    """The numbers of pictures uint8 [N, ...] that are equal in every pixel, a list for each that is there twice."""
    groups: dict[bytes, list[int]] = {}
    for number, digest in enumerate(digest for images in sets for digest in digests(images)):
        groups.setdefault(digest, []).append(number)
    return [group for group in groups.values() if len(group) > 1]


def find_near(vectors: np.ndarray, seed: int, on_rows: Callable[[int], None] = lambda rows: None) -> list[Near]:
    """The pairs of nearly equal pictures by vectors [N, F] of length 1, the nearest first.

    What is near depends on the pictures: trousers are all alike, photographs are not. The pictures are cut at random
    into parts, and the nearest in each is looked for. Without the parts that may have copies, the next of these is as
    near as another picture usually comes; a copy is ten times as near. All pairs are compared, block by block, each
    once; `on_rows` is told of each few pictures that are done.
    """
    order = np.random.default_rng(seed).permutation(len(vectors))
    parts = np.array_split(order, min(PARTS, max(1, len(vectors))))
    nearest = nearest_in_parts(vectors, parts, on_rows)
    usual = 1 - np.sort(nearest, axis=1)[:, ::-1][:, min(COPIES, len(parts) - 1)]
    furthest = np.clip(NEARER * usual, ALWAYS, NEVER)
    found = dict[tuple[int, int], float]()
    for number, part in zip(*np.nonzero(nearest >= 1 - furthest[:, None]), strict=True):
        distances = 1 - vectors[parts[part]] @ vectors[number]
        for place in np.flatnonzero(distances <= furthest[number]):
            first, second = sorted((int(number), int(parts[part][place])))
            if first != second:
                found[first, second] = max(0.0, float(distances[place]))
    pairs = [Near(*pair, distance) for pair, distance in found.items()]
    return sorted(pairs, key=lambda pair: (round(pair.distance, 6), pair.first, pair.second))


def nearest_in_parts(vectors: np.ndarray, parts: list[np.ndarray], on_rows: Callable[[int], None]) -> np.ndarray:
    """The highest product of each vector with another of each part, float32 [N, parts]."""
    nearest = np.full((len(vectors), len(parts)), -1, np.float32)
    for place, part in enumerate(parts):
        columns = vectors[part]
        for other in range(place, len(parts)):
            for start in range(0, len(parts[other]), ROWS):
                rows = parts[other][start : start + ROWS]
                products = vectors[rows] @ columns.T
                if other == place:
                    products[np.arange(len(rows)), start + np.arange(len(rows))] = -1  # with itself
                nearest[rows, place] = products.max(axis=1)
                nearest[part, other] = np.maximum(nearest[part, other], products.max(axis=0))
        on_rows(len(part))
    return nearest
