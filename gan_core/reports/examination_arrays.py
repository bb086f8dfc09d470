"""Examinations as arrays that one file holds: the answers about the test images, and label fidelity in counts."""

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np

from gan_core.classifiers.answers import Score
from gan_core.measures.tstr import Examination, TeachingSet

FIDELITY = "label fidelity"


def to_arrays(examinations: Sequence[Examination], trts: Examination) -> dict[str, np.ndarray]:
    """What `from_arrays` makes examinations of; the confidences of the answers are left out."""
    rows = [*examinations, trts]
    return {
        "taught_by": np.array([*(each.taught_by for each in examinations), FIDELITY]),
        "classifier": np.array([each.classifier for each in rows]),
        "images": np.array([each.images for each in rows]),
        "seeds": np.array([[score.seed for score in each.scores] for each in rows]),
        "seconds": np.array([[score.seconds for score in each.scores] for each in rows]),
        "confusion": np.array([[score.confusion for score in each.scores] for each in rows]),
        "labels": examinations[0].answers[0].labels,
        "answers": np.array([[answers.classes for answers in each.answers] for each in examinations]),
    }


def from_arrays(arrays: Mapping[str, np.ndarray]) -> tuple[list[Examination], Examination]:
    """The examinations and that of label fidelity, by the counts of their answers."""
    found = []
    for row, name in enumerate(arrays["taught_by"].tolist()):
        columns = (arrays[key][row].tolist() for key in ("seeds", "seconds"))
        scores = zip(*columns, arrays["confusion"][row], strict=True)
        taught_by: TeachingSet = "real" if name == FIDELITY else _teaching_set(name)
        kept = tuple(Score(seed, confusion, seconds) for seed, seconds, confusion in scores)
        found.append(Examination(taught_by, str(arrays["classifier"][row]), int(arrays["images"][row]), kept))
    *examinations, trts = found
    return examinations, trts


def recognised(arrays: Mapping[str, np.ndarray], taught_by: TeachingSet) -> np.ndarray:
    """Which test images the classifiers recognised that a set taught, bool [S, N]."""
    row = arrays["taught_by"].tolist().index(taught_by)
    return arrays["answers"][row] == arrays["labels"]


def _teaching_set(name: str) -> TeachingSet:
    return next(each for each in get_args(TeachingSet) if each == name)
