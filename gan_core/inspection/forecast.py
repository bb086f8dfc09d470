"""What a run would do and how long it would take here, by a few steps of its own networks on these pictures."""

import time
from dataclasses import dataclass

import numpy as np

from gan_core.config import Experiment, GanSettings
from gan_core.images.labelled_images import LabelledImages

ROUNDS = 3  # of the GAN, the first of which compiles
CHUNKS = 3  # of the classifier, likewise
DRAWN = 500  # images


@dataclass(frozen=True)
class Forecast:
    """The seconds that the three long parts of a run take on this machine, as measured."""

    training: float  # of the generator
    teaching: float  # of all classifiers
    drawing: float  # of the images
    measured: int  # steps of training that were measured

    @property
    def minutes(self) -> float:
        """All in all."""
        return (self.training + self.teaching + self.drawing) / 60


def forecast(experiment: Experiment, train: LabelledImages) -> Forecast:
    """Measure a few steps and draws, and multiply."""
    gan, taught = experiment.gan, 3 + len(experiment.dataset.refinements) + experiment.worth
    per_step, per_image, measured = measure_gan(gan, train)
    steps = gan.epochs * steps_per_epoch(gan, len(train))
    drawn = sum(experiment.dataset.plan(len(train.class_names)).values()) * (1 + bool(experiment.dataset.refinements))
    teaching = (
        taught * len(experiment.classifier.seeds) * experiment.classifier.steps * measure_classifier(experiment, train)
    )
    return Forecast(steps * per_step, teaching, drawn * per_image, measured)


def steps_per_epoch(gan: GanSettings, images: int) -> int:
    """The steps of the GAN in an epoch, whole rounds of them."""
    return max(1, gan.images_per_epoch(images) // (gan.batch_size * gan.penalty_interval)) * gan.penalty_interval


def measure_gan(settings: GanSettings, train: LabelledImages) -> tuple[float, float, int]:
    """Seconds of a step, seconds of drawing an image, and how many steps were measured."""
    from gan_core.gan.drawing import draw
    from gan_core.gan.training_loop import Game

    shown = ROUNDS * settings.batch_size * settings.penalty_interval
    few = settings.model_copy(update={"epochs": 1, "epoch_images": shown})
    game = Game(few, images=len(train), shape=train.shape, classes=len(train.class_names), seed=0)
    clock = _Clock()
    for _ in game.play(train, lambda: clock.tick(settings.penalty_interval)):
        pass
    labels = np.arange(DRAWN).astype(np.uint8) % len(train.class_names)
    list(draw(game.averaged, labels[:1], seed=0))
    started = time.perf_counter()
    list(draw(game.averaged, labels, seed=0))
    return clock.seconds_each, (time.perf_counter() - started) / DRAWN, clock.steps


def measure_classifier(experiment: Experiment, train: LabelledImages) -> float:
    """Seconds of a step of the classifier."""
    from gan_core.classifiers.classifier import CHUNK, teach

    clock = _Clock()
    teach(experiment.classifier.model_copy(update={"steps": CHUNKS * CHUNK}), train, 0, clock.tick)
    return clock.seconds_each


class _Clock:
    """Counts steps and seconds from the first tick on, before which things are compiled."""

    def __init__(self) -> None:
        self.started, self.ended, self.steps = 0.0, 0.0, 0

    def tick(self, steps: int) -> None:
        self.ended = time.perf_counter()
        if not self.started:
            self.started = self.ended
        else:
            self.steps += steps

    @property
    def seconds_each(self) -> float:
        return (self.ended - self.started) / self.steps
