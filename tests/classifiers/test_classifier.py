"""Laws of the examination: what can be learned is learned, what cannot is not, and the same twice is the same."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import striped_images
from sklearn.linear_model import LogisticRegression

from gan_core.classifiers.answers import Score
from gan_core.classifiers.classifier import (
    answer,
    build,
    class_probabilities,
    features,
    features_and_answers,
    score,
    teach,
)
from gan_core.compute.weights import values
from gan_core.config import ClassifierSettings
from gan_core.errors import BadInput
from gan_core.gan.losses import class_loss
from gan_core.images.labelled_images import LabelledImages, to_signed
from gan_core.images.shape import ImageShape
from gan_core.measures.tstr import Examination

SETTINGS = ClassifierSettings(steps=60, batch_size=32)
TEACHING, QUESTIONS = striped_images(400, seed=1), striped_images(200, seed=2)


@pytest.fixture(scope="module")
def steps() -> list[int]:
    """How many steps the taught classifier says it has done, each time."""
    return []


@pytest.fixture(scope="module")
def taught(steps: list[int]) -> keras.Model:
    """A classifier that knows the stripes."""
    return teach(SETTINGS, TEACHING, seed=0, on_steps=steps.append)


def accuracy(teaching: LabelledImages, settings: ClassifierSettings = SETTINGS) -> float:
    return score(teach(settings, teaching, seed=0), QUESTIONS, seed=0, seconds=0.0).accuracy


def test_separable_stripes_are_learned(taught: keras.Model) -> None:
    assert score(taught, QUESTIONS, seed=0, seconds=0.0).accuracy > 0.95
    assert accuracy(TEACHING, SETTINGS.model_copy(update={"name": "four-conv"})) > 0.95


@pytest.mark.parametrize("shape", [(8, 8, 1), (20, 30, 3), (128, 16, 3)])
@pytest.mark.parametrize("name", get_args(ClassifierSettings.model_fields["name"].annotation))
def test_every_classifier_takes_pictures_of_any_shape_and_sees_all_their_channels(
    name: str, shape: tuple[int, int, int]
) -> None:
    images = tf.random.stateless_uniform([4, *shape], [1, 2], -1, 1)
    classifier = build(name, shape=ImageShape(*shape), classes=3, seed=0)
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = classifier(images)
    assert logits.shape == (4, 3)
    assert (np.abs(tape.gradient(logits, images)).max(axis=(0, 1, 2)) > 0).all()


@pytest.mark.parametrize("name", ["two-conv", "mlp", "logistic-regression"])
def test_shuffled_labels_teach_nothing(name: str) -> None:
    shuffled = np.random.default_rng(0).permutation(TEACHING.labels)
    settings = SETTINGS.model_copy(update={"name": name})
    assert accuracy(LabelledImages(TEACHING.images, shuffled, TEACHING.class_names), settings) < 0.25


@pytest.mark.parametrize("name", ["mlp", "logistic-regression"])
def test_classifiers_without_convolutions_know_stripes_as_well_as_those_of_scikit_learn(name: str) -> None:
    flat = [to_signed(images.images.reshape(len(images), -1).astype(np.float32)) for images in (TEACHING, QUESTIONS)]
    oracle = LogisticRegression().fit(flat[0], TEACHING.labels).score(flat[1], QUESTIONS.labels)
    assert oracle > 0.95
    assert accuracy(TEACHING, SETTINGS.model_copy(update={"name": name})) == pytest.approx(oracle, abs=0.03)


def test_a_score_keeps_what_was_answered_and_how_sure_the_classifier_was(taught: keras.Model) -> None:
    found = score(taught, QUESTIONS, seed=3, seconds=0.0)
    answers = found.answers
    assert answers is not None and np.array_equal(answers.labels, QUESTIONS.labels)
    assert np.array_equal(answers.classes, answer(taught, QUESTIONS.images))
    assert np.allclose(answers.confidences, class_probabilities(taught, QUESTIONS.images).max(axis=1))
    assert np.mean(answers.right) == found.accuracy


def test_the_same_seed_gives_the_same_answers_and_another_one_another_classifier(taught: keras.Model) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (500, 28, 28, 1)).astype(np.uint8)
    other, again = (answer(teach(SETTINGS, TEACHING, seed), noise) for seed in (1, 0))
    first = answer(taught, noise)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_two_taught_at_once_are_those_taught_one_after_the_other() -> None:
    def learned(seed: int) -> dict[str, np.ndarray]:
        return values(teach(SETTINGS.model_copy(update={"steps": 16}), TEACHING, seed).variables)

    one_after_the_other = list(map(learned, (0, 1)))
    with ThreadPoolExecutor(2) as pool:
        at_once = list(pool.map(learned, (0, 1)))
    for one, other in zip(one_after_the_other, at_once, strict=True):
        assert all(np.array_equal(value, other[name]) for name, value in one.items())


def test_beliefs_teach_in_place_of_labels() -> None:
    one_class = np.eye(10, dtype=np.float32)[np.full(len(TEACHING), 3)]
    believed = LabelledImages(TEACHING.images, TEACHING.labels, TEACHING.class_names, one_class)
    assert set(answer(teach(SETTINGS, believed, seed=0), QUESTIONS.images)) == {3}


@pytest.mark.parametrize(("soft", "soft_dropout"), [(True, False), (True, True), (False, False)])
def test_only_beliefs_are_learned_without_dropout_and_only_where_wanted(soft: bool, soft_dropout: bool) -> None:
    once = SETTINGS.model_copy(update={"steps": 1, "batch_size": len(TEACHING), "soft_dropout": soft_dropout})
    targets = np.eye(10, dtype=np.float32)[TEACHING.labels]
    teaching = replace(TEACHING, soft_labels=targets) if soft else TEACHING
    fresh = build(once.name, shape=TEACHING.shape, classes=10, seed=0)
    with tf.GradientTape() as tape:
        loss = class_loss(fresh(to_signed(TEACHING.images.astype(np.float32))), tf.constant(targets))
    uphill = np.sign(tape.gradient(loss, fresh.layers[-1].kernel))
    moved = np.sign(teach(once, teaching, seed=0).layers[-1].kernel - fresh.layers[-1].kernel)
    downhill = np.mean(moved == -uphill)  # Adam's first step is as long in every direction
    assert downhill > 0.98 if soft and not soft_dropout else downhill < 0.95


def test_steps_that_are_too_large_are_refused() -> None:
    with pytest.raises(BadInput, match=r"seed 2; lower --classifier\.learning-rate, which is 1e\+38"):
        teach(ClassifierSettings(steps=8, batch_size=16, learning_rate=1e38), striped_images(32, seed=1), 2)


def test_beliefs_are_probabilities_that_favour_the_answer(taught: keras.Model) -> None:
    believed = class_probabilities(taught, QUESTIONS.images)
    assert np.allclose(believed.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(np.argmax(believed, axis=1), answer(taught, QUESTIONS.images))


def test_answers_do_not_depend_on_how_many_are_asked_at_once(taught: keras.Model) -> None:
    many = np.tile(QUESTIONS.images, (6, 1, 1, 1))
    assert np.array_equal(answer(taught, many), np.tile(answer(taught, QUESTIONS.images), 6))


def test_progress_counts_every_step(taught: keras.Model, steps: list[int]) -> None:
    assert sum(steps) == SETTINGS.steps


def test_accuracy_recall_and_spread_are_read_off_the_confusion() -> None:
    first = Score(seed=0, confusion=np.array([[3, 1], [0, 4]]), seconds=1.0)
    second = Score(seed=1, confusion=np.array([[4, 0], [0, 4]]), seconds=1.0)
    examination = Examination("real", "two-conv", 8, (first, second))
    assert first.accuracy == 7 / 8
    assert first.class_recall.tolist() == [0.75, 1.0]
    assert examination.accuracy == pytest.approx(15 / 16)
    assert examination.spread == pytest.approx(np.std([7 / 8, 1.0], ddof=1))


def test_the_last_layer_reads_the_features(taught: keras.Model) -> None:
    read = features(taught, QUESTIONS.images)
    assert read.shape == (len(QUESTIONS), 256)
    assert np.array_equal(np.argmax(taught.layers[-1](read), axis=1), answer(taught, QUESTIONS.images))
    both = features_and_answers(taught, QUESTIONS.images)
    assert np.array_equal(both[0], read) and np.array_equal(both[1], answer(taught, QUESTIONS.images))


@pytest.mark.parametrize(
    ("name", "seeds"), [("two-conv", [0, 1, 7, 8, 9, 10]), ("four-conv", [2, 3, 4, 5, 6, 7, 8, 9, 10])]
)
def test_a_new_architecture_leaves_the_seeds_of_the_others_as_they_were(name: str, seeds: list[int]) -> None:
    layers = build(name, shape=TEACHING.shape, classes=10, seed=1).layers
    kernels_and_drops = [
        layer.kernel_initializer.seed if hasattr(layer, "kernel_initializer") else layer.seed
        for layer in layers
        if hasattr(layer, "kernel_initializer") or isinstance(layer, keras.layers.Dropout)
    ]
    assert kernels_and_drops == [1_000 + seed for seed in seeds]
