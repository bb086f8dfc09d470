"""The errand of private training: read the training images a few times with noise, then imitate what was read."""

from __future__ import annotations

import logging

import numpy as np

from gan_core.config import Experiment
from gan_core.errors import BadInput, show_count
from gan_core.files import Place, load_arrays
from gan_core.images.labelled_images import LabelledImages
from tasks.data.normalize import RealSets
from tasks.examination.teacher import Teacher
from tasks.privacy.account import enter
from tasks.privacy.read_privately import read_privately
from tasks.runs.run_folder import Run
from tasks.training.keep_epochs import keep_epochs, keep_generator
from tasks.training.team import assemble
from tasks.uncached_task import uncached_task

logger = logging.getLogger("synthetic_data.privacy")


@uncached_task
def train_privately(splits: RealSets, experiment: Experiment, run: Run, *, teacher: Teacher) -> Place:
    """Train a differentially private generator, from where the run stopped.

    After each epoch the teacher, whom real images taught, compares what it draws with the validation images: that is
    for the owner's report, and nothing is chosen by it. Raises BadInput where the total budget of the images is spent.
    """
    from gan_core.gan.generator_card import GeneratorCard
    from gan_core.gan.matching_game import MatchingGame
    from gan_core.measures.diversity_in_training import Probe
    from gan_core.privacy.recipe import choose_recipe

    if assemble().hosts > 1:
        raise BadInput("Expected one host for a private run, got several; unset SYNTHETIC_DATA_DISTRIBUTE.")
    if run.generator.exists():
        return run.generator
    enter(experiment.privacy, splits.source_digest, run)
    real = LabelledImages.load(splits.train)
    recipe = choose_recipe(experiment.privacy, len(real))
    readings = read_privately(real, experiment.privacy, recipe, run)
    gan = experiment.gan.model_copy(update={"epochs": min(experiment.gan.epochs, recipe.most_epochs)})
    _tell(readings.released.noise, gan.epochs, experiment.gan.epochs)
    game = MatchingGame(
        gan,
        shape=real.shape,
        seed=experiment.seed,
        released=readings.released,
        embedding=recipe.embedding,
        teacher=readings.teacher,
    )
    if run.checkpoint.exists():
        game.restore(load_arrays(run.checkpoint))
        logger.info("Going on after epoch %d of %d", game.epoch, gan.epochs)
    probe = Probe(teacher.classifier(), LabelledImages.load(splits.validation), experiment.dataset.latent_std)
    keep_epochs(game, game.play, probe, run)
    card = GeneratorCard(
        gan=gan,
        shape=real.shape,
        class_names=real.class_names,
        data_digest="",
        seed=experiment.seed,
        class_images=tuple(np.maximum(1, readings.released.counts.round()).astype(int).tolist()),
        privacy=readings.ledger,
    )
    return keep_generator(game, card, run)


def _tell(noise: float, epochs: int, asked: int) -> None:
    """Say how deep the noise is, and what it changes."""
    logger.info("The noise adds %.3g to the squared length of the classes' means, which are no longer than one", noise)
    if noise > 1:
        logger.warning("There is more noise than can be learned from: bring more images, or raise --privacy.epsilon")
    if epochs < asked:
        logger.info("Training for %s, as the generator would imitate the noise after them", show_count(epochs, "epoch"))
