"""A generated image beside the training image that it is most like."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pair:
    """The two, and why they are suspicious."""

    generated: np.ndarray  # uint8 [height, width, C]
    training: np.ndarray  # uint8 [height, width, C], as it is stored
    ratio: float  # of their distance to that of the training image's other neighbours: the smaller, the more suspicious
    transformation: str  # of the training image, as `mirrored, 1 down`; empty if nothing is known of it
    place: int = -1  # of the generated image in its set, where that is known
    known: int = -1  # place of the training image among them, likewise
