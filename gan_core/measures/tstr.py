"""TSTR (train on synthetic, test on real), TRTR and TRTS: confusion matrices, and the accuracies and recalls in them.

The names TSTR and TRTS are from Esteban et al. 2017, arXiv:1706.02633.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gan_core.classifiers.answers import Answers, Score
from gan_core.measures.bootstrap import mean_interval
from gan_core.measures.calibration import CALIBRATION_ERROR, measure_calibration
from gan_core.measures.measure import Figure, Measure

TeachingSet = Literal["real", "augmented", "synthetic", "both", "filtered", "soft"]
CHANCE = "the share of the commonest class: 0.1 for ten classes alike"

ACCURACY = Measure(
    name="accuracy",
    title="Accuracy",
    aspect="useful",
    meaning="The share of the real test images that a classifier recognises which this teaching set taught.",
    direction="higher is better",
    chance=CHANCE,
    source="Esteban et al. 2017, arXiv:1706.02633, section 4.1 (TSTR)",
)
CLASS_RECALL = Measure(
    name="class_recall",
    title="Recall of a class",
    aspect="useful",
    meaning="The share of the real test images of a class that a classifier recognises which this teaching set taught.",
    direction="higher is better",
    chance="the share of answers that name the class: 0.1 for ten classes alike",
    source="the diagonal of the confusion matrix over the sum of its row",
)
LABEL_FIDELITY = Measure(
    name="label_fidelity",
    title="Label fidelity",
    aspect="useful",
    meaning="The share of the synthetic images whose label a classifier agrees with that real images taught.",
    direction="higher is better",
    chance=CHANCE,
    source="Esteban et al. 2017, arXiv:1706.02633, section 4.1 (TRTS)",
)


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

    @property
    def answers(self) -> list[Answers]:
        """Those of each seed; none where only the counts were kept."""
        answers = [score.answers for score in self.scores if score.answers]
        return answers if len(answers) == len(self.scores) else []


def measure_examination(examination: Examination, class_names: Sequence[str], seed: int = 0) -> list[Figure]:
    """Accuracy over the seeds and of each, recall of each class, and calibration error, with their intervals.

    Where only the counts of the answers were kept, intervals are not a number, and there is no calibration error.
    """
    figures = [*_shares(examination, ACCURACY, CLASS_RECALL, examination.taught_by, class_names, seed)]
    if answers := examination.answers:
        confidences = np.stack([each.confidences for each in answers], axis=1)
        found = measure_calibration(confidences, _right(answers), seed)
        of, images = examination.taught_by, len(confidences)
        figures.append(Figure(CALIBRATION_ERROR, of, *found, images=images, classifier=examination.classifier))
    return figures


def measure_fidelity(trts: Examination, class_names: Sequence[str], seed: int = 0) -> list[Figure]:
    """Label fidelity over the seeds, of each seed and of each class, from what real-taught classifiers answered about
    the synthetic images."""
    return [*_shares(trts, LABEL_FIDELITY, LABEL_FIDELITY, "synthetic", class_names, seed)]


def _shares(
    examination: Examination, whole: Measure, of_class: Measure, of: str, class_names: Sequence[str], seed: int
) -> Iterator[Figure]:
    """The share of the images that were recognised, over the seeds, of each seed, and of each class."""
    scores, answers = examination.scores, examination.answers
    counts = scores[0].confusion.sum(axis=1)
    right = _right(answers) if answers else np.zeros((0, len(scores)), bool)
    labels = answers[0].labels if answers else np.zeros(0, np.uint8)
    images, asked = int(counts.sum()), examination.classifier
    yield Figure(whole, of, examination.accuracy, *mean_interval(right, seed), images=images, classifier=asked)
    for column, score in enumerate(scores):
        yield Figure(
            whole,
            of,
            score.accuracy,
            *mean_interval(right[:, column : column + 1], seed),
            seed=score.seed,
            images=images,
            classifier=asked,
        )
    recalls = np.mean([score.class_recall for score in scores], axis=0)
    for label, (name, recall, count) in enumerate(zip(class_names, recalls, counts, strict=True)):
        interval = mean_interval(right[labels == label], seed)
        yield Figure(of_class, of, float(recall), *interval, group=name, images=int(count), classifier=asked)


def _right(answers: Sequence[Answers]) -> np.ndarray:
    """Which images were recognised, bool [N, S], a column for each seed."""
    return np.stack([each.right for each in answers], axis=1)
