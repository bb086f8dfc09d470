"""The pace of this machine with these pictures: seconds of each thing that a run does many times."""

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_core.audit.nearest import catalogue, find_nearest
from gan_core.classifiers.classifier import CHUNK, answer, teach
from gan_core.compute.keras_settings import keras
from gan_core.config import ClassifierSettings, GanSettings
from gan_core.gan.drawing import draw
from gan_core.gan.training_loop import Game
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.diversity_in_training import SAMPLE, Probe

LONG_ENOUGH = 3.0  # seconds of training, and two rounds at least
CHUNKS = 5  # of the classifier, the first of which compiles
FEW = 100  # images to look at, as there may be fewer in a set that is only inspected
COMPARED = 256  # images, with all real ones


@dataclass(frozen=True)
class Pace:
    """Seconds of each, with what runs beside it; those that begin something are spent once."""

    begin_training: float  # compiles
    round: float  # of training, the steps from one gradient penalty to the next
    look: float  # at what the generator draws, after each epoch
    image: float  # that is drawn
    begin_teaching: float  # compiles
    step: float  # of a classifier
    answer: float  # of a classifier about an image
    catalogue: float  # of the real images, for the search for copies
    compared: float  # image, by that search
    rounds: int  # that were measured


def measure_pace(
    gan: GanSettings,
    classifier: ClassifierSettings,
    train: LabelledImages,
    validation: LabelledImages,
    *,
    scope: AbstractContextManager[Any] | None = None,
) -> Pace:
    """The pace of networks of these sizes; the settings' numbers of epochs, steps and seeds do not matter.

    The game is made in `scope`, that of a strategy where several replicas play it.
    """
    begin_teaching, step, answering, taught = measure_teaching(classifier, train)
    begin_training, per_round, rounds, game = measure_training(gan, train, scope or nullcontext())
    look, image = measure_looks(game, Probe(taught, _at_least(FEW, validation), std=1.0))
    with _Stopwatch() as listing:
        real = catalogue(train.images, seed=0)
    compared = _at_least(COMPARED, validation).images[:COMPARED]
    with _Stopwatch() as comparing:
        find_nearest(compared, real)
    return Pace(
        *(begin_training, per_round, look, image, begin_teaching, step, answering),
        *(listing.seconds, comparing.seconds / COMPARED, rounds),
    )


def measure_training(
    gan: GanSettings, train: LabelledImages, scope: AbstractContextManager[Any]
) -> tuple[float, float, int, Game]:
    """Seconds until the first round is over, those of each further one, how many these were, and the game."""
    endless = gan.model_copy(update={"epochs": 10_000, "epoch_images": gan.round_images})
    with _Stopwatch() as beginning:
        with scope:
            game = Game(endless, images=len(train), shape=train.shape, classes=len(train.class_names), seed=0)
        epochs = game.play(train)
        next(epochs)
    seconds: list[float] = []
    while len(seconds) < 2 or sum(seconds) < LONG_ENOUGH:
        seconds.append(next(epochs).seconds)
    return beginning.seconds, float(np.mean(seconds)), len(seconds), game


def measure_looks(game: Game, probe: Probe) -> tuple[float, float]:
    """Seconds of a look at what the generator draws, and of drawing an image."""
    probe.look(game.averaged, seed=0)  # compiles, and looks at the real images
    with _Stopwatch() as looking:
        probe.look(game.averaged, seed=0)
    labels = _at_least(SAMPLE, probe.real).labels[:SAMPLE]
    with _Stopwatch() as drawing:
        list(draw(game.averaged, labels, seed=0))
    return looking.seconds, drawing.seconds / len(labels)


def measure_teaching(classifier: ClassifierSettings, train: LabelledImages) -> tuple[float, float, float, keras.Model]:
    """Seconds until the first steps are over, those of each further step and of an answer, and a classifier."""
    ticks = [time.perf_counter()]
    few = classifier.model_copy(update={"steps": CHUNKS * CHUNK})
    taught = teach(few, train, 0, lambda steps: ticks.append(time.perf_counter()))
    asked = _at_least(SAMPLE, train).images[:SAMPLE]
    answer(taught, asked)
    with _Stopwatch() as answering:
        answer(taught, asked)
    step = (ticks[-1] - ticks[1]) / (few.steps - CHUNK)
    return ticks[1] - ticks[0], step, answering.seconds / len(asked), taught


def _at_least(count: int, images: LabelledImages) -> LabelledImages:
    """The images, over again where there are fewer."""
    return images if len(images) >= count else images.take(np.resize(np.arange(len(images)), count))


class _Stopwatch:
    """The seconds of a block."""

    def __enter__(self) -> "_Stopwatch":
        self.started = time.perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds = time.perf_counter() - self.started
