"""The one door through which a private run looks at its training images."""

from collections.abc import Callable, Iterator

import numpy as np

from gan_core.privacy.ledger import Ledger, Reading
from gan_core.privacy.noise import Noise

NUMBERS = 8_000_000  # of vectors at once
Read = Callable[[Reading, Callable[[], np.ndarray]], np.ndarray]  # a reading and its sum without noise -> with noise


class Reader:
    """Charges each reading and keeps the ledger; only then it computes the sum, and adds the noise.

    `keep` has saved a ledger when it returns.
    """

    def __init__(self, ledger: Ledger, keep: Callable[[Ledger], None]) -> None:
        self.ledger, self.keep, self.noise = ledger, keep, Noise(ledger.noise_seed)

    def __call__(self, reading: Reading, sum_images: Callable[[], np.ndarray]) -> np.ndarray:
        """The sum float64 with noise; raises BudgetExceeded, and computes nothing, where the budget is spent."""
        number = self.ledger.count()
        self.ledger = self.ledger.charge(reading)
        self.keep(self.ledger)
        total = sum_images()
        return total + self.noise.draw(total.shape, reading.sigma * reading.sensitivity, reading=number)


def clip(vectors: np.ndarray, length: float) -> np.ndarray:
    """Vectors [N, D] as float64, those that are longer shortened to this length."""
    vectors = vectors.astype(np.float64)
    return vectors * shrinkage(norms(vectors), length)[:, None]


def norms(vectors: np.ndarray) -> np.ndarray:
    """The Euclidean norms [N] of vectors [N, D], without the copy of all of them that np.linalg.norm makes."""
    return np.sqrt(np.einsum("nd,nd->n", vectors, vectors))


def shrinkage(lengths: np.ndarray, length: float) -> np.ndarray:
    """The factors [N] that make vectors of these lengths no longer than `length`."""
    return length / np.maximum(lengths, length)


def blocks(count: int, length: int) -> Iterator[slice]:
    """So many vectors of this length in blocks that fit into any memory."""
    rows = max(1, NUMBERS // length)
    return (slice(start, start + rows) for start in range(0, count, rows))
