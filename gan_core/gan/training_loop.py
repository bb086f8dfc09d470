"""The adversarial game: a generator and a discriminator learn from each other, epoch by epoch."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from gan_core.compute.graphs import compile_graph, repeat
from gan_core.compute.keras_settings import keras
from gan_core.compute.replicas import contribution, share
from gan_core.compute.weights import assign
from gan_core.config import GanSettings
from gan_core.errors import BadInput
from gan_core.gan.augmentation import NUMBERS, cut_out, flip_images, shift_images, tint_images
from gan_core.gan.averaged_weights import update_averages
from gan_core.gan.losses import ADVERSARIAL, class_loss, gradient_penalty
from gan_core.gan.networks import Discriminator
from gan_core.gan.resumable_game import ResumableGame, require_finite
from gan_core.images.labelled_images import LabelledImages, to_signed
from gan_core.images.mapped import batches
from gan_core.images.shape import ImageShape

UNEVEN = 1.5  # times as many images as the rarest class: less is left as it is


@dataclass(frozen=True)
class Epoch:
    """What happened in one pass through the real images; losses and accuracies are means over its steps."""

    epoch: int  # from 1
    generator_loss: float
    discriminator_loss: float
    generator_accuracy: float  # share of the fakes that passed for real
    discriminator_accuracy: float  # share of its verdicts that were right
    seconds: float
    images_per_second: float  # real images
    replicas: int  # that trained together

    @property
    def summary(self) -> str:
        """Losses and accuracies in a line."""
        losses = f"loss G {self.generator_loss:6.3f} D {self.discriminator_loss:6.3f}"
        return f"{losses}  accuracy G {self.generator_accuracy:6.1%} D {self.discriminator_accuracy:6.1%}"


class Game(ResumableGame):
    """Both players, their optimizers, the averaged generator, and how many epochs they have played.

    A game made in the scope of a `tf.distribute.Strategy` is played by its replicas, each with a share of every batch;
    it moves as one replica would, but for rounding. Raises BadInput for shares that differ.
    """

    def __init__(self, settings: GanSettings, *, images: int, shape: ImageShape, classes: int, seed: int) -> None:
        self.strategy = tf.distribute.get_strategy()
        self.replicas = self.strategy.num_replicas_in_sync
        if settings.batch_size % self.replicas:
            raise BadInput(
                f"Expected a batch size that {self.replicas} replicas share evenly, got {settings.batch_size}; "
                f"give {-(-settings.batch_size // self.replicas) * self.replicas}, or train on fewer."
            )
        super().__init__(settings, shape=shape, classes=classes, seed=seed)
        self.rounds = settings.rounds(images)
        steps = settings.epochs * self.rounds * settings.penalty_interval
        self.discriminator = Discriminator(settings, shape=shape, classes=classes, seed=2 * seed + 1)
        self.generator_optimizer = self._adam(self.generator, steps)
        self.discriminator_optimizer = self._adam(self.discriminator, steps)
        self._play_round = compile_graph(self._round)

    def play(self, real: LabelledImages, on_round: Callable[[], None] = lambda: None) -> Iterator[Epoch]:
        """Play the epochs that are left, yielding after each; `on_round` is called after every few steps.

        Raises Diverged as soon as a loss, or after an epoch a weight, is not a finite number.
        """
        while self.epoch < self.settings.epochs:
            started = time.perf_counter()
            means = []
            for number, shown in enumerate(self._rounds(real), start=self.epoch * self.rounds):
                means.append(self._play_round(*shown, tf.constant(number)).numpy())
                self._require_finite(means[-1])
                on_round()
            self._require_finite(*self.state().values())
            self.epoch += 1
            seconds = time.perf_counter() - started
            played = self.rounds * self.settings.round_images
            generator_loss, discriminator_loss, fooled, right = map(float, np.mean(means, axis=0))
            yield Epoch(
                *(self.epoch, generator_loss, discriminator_loss, fooled, right),
                *(seconds, played / seconds, self.replicas),
            )

    def begin_from(self, state: dict[str, np.ndarray]) -> None:
        """Begin with the players of another game of the same sizes, but at its own start and with fresh optimizers."""
        require_finite(state)
        assign(self._players(), state)

    def _players(self) -> list[keras.Variable]:
        owners = (self.generator, self.averaged, self.discriminator)
        return [variable for owner in owners for variable in owner.variables]

    def _variables(self) -> list[keras.Variable]:
        optimizers = (self.generator_optimizer, self.discriminator_optimizer)
        return [*self._players(), *(variable for optimizer in optimizers for variable in optimizer.variables)]

    def _rounds(self, real: LabelledImages) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
        """Yield the images uint8 [interval, batch, ...] and classes int32 [interval, batch] of the epoch's rounds.

        Only these are in memory, and the next ones.
        """
        for order, images in batches(real.images, self._orders(real.labels)):
            yield tf.constant(images), tf.constant(real.labels[order], tf.int32)

    def _orders(self, labels: np.ndarray) -> np.ndarray:
        """Which real image each step of this epoch sees, int32 [rounds, interval, batch]: one shuffle after another."""
        shape = (self.rounds, self.settings.penalty_interval, self.settings.batch_size)
        random, needed = np.random.default_rng([self.seed, self.epoch]), math.prod(shape)
        shares = class_shares(np.bincount(labels), self.settings.balance)
        if shares is not None and self.settings.conditional:
            return draw_by_class(labels, shares, needed, random).reshape(shape).astype(np.int32)
        shuffles = [random.permutation(len(labels)) for _ in range(-(-needed // len(labels)))]
        return np.concatenate(shuffles)[:needed].reshape(shape).astype(np.int32)

    def _round(self, images: tf.Tensor, labels: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        """Steps of which the last pays the gradient penalty; the means of the four figures, float32 [4]."""
        interval = self.settings.penalty_interval

        def step(place: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor]:
            seen = images[place], labels[place], number * interval + place
            figures = self.strategy.run(self._step, args=seen)
            return (total + self.strategy.reduce(tf.distribute.ReduceOp.MEAN, figures, axis=None),)

        (total,) = repeat(interval, step, tf.zeros([4]))
        return total / interval

    def _step(self, images: tf.Tensor, labels: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """Both players move once, each against the other as it stood before; returns the four figures.

        One replica's part: `images` and `labels` are the whole batch, the figures means over its share.
        """
        settings = self.settings
        real = self._augment(to_signed(tf.cast(share(images), tf.float32)), 2 * step)
        classes = tf.one_hot(share(labels), self.classes)
        latents = tf.random.stateless_normal([settings.batch_size, settings.latent_size], seed=[2 * self.seed, step])
        with tf.GradientTape(persistent=True) as tape:
            fake = self._augment(self.generator(share(latents), classes, training=True), 2 * step + 1)
            real_logits, real_classes = self.discriminator(real, classes)
            fake_logits, fake_classes = self.discriminator(fake, classes)
            losses = ADVERSARIAL[settings.loss](real_logits, fake_logits)
            generator_loss = losses.generator + settings.class_head_weight * class_loss(fake_classes, classes)
            discriminator_loss = losses.discriminator + settings.class_head_weight * class_loss(real_classes, classes)
        for_discriminator = tape.gradient(discriminator_loss, self.discriminator.trainable_variables)
        for_generator = tape.gradient(generator_loss, self.generator.trainable_variables)
        if settings.penalty_weight:
            for_discriminator = self._penalise(for_discriminator, real, fake, classes, step)
        _move(self.discriminator, self.discriminator_optimizer, for_discriminator)
        _move(self.generator, self.generator_optimizer, for_generator)
        weights = self.averaged.variables, self.generator.variables
        update_averages(*weights, decay=settings.ema_decay, step=tf.cast(step, tf.float32))
        fooled, right = _verdicts(settings.loss, real_logits, fake_logits)
        return tf.stack([losses.generator, losses.discriminator, fooled, right])

    def _augment(self, images: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        """The images as the discriminator sees them; `number` is another one for each call, from 0."""
        settings, batch = self.settings, self.settings.batch_size
        if furthest := settings.shift:
            seed = [2 * self.seed, -1 - number]  # the latents have the numbers from 0
            offsets = tf.random.stateless_uniform([batch, 2], seed, -furthest, furthest + 1, tf.int32)
            images = shift_images(images, share(offsets))
        if not (settings.flip or settings.tint or settings.cutout):
            return images
        numbers = share(tf.random.stateless_uniform([batch, NUMBERS], [2 * self.seed + 1, -1 - number]))
        images = flip_images(images, numbers[:, 0]) if settings.flip else images
        images = tint_images(images, numbers[:, 1:4], settings.tint) if settings.tint else images
        return cut_out(images, numbers[:, 4:], settings.cutout) if settings.cutout else images

    def _penalise(
        self, gradients: list[tf.Tensor], real: tf.Tensor, fake: tf.Tensor, classes: tf.Tensor, step: tf.Tensor
    ) -> list[tf.Tensor]:
        """The discriminator's gradients, at the last step of each interval with those of R1 + R2.

        These count as many times as there are steps in the interval (Karras et al. 2020, arXiv:1912.04958).
        """
        interval, weights = self.settings.penalty_interval, self.discriminator.trainable_variables

        def penalised() -> list[tf.Tensor]:
            both, twice = tf.concat([real, fake], axis=0), tf.concat([classes, classes], axis=0)
            with tf.GradientTape() as tape:
                squared_norm = 2 * gradient_penalty(lambda images: self.discriminator(images, twice)[0], both)
                penalty = interval * self.settings.penalty_weight / 2 * squared_norm
            pairs = zip(gradients, tape.gradient(penalty, weights), strict=True)  # see `gan_core.compute.graphs`
            return [own if added is None else own + added for own, added in pairs]  # none for the class head

        return tf.cond((step + 1) % interval == 0, penalised, lambda: gradients)


def class_shares(counts: np.ndarray, balance: float) -> np.ndarray | None:
    """How often each class of `counts` [K] images is shown, float64 [K] of sum 1; None where images come as they are.

    A balance of 0 shows each image equally often, one of 1 each class, and others lie between: n to the power of
    1 - balance (Mahajan et al. 2018, arXiv:1805.00932, section 2.2, has a half). Classes that are nearly even are
    left alone.
    """
    present = counts[counts > 0]
    if not balance or present.max() < UNEVEN * present.min():
        return None
    shares = np.where(counts > 0, np.maximum(counts, 1) ** (1.0 - balance), 0.0)
    return shares / shares.sum()


def draw_by_class(labels: np.ndarray, shares: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Indices of `count` images of the `labels` [N], the classes by their shares [K], in any order.

    Within a class the images come one shuffle after another, so that each is seen about as often as the others.
    """
    wanted = random.multinomial(count, shares)
    drawn = []
    for label in np.flatnonzero(wanted):
        places = np.flatnonzero(labels == label)
        shuffles = [random.permutation(places) for _ in range(-(-wanted[label] // len(places)))]
        drawn.append(np.concatenate(shuffles)[: wanted[label]])
    return random.permutation(np.concatenate(drawn))


def _move(player: keras.Model, optimizer: keras.optimizers.Optimizer, gradients: list[tf.Tensor]) -> None:
    """One step against the gradients, which are this replica's."""
    optimizer.apply(list(map(contribution, gradients)), player.trainable_variables)


def _verdicts(loss: str, real: tf.Tensor, fake: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Share of the fakes that passed for real, and of the discriminator's verdicts that were right.

    A relativistic discriminator says which of a pair is real, the other says of each image whether it is.
    """

    def share(truths: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.cast(truths, tf.float32))

    if loss == "relativistic":
        return share(fake > real), share(real > fake)
    return share(fake > 0), (share(real > 0) + share(fake <= 0)) / 2
