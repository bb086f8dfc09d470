"""Small versions of pictures: enough to know a picture by, or to tell its class."""

from collections.abc import Iterable, Iterator

import numpy as np

from gan_core.images.mapped import folder_of, join, pile, walk

BLOCK = 4_096  # pictures that are in memory as floats at once


def shrink(images: np.ndarray, height: int, width: int) -> Iterator[np.ndarray]:
    """Yield float32 [n, height, width, C], a block of pictures uint8 [N, ...] at a time: means over areas."""
    rows, columns = average_areas(images.shape[1], height), average_areas(images.shape[2], width)
    for part in walk(images, BLOCK):
        yield np.einsum("yh,nhwc,xw->nyxc", rows, part.astype(np.float32), columns, optimize=True)


def average_areas(pixels: int, parts: int) -> np.ndarray:
    """The weights float32 [parts, pixels] with which a line of pixels becomes one of fewer, or of as many."""
    edges, places = np.linspace(0, pixels, parts + 1), np.arange(pixels)
    overlap = np.minimum(edges[1:, None], places + 1) - np.maximum(edges[:-1, None], places)
    weights = overlap.clip(min=0)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def shrink_to_bytes(sets: Iterable[np.ndarray], longest: int) -> np.ndarray:
    """All pictures uint8 [N, height, width, C] of one shape in one array, no side longer than `longest` pixels."""
    first, *_ = sets = [*sets]
    _, height, width, channels = first.shape
    if max(height, width) <= longest:
        return join(sets)
    small = (max(1, round(side * longest / max(height, width))) for side in (height, width))
    height, width = small
    blocks = (np.rint(block).astype(np.uint8) for images in sets for block in shrink(images, height, width))
    return pile(blocks, sum(map(len, sets)), (height, width, channels), folder_of(first))


def describe(images: np.ndarray, side: int) -> np.ndarray:
    """Vectors float32 [N, F] of length 1, the same for any brightness and contrast of a picture; 0 for a blank one.

    It is a thumbnail of `side` x `side`, or of the picture's own pixels if they are fewer, without its mean.
    """
    height, width = (min(side, own) for own in images.shape[1:3])
    parts = [np.zeros((0, height * width * images.shape[3]), np.float32)]
    for block in shrink(images, height, width):
        vectors = block.reshape(len(block), -1)
        vectors -= vectors.mean(axis=1, keepdims=True)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        parts.append(np.where(lengths > 0.5, vectors / np.maximum(lengths, 0.5), 0))
    return np.concatenate(parts)
