"""Laws of the checks of collapse, labels and the ruler: real images pass, planted faults do not."""

from functools import cache

import numpy as np
import pytest
from conftest import striped_images

from gan_core.audit.collapse import check_collapse, draw_like
from gan_core.audit.labels import check_labels
from gan_core.audit.planted import leave_out_class, repeat_one, shuffle_labels
from gan_core.audit.ruler import check_ruler, find_least
from gan_core.audit.set_classes import LEAST_IMAGES
from gan_core.classifiers.classifier import teach
from gan_core.config import ClassifierSettings
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.diversity_in_training import Probe
from gan_core.measures.manifold import COVERAGE
from gan_core.measures.measure import Figure

REAL, FRESH = striped_images(240, seed=1, classes=4), striped_images(320, seed=2, classes=4)
RANDOM = np.random.default_rng(0)


@cache
def probe() -> Probe:
    """One whose classifier knows the stripes."""
    return Probe(teach(ClassifierSettings(steps=48, batch_size=32), REAL, seed=0), REAL, std=1.0)


def nearly_right(labels: np.ndarray, wrong: float) -> np.ndarray:
    """The answers of a classifier that errs so often."""
    return np.where(RANDOM.random(len(labels)) < wrong, (labels + 1) % 4, labels).astype(np.uint8)


def covered(share: float, of: str = "synthetic") -> Figure:
    return Figure(COVERAGE, of, share, share - 0.01, share + 0.01, images=240)


def test_the_labels_do_not_matter_for_the_number_of_planted_images() -> None:
    assert set(leave_out_class(FRESH, 2).labels.tolist()) == {0, 1, 3}
    assert len(leave_out_class(FRESH.take(np.flatnonzero(FRESH.labels == 2)), 2)) == 0
    assert len(np.unique(repeat_one(FRESH).images.reshape(len(FRESH), -1), axis=0)) == 4


def test_as_many_of_each_class_are_compared_as_there_are_real_ones() -> None:
    labels = np.repeat(np.arange(4, dtype=np.uint8), [50, 10, 0, 4])
    assert np.bincount(draw_like(labels, FRESH, 0).labels).tolist() == [50, 10, 0, 4]
    without = FRESH.take(np.flatnonzero(FRESH.labels != 1))
    assert len(draw_like(labels, without, 0)) == len(labels)


def test_right_labels_pass_and_shuffled_ones_fail() -> None:
    real_answers, answers = nearly_right(REAL.labels, 0.1), nearly_right(FRESH.labels, 0.2)
    right = check_labels(FRESH, answers, REAL, real_answers, seed=0)
    assert right.verdict == "passes" and all(control.told for control in right.controls)
    wrong = check_labels(shuffle_labels(FRESH, 1), answers, REAL, real_answers, seed=0)
    assert wrong.verdict == "fails" and wrong.controls[0].told


def test_one_class_with_the_labels_of_another_fails_by_name() -> None:
    labels = FRESH.labels.copy()
    labels[FRESH.labels == 3] = 2
    labels[FRESH.labels == 2] = 3
    swapped = LabelledImages(FRESH.images, labels, FRESH.class_names)
    check = check_labels(swapped, FRESH.labels, REAL, REAL.labels, seed=0)
    assert check.verdict == "fails" and "stripes 2, stripes 3" in check.sentence


def test_a_classifier_that_guesses_can_judge_no_labels() -> None:
    guesses = RANDOM.integers(0, 4, 240).astype(np.uint8)
    check = check_labels(FRESH, FRESH.labels, REAL, guesses, seed=0)
    assert check.verdict == "cannot tell"


def test_a_classifier_that_knows_the_classes_is_a_ruler_and_one_that_guesses_is_none() -> None:
    floor = covered(0.97, "real")
    good = check_ruler(REAL, nearly_right(REAL.labels, 0.1), floor=floor, seed=0)
    assert good.verdict == "passes" and all(control.told for control in good.controls)
    assert good.figures[1] == floor and floor.text in good.sentence
    bad = check_ruler(REAL, RANDOM.integers(0, 4, 240).astype(np.uint8), floor=floor, seed=0)
    assert bad.verdict == "fails"


def test_features_in_which_real_images_differ_from_each_other_are_no_ruler() -> None:
    assert check_ruler(REAL, REAL.labels, floor=covered(0.8, "real"), seed=0).verdict == "fails"


def test_the_least_accuracy_is_half_of_the_way_from_the_commonest_class() -> None:
    assert find_least(np.array([0, 0, 0, 1])) == pytest.approx(0.875)


def test_real_images_pass_and_planted_collapses_are_noticed() -> None:
    whole = covered(0.9321)
    check = check_collapse(FRESH, probe(), covered=whole, seed=0)
    assert check.verdict == "passes" and f"It covers {whole.text} of 240 real images" in check.sentence, check.sentence
    assert check.figures[0] == whole
    names = {control.name: control.told for control in check.controls}
    rarest = min(range(len(REAL.class_names)), key=np.bincount(probe().real.labels).tolist().__getitem__)
    assert names.keys() == {"one image a class", "fresh real images", f"no image of {REAL.class_names[rarest]}"}
    assert names["one image a class"] and names["fresh real images"]


def test_the_least_set_of_a_single_class_has_collapsed() -> None:
    few = FRESH.take(np.flatnonzero(FRESH.labels == 1)[:LEAST_IMAGES])
    check = check_collapse(few, probe(), covered=covered(0.2), seed=0)
    assert check.verdict == "fails" and check.unplanted
    assert [control.name for control in check.controls] == ["fresh real images"]
