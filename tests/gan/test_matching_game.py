"""A private generator comes nearer to what was released, looks at nothing else, and goes on as if never stopped."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

from gan_core.config import GanSettings
from gan_core.errors import BadInput
from gan_core.files import load_arrays, save_arrays
from gan_core.gan.matching_game import MatchingGame
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.privacy.ledger import Ledger
from gan_core.privacy.mean_embedding import Embedding, Release, release
from gan_core.privacy.private_teacher import Teacher, TeacherSettings, begin, learn
from gan_core.privacy.reader import Reader
from gan_core.privacy.scattering import read_features

EMBEDDING = Embedding(frequencies=100, projected=60)
SETTINGS = GanSettings(
    epochs=2, batch_size=40, generator_width=8, discriminator_width=8, latent_size=8, learning_rate=5e-3, ema_decay=0.9
)
CLASSES = 4


@pytest.fixture(scope="module")
def read() -> tuple[Release, Teacher]:
    """What was read of digits from 0 to 3, with hardly any noise."""
    pixels, labels = load_digits(n_class=CLASSES, return_X_y=True)
    images = (pixels.reshape(-1, 8, 8, 1) * 15).astype(np.uint8)
    real = LabelledImages(images, labels.astype(np.uint8), tuple("0123"))
    features, reader = read_features(images), Reader(Ledger(1e9, 1e-5, noise_seed=1), lambda ledger: None)
    released = release(features, real, EMBEDDING, sigma=0.01, read=reader)
    settings = TeacherSettings(steps=10)
    begun = begin(settings, EMBEDDING.find_centre(released, features.shape[1]), classes=CLASSES)
    *_, teacher = learn(begun, features, real.labels, sigma=0.01, settings=settings, read=reader)
    return released, teacher


def new_game(read: tuple[Release, Teacher], settings: GanSettings = SETTINGS) -> MatchingGame:
    released, teacher = read
    return MatchingGame(
        settings, shape=ImageShape(8, 8, 1), seed=3, released=released, embedding=EMBEDDING, teacher=teacher
    )


def test_the_distance_to_the_release_falls(read: tuple[Release, Teacher]) -> None:
    first, second = new_game(read).play()
    assert second.distance < 0.7 * first.distance and second.generator_loss < first.generator_loss
    assert (first.epoch, second.epoch) == (1, 2)


def test_a_restored_game_ends_as_one_that_never_stopped(read: tuple[Release, Teacher], tmp_path: Path) -> None:
    whole, stopped, resumed = (new_game(read) for _ in range(3))
    list(whole.play())
    next(stopped.play())
    save_arrays(tmp_path / "state.npz", stopped.state())
    resumed.restore(load_arrays(tmp_path / "state.npz"))
    [last] = resumed.play()
    assert last.epoch == 2
    for name, array in whole.state().items():
        assert np.array_equal(array, resumed.state()[name]), name


def test_gradients_meet_in_pairs(read: tuple[Release, Teacher]) -> None:
    """A sum of three begins with whichever is free first, so that equal seeds would end with other bits."""
    step: Any = new_game(read)._play_step
    graph = step.get_concrete_function(tf.constant(0)).graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    assert {node.attr["N"].i for node in nodes if node.op == "AddN"} == {2}


def test_a_game_that_was_lost_says_so(read: tuple[Release, Teacher]) -> None:
    released, teacher = read
    broken = replace(released, means=released.means * np.float32(np.nan))
    with pytest.raises(BadInput, match=r"lower --gan.learning-rate, which is 0.005"):
        next(new_game((broken, teacher)).play())
