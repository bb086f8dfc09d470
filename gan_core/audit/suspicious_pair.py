"""A generated image beside the training image that it is most like."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pair:
    """The two, and why they are suspicious."""

    generated: np.ndarray  # uint8 [height, width, C]
    training: np.ndarray  # uint8 [height, width, C], as it is stored
    ratio: float  # of their distance to that of the training image's other neighbours: the smaller, the more suspicious
    transformation: str  # that brings the training image nearest, as `shifted by 1 pixel`; empty for none
