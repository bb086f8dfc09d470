"""Laws of refining: wrong labels go, soft labels come, and several classifiers speak with one voice."""

import keras
import numpy as np
import pytest
from conftest import striped_images

from gan_core.classifiers.classifier import answer, build, class_probabilities, teach
from gan_core.classifiers.soft_labels import believed, filter_by_soft_labels
from gan_core.config import ClassifierSettings
from gan_core.errors import BadInput
from gan_core.images.labelled_images import LabelledImages

DRAWN = striped_images(200, seed=2)


@pytest.fixture(scope="module")
def taught() -> keras.Model:
    return teach(ClassifierSettings(steps=60, batch_size=32), striped_images(400, seed=1), seed=0)


@pytest.fixture(scope="module")
def untaught() -> keras.Model:
    return build("two-conv", shape=DRAWN.shape, classes=10, seed=1)


def softened(labels: np.ndarray, classifier: keras.Model) -> LabelledImages:
    """The images with other labels, and with what the classifier believes of them."""
    beliefs = believed(DRAWN.images, [classifier])
    return LabelledImages(DRAWN.images, labels.astype(np.uint8), DRAWN.class_names, beliefs)


def test_images_with_a_wrong_label_are_left_out_and_the_others_stay_in_their_order(taught: keras.Model) -> None:
    seen = answer(taught, DRAWN.images)
    wrong = np.arange(len(DRAWN)) % 3 == 0
    kept = filter_by_soft_labels(softened(np.where(wrong, (seen + 1) % 10, seen), taught))
    assert np.array_equal(kept.images, DRAWN.images[~wrong]) and np.array_equal(kept.labels, seen[~wrong])
    assert kept.soft_labels is None


def test_nothing_to_agree_with_is_refused(taught: keras.Model) -> None:
    with pytest.raises(BadInput, match="train for longer"):
        filter_by_soft_labels(softened((answer(taught, DRAWN.images) + 1) % 10, taught))


def test_one_classifier_believes_its_own_probabilities(taught: keras.Model) -> None:
    assert np.array_equal(believed(DRAWN.images, [taught]), class_probabilities(taught, DRAWN.images))


def test_several_classifiers_believe_the_mean_of_what_each_does(taught: keras.Model, untaught: keras.Model) -> None:
    together = believed(DRAWN.images, [taught, untaught])
    one, other = (believed(DRAWN.images, [each]) for each in (taught, untaught))
    assert not np.allclose(one, other, atol=0.1)
    assert together.dtype == np.float32 and np.allclose(together, (one + other) / 2, atol=1e-6)
