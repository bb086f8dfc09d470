"""Laws of doubts: wrong labels that were planted are among the first that are named."""

import numpy as np
import pytest
from textures import textured_images

from gan_core.config import ClassifierSettings
from gan_core.images.labelled_images import LabelledImages
from gan_core.inspection.doubtful_labels import (
    FOLDS,
    LEAST,
    assign_folds,
    find_doubtful,
    probabilities_out_of_fold,
    shorten,
)

QUICK = ClassifierSettings(batch_size=32, steps=64)


def mislabel(labels: np.ndarray, places: list[int], classes: int) -> np.ndarray:
    wrong = labels.copy()
    wrong[places] = (wrong[places] + 1) % classes
    return wrong


def test_every_fold_has_its_share_of_each_class_and_copies_share_one() -> None:
    labels = np.repeat(np.arange(4, dtype=np.uint8), [40, 9, 4, 1])
    folds = assign_folds(labels, [], seed=0)
    for label in range(4):
        counts = np.bincount(folds[labels == label], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1
    together = assign_folds(labels, [(0, 1), (1, 2, 50)], seed=0)
    assert len({*together[[0, 1, 2, 50]]}) == 1
    assert np.array_equal(folds, assign_folds(labels, [], seed=0))


def test_planted_wrong_labels_are_named_first() -> None:
    right = textured_images(300, seed=1)
    planted = [*range(5, 300, 25)]
    wrong = LabelledImages(right.images, mislabel(right.labels, planted, 3), right.class_names)
    folds = assign_folds(wrong.labels, [], seed=0)
    told = probabilities_out_of_fold(wrong, folds, QUICK, seed=0)
    assert told.sum(axis=1) == pytest.approx(1, abs=1e-3)
    doubts = find_doubtful(wrong.labels, told)
    first = doubts[: len(planted)]
    assert len({doubt.number for doubt in first} & {*planted}) >= 0.8 * len(planted)
    hit = [doubt for doubt in first if doubt.number in planted]
    assert sum(doubt.suggested == right.labels[doubt.number] for doubt in hit) >= 0.8 * len(hit)
    assert all(doubt.probability > doubt.given for doubt in doubts)


@pytest.mark.parametrize("certainty", [0.6, 0.9, 1.0])
def test_what_the_classifiers_confirm_is_not_doubted(certainty: float) -> None:
    labels = (np.arange(90) % 3).astype(np.uint8)
    told = np.where(np.eye(4)[labels] == 1, certainty, (1 - certainty) / 3).astype(np.float32)
    assert find_doubtful(labels, told) == []
    assert {doubt.number for doubt in find_doubtful(mislabel(labels, [4, 30], 3), told)} == {4, 30}


def test_classes_of_a_handful_of_pictures_are_not_judged() -> None:
    labels = np.repeat(np.arange(3, dtype=np.uint8), [40, 40, LEAST - 1])
    told = np.tile(np.array([0.9, 0.05, 0.05], np.float32), (len(labels), 1))
    told[40:80] = [0.05, 0.9, 0.05]
    assert find_doubtful(labels, told) == []
    assert find_doubtful(labels[-3:], told[-3:]) == []


def test_a_quick_look_is_never_longer_than_the_settings_say() -> None:
    settings = ClassifierSettings(steps=1_000)
    assert shorten(settings, 100).steps < shorten(settings, 60_000).steps <= 1_000
    assert shorten(ClassifierSettings(steps=7), 60_000).steps == 7
