"""The real image that a generated one comes nearest to, also where it was moved, mirrored, brightened or made noisy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from gan_core.images.mapped import pick, read, walk
from gan_core.inspection.thumbnails import shrink_to_bytes
from gan_core.measures.blocks import map_blocks

SHIFT = 2  # pixels, in each direction
LONGEST = 32  # pixels of a side: larger images are made smaller, so that more than `SHIFT` of their own are found
FREQUENCIES = 6  # waves over an image at most, in either direction
CANDIDATES = (
    16  # real images that are compared pixel by pixel; the original of a moved copy is 96 times in a hundred among them
)
PARTS = 256  # of the real images, each of which proposes one
ROWS = 256  # generated images at once
SHIFTS = 2 * SHIFT + 1


@dataclass(frozen=True)
class Catalogue:
    """Real images in an order that does not depend on whether they were learned from, and what they are found by."""

    numbers: np.ndarray  # int64 [N], of each image, from 0 in the order that they were given in
    images: np.ndarray  # uint8 [N, height, width, C], made smaller
    spectra: np.ndarray  # float32 [N, F]

    def leave_out(self, numbers: np.ndarray) -> "Catalogue":
        """The same without some images."""
        kept = ~np.isin(self.numbers, numbers)
        return Catalogue(self.numbers[kept], pick(self.images, kept), self.spectra[kept])


@dataclass(frozen=True)
class Matches:
    """The nearest real image of each generated one; a distance is the square root of 2 - 2 times a correlation."""

    real: np.ndarray  # int64 [M], its number
    distance: np.ndarray  # float32 [M]
    usual: np.ndarray  # float32 [M], the mean distance of the next nearest ones
    transformation: np.ndarray  # int64 [M], for `name_transformation`

    @property
    def ratio(self) -> np.ndarray:
        """The distance by the usual one, float32 [M]: near 0 for a copy, near 1 for any other image.

        Carlini et al. 2023, arXiv:2301.13188, section 5.2, with fewer neighbours.
        """
        return self.distance / np.maximum(self.usual, np.finfo(np.float32).tiny)

    def take(self, places: np.ndarray) -> "Matches":
        """Those of the generated images at `places`."""
        return Matches(self.real[places], self.distance[places], self.usual[places], self.transformation[places])

    def join(self, others: "Matches") -> "Matches":
        """These and then the others."""
        fields = ("real", "distance", "usual", "transformation")
        return Matches(*(np.concatenate([getattr(self, field), getattr(others, field)]) for field in fields))


def catalogue(images: np.ndarray, seed: int) -> Catalogue:
    """A catalogue of real images uint8 [N, height, width, C]."""
    order = np.random.default_rng(seed).permutation(len(images))
    small = shrink_to_bytes([pick(images, order)], LONGEST)
    return Catalogue(order, small, describe_spectra(small))


def find_nearest(generated: np.ndarray, real: Catalogue, on_rows: Callable[[int], None] = lambda rows: None) -> Matches:
    """The nearest of the real images to each generated one uint8 [M, height, width, C], over all transformations.

    The real images whose spectra are most alike are compared with it pixel by pixel, at each of the 25 shifts up to two
    pixels, mirrored and not; what would come in from outside is not compared. Images are compared by correlation, so
    that brightness and contrast do not matter, and noise little.
    """
    padded = _pad(real.spectra)

    def match(block: slice) -> tuple[np.ndarray, ...]:
        rows = shrink_to_bytes([generated[block]], LONGEST)
        candidates = _propose(describe_spectra(rows), padded)
        return _choose(_compare(rows, read(real.images, candidates)), real.numbers[candidates])

    found = []
    for block in map_blocks(match, len(generated), ROWS):
        found.append(block)
        on_rows(len(block[0]))
    return Matches(*(np.concatenate(each) for each in zip(*found, strict=True)))


def name_transformation(number: int) -> str:
    """What was done to a real image, as `mirrored, 1 down, 2 left`."""
    mirrored, place = divmod(int(number), SHIFTS**2)
    down, right = place // SHIFTS - SHIFT, place % SHIFTS - SHIFT
    parts = [
        "mirrored" if mirrored else "",
        f"{abs(down)} {'down' if down > 0 else 'up'}" if down else "",
        f"{abs(right)} {'right' if right > 0 else 'left'}" if right else "",
    ]
    return ", ".join(filter(None, parts)) or "as it is"


def describe_spectra(images: np.ndarray) -> np.ndarray:
    """Vectors float32 [N, F] of length 1 that hardly change when images uint8 [N, ...] are moved a little or mirrored.

    They are the roots of the magnitudes of the grey image's slow waves: where a wave begins is left out, and each one
    stands beside its mirror image, by their sum and their difference.
    """
    return np.concatenate([_spectra(part) for part in walk(images, 4_096)])


def _spectra(images: np.ndarray) -> np.ndarray:
    grey = images.mean(axis=3, dtype=np.float32)
    grey -= grey.mean(axis=(1, 2), keepdims=True)
    down, right = (_waves(side) for side in grey.shape[1:])
    transformed = np.einsum("fh,nhw->nfw", down, grey, optimize=True) @ right[FREQUENCIES:].T
    magnitudes = np.sqrt(np.abs(transformed))  # [N, -6..6, 0..6]
    sums, differences = magnitudes + magnitudes[:, ::-1], np.abs(magnitudes - magnitudes[:, ::-1])
    half = sums[:, : FREQUENCIES + 1], differences[:, :FREQUENCIES]
    vectors = np.concatenate([part.reshape(len(images), -1) for part in half], axis=1)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1)


def _waves(side: int) -> np.ndarray:
    """The waves of -6 to 6 periods over a side, complex64 [13, side]."""
    frequencies = np.arange(-FREQUENCIES, FREQUENCIES + 1)
    return np.exp(-2j * np.pi * np.outer(frequencies, np.arange(side)) / side).astype(np.complex64)


def _pad(spectra: np.ndarray) -> np.ndarray:
    """The spectra in parts of equal width, float32 [parts, width, F]; zeros, which are like nothing, fill the last."""
    width = -(-len(spectra) // PARTS)
    padded = np.zeros((-(-len(spectra) // width), width, spectra.shape[1]), np.float32)
    padded.reshape(-1, spectra.shape[1])[: len(spectra)] = spectra
    return padded


def _propose(spectra: np.ndarray, real: np.ndarray) -> np.ndarray:
    """The places of the real images with the most similar spectra, the best of each part at most; int64 [n, k]."""
    parts, width, numbers = real.shape
    products = (spectra @ real.reshape(-1, numbers).T).reshape(len(spectra), parts, width)
    best = products.argmax(axis=2)
    likeness = np.take_along_axis(products, best[..., None], axis=2)[..., 0]
    chosen = np.argsort(-likeness, axis=1, kind="stable")[:, :CANDIDATES]
    return chosen * width + np.take_along_axis(best, chosen, axis=1)


def _compare(generated: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Correlations of images [n, h, w, C] with candidates [n, k, h, w, C], float32 [n, 2, 25, k]: mirrored, moved."""
    height, width = (side - 2 * SHIFT for side in generated.shape[1:3])
    windows = sliding_window_view(generated, (height, width), axis=(1, 2))
    moved = _normalise(windows.reshape(len(generated), SHIFTS**2, -1))
    middle = np.moveaxis(candidates[:, :, SHIFT:-SHIFT, SHIFT:-SHIFT], -1, 2)
    both = np.stack([middle, middle[..., ::-1]], axis=1)
    still = _normalise(both.reshape(*both.shape[:3], -1))
    return moved[:, None] @ still.swapaxes(2, 3)


def _normalise(vectors: np.ndarray) -> np.ndarray:
    """Vectors [..., D] without their means and of length 1, float32; what is flat is nearly 0."""
    centred = vectors.astype(np.float32)
    centred -= centred.mean(axis=-1, keepdims=True)
    centred /= np.maximum(np.linalg.norm(centred, axis=-1, keepdims=True), 1)
    return centred


def _choose(correlations: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, ...]:
    """The fields of `Matches`, from correlations [n, 2, 25, k] with the candidates of `numbers` [n, k]."""
    rows, count = np.arange(len(numbers)), numbers.shape[1]
    transformations = correlations.reshape(len(rows), -1, count)
    distances = np.sqrt(np.maximum(0, 2 - 2 * transformations.max(axis=1)))
    nearest = distances.argmin(axis=1)
    distance = distances[rows, nearest]
    usual = (distances.sum(axis=1) - distance) / max(1, count - 1)
    return numbers[rows, nearest], distance, usual, transformations[rows, :, nearest].argmax(axis=1)
