"""The source of the noise that hides each training image."""

import logging
import secrets

import numpy as np

logger = logging.getLogger("synthetic_data.privacy")
ENTROPY = 256  # bits, from the operating system


class Noise:
    """Gaussian noise that nobody can draw again, unless a test gives a seed.

    It is drawn and added in float64. That is not the noise of the theorem: only some real numbers are floats, and which
    of them a noisy sum can be depends, in its last digits, on the sum (Mironov 2012, doi:10.1145/2382196.2382264). The
    guarantee is that of ideal arithmetic; who fears attacks on last digits hands on what was rounded after it: means
    and beliefs are float32 and pictures bytes, but the arrays by which a teacher is resumed are not rounded. NumPy's
    generator is made for statistics, not against who would reckon its state from its numbers (Garfinkel and Leclerc
    2020, arXiv:2009.03777); so each reading has a fresh one, whose seed comes from the operating system and is kept
    nowhere.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        if seed is not None:
            logger.warning(
                "The noise comes from the fixed seed %d, which is for tests: whoever knows it can take the noise away, "
                "so that NOTHING HERE IS PRIVATE",
                seed,
            )

    def draw(self, shape: tuple[int, ...], deviation: float, *, reading: int) -> np.ndarray:
        """Noise float64 of this shape and standard deviation for the reading of this number."""
        entropy = secrets.randbits(ENTROPY) if self.seed is None else (self.seed, reading)
        return np.random.default_rng(entropy).normal(scale=deviation, size=shape)
