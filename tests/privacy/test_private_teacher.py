"""A private teacher learns what the noise leaves; no picture moves a step further than the ledger says."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

from gan_core.files import load_arrays, save_arrays
from gan_core.privacy.accounting import sigma_for
from gan_core.privacy.ledger import Ledger
from gan_core.privacy.private_teacher import (
    GRADIENT,
    Teacher,
    TeacherSettings,
    begin,
    beliefs,
    believe,
    learn,
    logits,
    sum_gradients,
)
from gan_core.privacy.reader import Reader
from gan_core.privacy.scattering import read_features

CLASSES = 10
SETTINGS = TeacherSettings(steps=30)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """1,797 images of digits, eight pixels wide, with their labels."""
    images, labels = load_digits(return_X_y=True)
    return (images.reshape(-1, 8, 8, 1) * 15).astype(np.uint8), labels.astype(np.uint8)


@pytest.fixture(scope="module")
def features(digits: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return read_features(digits[0])


def reader(epsilon: float) -> Reader:
    return Reader(Ledger(epsilon, 1e-5, noise_seed=3), lambda ledger: None)


def taught(
    features: np.ndarray, labels: np.ndarray, epsilon: float, settings: TeacherSettings = SETTINGS
) -> tuple[Teacher, Ledger]:
    read, sigma = reader(epsilon), sigma_for(epsilon, 1e-5, readings=settings.steps)
    teacher = begin(settings, features.mean(axis=0), classes=CLASSES)
    *_, last = learn(teacher, features[:1500], labels[:1500], sigma=sigma, settings=settings, read=read)
    return last, read.ledger


def accuracy(teacher: Teacher, features: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(believe(teacher, features[1500:]).argmax(axis=1) == labels[1500:]))


@pytest.mark.parametrize("settings", [SETTINGS, TeacherSettings(bias=0.0, steps=20)], ids=repr)
def test_much_budget_teaches_and_hardly_any_does_not(
    settings: TeacherSettings, digits: tuple[np.ndarray, np.ndarray], features: np.ndarray
) -> None:
    rich, ledger = taught(features, digits[1], 1e4, settings)
    assert (
        accuracy(rich, features, digits[1]) > 0.85
    )  # of other writers; logistic regression on pixels has 0.89 to 0.92
    assert ledger.count(GRADIENT) == settings.steps
    poor, _ = taught(features, digits[1], 0.01, settings)
    assert accuracy(poor, features, digits[1]) < 0.4


def test_beliefs_of_images_are_probabilities_by_their_features(
    digits: tuple[np.ndarray, np.ndarray], features: np.ndarray
) -> None:
    teacher, _ = taught(features, digits[1], 100.0)
    believed = beliefs(teacher, digits[0][:50])
    assert believed.dtype == np.float32 and np.allclose(believed.sum(axis=1), 1, atol=1e-6)
    assert np.allclose(believed, believe(teacher, features[:50]), atol=1e-4)
    assert beliefs(teacher, digits[0][:0]).shape == (0, CLASSES)


def test_the_logits_of_tensorflow_are_those_of_its_beliefs(
    digits: tuple[np.ndarray, np.ndarray], features: np.ndarray
) -> None:
    for bias in (0.0, 0.5):
        teacher, _ = taught(features, digits[1], 100.0, TeacherSettings(steps=5, bias=bias))
        said = tf.nn.softmax(logits(teacher, tf.constant(features[:90]))).numpy()
        assert np.allclose(said, believe(teacher, features[:90]), atol=1e-4)


def test_a_resumed_teacher_is_the_one_that_was_never_stopped(
    digits: tuple[np.ndarray, np.ndarray], features: np.ndarray, tmp_path: Path
) -> None:
    settings = TeacherSettings(steps=6, bias=1.0)
    whole, _ = taught(features, digits[1], 5.0, settings)
    read, sigma = reader(5.0), sigma_for(5.0, 1e-5, readings=6)
    teacher = begin(settings, features.mean(axis=0), classes=CLASSES)
    for _ in range(6):  # stopped after each step
        save_arrays(tmp_path / "teacher.npz", teacher.to_arrays())
        resumed = Teacher.from_arrays(load_arrays(tmp_path / "teacher.npz"))
        taken = read.ledger.count(GRADIENT)
        teacher = next(
            learn(resumed, features[:1500], digits[1][:1500], sigma=sigma, settings=settings, read=read, taken=taken)
        )
    for one, other in zip(whole.to_arrays().values(), teacher.to_arrays().values(), strict=True):
        assert np.array_equal(one, other)


def test_a_step_that_was_charged_and_killed_is_not_taken_again(
    digits: tuple[np.ndarray, np.ndarray], features: np.ndarray
) -> None:
    read, sigma = reader(1.0), sigma_for(1.0, 1e-5, readings=5)
    settings = TeacherSettings(steps=5)
    teacher = begin(settings, features.mean(axis=0), classes=CLASSES)
    with pytest.raises(IndexError):
        next(learn(teacher, features, digits[1][:9], sigma=sigma, settings=settings, read=read))  # fails in the sum
    rest = list(learn(teacher, features, digits[1], sigma=sigma, settings=settings, read=read, taken=1))
    assert [each.step for each in rest] == [2, 3, 4, 5]
    assert read.ledger.count(GRADIENT) == 5


def test_the_sum_is_that_of_gradients_which_are_clipped_one_by_one() -> None:
    random = np.random.default_rng(0)
    features, labels = random.normal(size=(40, 6)), random.integers(0, 4, 40)
    weights, centre = random.normal(size=(7, 4)), random.normal(size=6)
    seen = (features - centre) / np.linalg.norm(features - centre, axis=1, keepdims=True)
    for bound in (0.5, 2.0, 1e9):
        total = np.zeros_like(weights)
        for feature, label in zip(seen, labels, strict=True):
            variable = tf.Variable(weights)
            with tf.GradientTape() as tape:
                logits = tf.constant([[*feature, 0.7]], tf.float64) @ variable
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits([label], logits)
            total += tf.clip_by_norm(tape.gradient(loss, variable), bound)
        teacher = Teacher(weights, weights, centre, bias=0.7)
        assert np.allclose(sum_gradients(teacher, features, labels, clip=bound), total)


@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_no_picture_moves_the_sum_by_more_than_the_sensitivity(bias: float) -> None:
    random, largest = np.random.default_rng(0), 0.0
    for scale in 10.0 ** np.arange(-3, 4):
        features = (random.normal(size=(30, 5)) * scale).astype(np.float32)
        labels = random.integers(0, 3, 30)
        weights = random.normal(size=(5 + bool(bias), 3))
        teacher = Teacher(weights, weights, random.normal(size=5), bias=bias)
        whole = sum_gradients(teacher, features, labels, clip=0.7)
        for gone in range(30):
            kept = np.arange(30) != gone
            moved = np.linalg.norm(whole - sum_gradients(teacher, features[kept], labels[kept], clip=0.7))
            largest = max(largest, float(moved))
    assert 0.7 * (1 - 1e-9) < largest < 0.7 * (1 + 1e-9)


def test_no_picture_of_the_features_that_are_used_moves_the_sum_further_either(features: np.ndarray) -> None:
    """The worst that a search finds: wrong labels, and weights that are surest of wrong classes."""
    random = np.random.default_rng(1)
    beside = features[:20], np.arange(20) % CLASSES
    weights = random.normal(size=(features.shape[1], CLASSES))
    worst = 0.0
    for _ in range(60):
        changed = weights + random.normal(size=weights.shape) * 10 ** random.uniform(-1, 2)
        teacher, label = Teacher(changed, changed, features.mean(axis=0)), random.integers(CLASSES)
        added = np.concatenate([beside[0], features[[random.integers(20, 1797)]]]), np.append(beside[1], label)
        difference = sum_gradients(teacher, *added, clip=1.0) - sum_gradients(teacher, *beside, clip=1.0)
        if (moved := float(np.linalg.norm(difference))) > worst:
            weights, worst = changed, moved
    assert 0.99 < worst < 1 + 1e-9


def test_features_in_a_file_teach_as_those_in_memory(
    digits: tuple[np.ndarray, np.ndarray], features: np.ndarray, tmp_path: Path
) -> None:
    np.save(tmp_path / "features.npy", features)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    teacher = begin(SETTINGS, features.mean(axis=0), classes=CLASSES)
    one, other = (sum_gradients(teacher, each, digits[1], clip=1.0) for each in (features, mapped))
    assert np.array_equal(one, other)
