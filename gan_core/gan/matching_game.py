"""The game without an opponent that a private generator plays: its pictures match what was released of the real ones.

It sees no real picture, only the noisy means of each class among fixed features and a private teacher: what it plays is
post-processing, and free however long it takes (after Harder, Adamczewski and Park 2021, arXiv:2002.11603).
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from gan_core.compute.graphs import compile_graph
from gan_core.compute.keras_settings import keras
from gan_core.config import GanSettings
from gan_core.gan.averaged_weights import update_averages
from gan_core.gan.resumable_game import ResumableGame
from gan_core.images.shape import ImageShape
from gan_core.privacy.mean_embedding import Embedding, Release, squared_distance
from gan_core.privacy.private_teacher import Teacher, logits
from gan_core.privacy.scattering import features

STEPS = 50  # of an epoch
DISTANCE_WEIGHT, BELIEF_WEIGHT = 1_000.0, 0.1


@dataclass(frozen=True)
class MatchedEpoch:
    """What happened in so many steps; means over them."""

    epoch: int  # from 1
    distance: float  # squared, to the released means, with the noise in them
    generator_loss: float
    seconds: float
    images_per_second: float  # synthetic images
    replicas: int = 1

    @property
    def summary(self) -> str:
        """The distance and the loss in a line."""
        return f"distance {self.distance:8.5f}  loss G {self.generator_loss:6.3f}"


class MatchingGame(ResumableGame):
    """The generator, its optimizer, the averaged generator, and how many epochs they have played."""

    def __init__(
        self,
        settings: GanSettings,
        *,
        shape: ImageShape,
        seed: int,
        released: Release,
        embedding: Embedding,
        teacher: Teacher,
    ) -> None:
        super().__init__(settings, shape=shape, classes=len(released.means), seed=seed)
        self.rounds, self.embedding, self.teacher = STEPS, embedding, teacher
        self.optimizer = self._adam(self.generator, settings.epochs * STEPS)
        self._means = tf.constant(released.means)
        self._play_step = compile_graph(self._step)

    def play(self, on_round: Callable[[], None] = lambda: None) -> Iterator[MatchedEpoch]:
        """Play the epochs that are left, yielding after each; a round is a step. Raises Diverged for lost weights."""
        while self.epoch < self.settings.epochs:
            started, figures = time.perf_counter(), []
            for number in range(self.epoch * STEPS, (self.epoch + 1) * STEPS):
                figures.append(self._play_step(tf.constant(number)).numpy())
                on_round()
            self._require_finite(*self.state().values())
            self.epoch += 1
            seconds = time.perf_counter() - started
            distance, loss = map(float, np.mean(figures, axis=0))
            yield MatchedEpoch(self.epoch, distance, loss, seconds, STEPS * self._batch / seconds)

    @property
    def _batch(self) -> int:
        """Pictures of a step: as many of each class, in two halves."""
        return 2 * self.classes * (self.settings.batch_size // (2 * self.classes))

    def _variables(self) -> list[keras.Variable]:
        return [*self.generator.variables, *self.averaged.variables, *self.optimizer.variables]

    def _step(self, step: tf.Tensor) -> tf.Tensor:
        """The generator moves once; the distance and the loss, float32 [2]."""
        settings = self.settings
        labels = tf.range(self._batch) % self.classes
        latents = tf.random.stateless_normal([self._batch, settings.latent_size], seed=[2 * self.seed, step])
        with tf.GradientTape() as tape:
            pictures = self.generator(latents, tf.one_hot(labels, self.classes), training=True)
            halves = [self._look(half) for half in tf.split(pictures, 2)]  # side by side, on two cores
            embedded, said = (tf.concat(parts, axis=0) for parts in zip(*halves, strict=True))
            distance = squared_distance(embedded, labels, self._means)
            doubt = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, said))
            loss = DISTANCE_WEIGHT * distance + BELIEF_WEIGHT * doubt
        weights = self.generator.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        update_averages(
            self.averaged.variables, self.generator.variables, decay=settings.ema_decay, step=tf.cast(step, tf.float32)
        )
        return tf.stack([distance, loss])

    def _look(self, pictures: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The embeddings of pictures, and what the teacher says of them, as logits."""
        seen = features(pictures)
        judged = tf.identity(seen)  # so that gradients meet in pairs, see `gan_core.compute.graphs`
        return self.embedding.embed(judged, pictures), logits(self.teacher, seen)
