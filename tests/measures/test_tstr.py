"""Laws of usefulness: every figure is what was counted, with an interval where the answers were kept."""

import math
from dataclasses import replace

import numpy as np
import pytest

from gan_core.classifiers.answers import Answers, Score
from gan_core.measures.measure import Figure
from gan_core.measures.tstr import Examination, measure_examination, measure_fidelity

NAMES = ("cat", "dog", "owl")
LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(3, dtype=np.uint8), [600, 300, 100]))


def answered(skill: float, seed: int) -> Score:
    """A classifier that knows a share of the images, and says another class of the rest."""
    random = np.random.default_rng(seed)
    classes = np.where(random.random(1_000) < skill, LABELS, (LABELS + 1) % 3).astype(np.uint8)
    counts = np.bincount(LABELS * 3 + classes, minlength=9).reshape(3, 3)
    return Score(seed, counts, 1.0, Answers(LABELS, classes, np.full(1_000, 0.9, np.float32)))


EXAMINATION = Examination("synthetic", "mlp", 5_000, tuple(answered(0.9, seed) for seed in range(3)))


def named(figures: list[Figure], name: str) -> list[Figure]:
    return [figure for figure in figures if figure.measure.name == name]


def test_accuracies_and_recalls_are_those_of_the_confusion_with_intervals_around_them() -> None:
    figures = measure_examination(EXAMINATION, NAMES)
    whole, *seeds = named(figures, "accuracy")
    assert whole.value == EXAMINATION.accuracy and (whole.seed, whole.images, whole.of) == (None, 1_000, "synthetic")
    assert [(each.seed, each.value) for each in seeds] == [(score.seed, score.accuracy) for score in EXAMINATION.scores]
    recalls = named(figures, "class_recall")
    assert [(each.group, each.images) for each in recalls] == [("cat", 600), ("dog", 300), ("owl", 100)]
    assert [each.value for each in recalls] == pytest.approx(
        np.mean([score.class_recall for score in EXAMINATION.scores], axis=0)
    )
    assert all(each.low < each.value < each.high for each in (whole, *seeds, *recalls))
    widths = [each.high - each.low for each in recalls]
    assert widths == sorted(widths)  # the fewer images, the wider


def test_fidelity_is_of_the_synthetic_images_and_of_their_classes() -> None:
    whole, *rest = measure_fidelity(replace(EXAMINATION, taught_by="real"), NAMES)
    assert {each.measure.name for each in (whole, *rest)} == {"label_fidelity"}
    assert {each.of for each in (whole, *rest)} == {"synthetic"} and whole.value == EXAMINATION.accuracy
    assert [each.group for each in rest] == ["", "", "", *NAMES]


def test_a_classifier_that_claims_its_accuracy_is_calibrated() -> None:
    [figure] = named(measure_examination(EXAMINATION, NAMES), "calibration_error")
    assert figure.value < 0.03 and figure.low <= figure.value <= figure.high and figure.images == 1_000


def test_answers_that_were_not_kept_leave_figures_without_intervals() -> None:
    counted = replace(EXAMINATION, scores=tuple(replace(score, answers=None) for score in EXAMINATION.scores))
    figures = measure_examination(counted, NAMES)
    assert [each.value for each in figures] == [
        each.value for each in measure_examination(EXAMINATION, NAMES) if each.measure.name != "calibration_error"
    ]
    assert all(math.isnan(each.low) and math.isnan(each.high) for each in figures)


def test_a_class_without_images_has_no_recall() -> None:
    kept = LABELS < 2
    answers = [score.answers for score in EXAMINATION.scores if score.answers]
    fewer = [Answers(LABELS[kept], each.classes[kept], each.confidences[kept]) for each in answers]
    scores = tuple(
        Score(number, np.bincount(each.labels * 3 + each.classes, minlength=9).reshape(3, 3), 1.0, each)
        for number, each in enumerate(fewer)
    )
    owl = measure_examination(replace(EXAMINATION, scores=scores), NAMES)[-2]
    assert owl.group == "owl" and math.isnan(owl.value) and math.isnan(owl.low) and owl.images == 0
