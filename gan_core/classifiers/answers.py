"""What a taught classifier answered about labelled images."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Answers:
    """What one classifier answered about each image, in their order."""

    labels: np.ndarray  # uint8 [N], the true ones
    classes: np.ndarray  # uint8 [N], the answers
    confidences: np.ndarray  # float32 [N]: the probabilities that it gave them

    @property
    def right(self) -> np.ndarray:
        """Which images were recognised, bool [N]."""
        return self.classes == self.labels


@dataclass(frozen=True)
class Score:
    """One classifier, taught from one seed, on one set of test images."""

    seed: int
    confusion: np.ndarray  # int64 [K, K], rows are true classes, columns are answers
    seconds: float  # of training
    answers: Answers | None = None  # None where only the counts were kept

    @property
    def accuracy(self) -> float:
        """Share of the test images that were recognised."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def class_recall(self) -> np.ndarray:
        """Share of each class that was recognised, float64 [K]; not a number for a class without test images."""
        with np.errstate(invalid="ignore"):
            return np.diagonal(self.confusion) / self.confusion.sum(axis=1)
