"""TSTR (train on synthetic, test on real), TRTR and TRTS: confusion matrices, and the accuracies and recalls in them.

The names TSTR and TRTS are from Esteban et al. 2017, arXiv:1706.02633.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

TeachingSet = Literal["real", "synthetic", "both", "filtered", "soft"]


@dataclass(frozen=True)
class Score:
    """One classifier, taught from one seed, on one set of test images."""

    seed: int
    confusion: np.ndarray  # int64 [K, K], rows are true classes, columns are answers
    seconds: float  # of training

    @property
    def accuracy(self) -> float:
        """Share of the test images that were recognised."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def class_recall(self) -> np.ndarray:
        """Share of each class that was recognised, float64 [K]; not a number for a class without test images."""
        with np.errstate(invalid="ignore"):
            return np.diagonal(self.confusion) / self.confusion.sum(axis=1)


@dataclass(frozen=True)
class Examination:
    """How well one teaching set teaches: the same classifier from several seeds, on the same test images."""

    taught_by: TeachingSet
    classifier: str
    images: int  # in the teaching set
    scores: tuple[Score, ...]  # one a seed

    @property
    def accuracy(self) -> float:
        """Mean accuracy over the seeds."""
        return float(np.mean([score.accuracy for score in self.scores]))

    @property
    def spread(self) -> float:
        """Standard deviation of the accuracy over the seeds (n - 1); not a number for one seed."""
        if len(self.scores) < 2:
            return float("nan")
        return float(np.std([score.accuracy for score in self.scores], ddof=1))

    @property
    def confusion(self) -> np.ndarray:
        """Sum of the confusion matrices over the seeds, int64 [K, K]."""
        return np.sum([score.confusion for score in self.scores], axis=0)
