"""The errand of training: play the adversarial game, and save the generator.

Where several hosts train, only the chief saves anything; the others train along.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from gan_core.config import Experiment
from gan_core.errors import show_count
from gan_core.files import Place, load_arrays
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.plausibility import class_counts
from gan_core.provenance import identify
from tasks.data.normalize import RealSets
from tasks.examination.teacher import Teacher
from tasks.runs.run_folder import Run
from tasks.training.keep_epochs import keep_epochs, keep_generator
from tasks.training.team import Team, assemble
from tasks.uncached_task import uncached_task

if TYPE_CHECKING:
    from gan_core.gan.training_loop import Game

logger = logging.getLogger("synthetic_data.train")


@uncached_task
def train_gan(
    splits: RealSets, experiment: Experiment, run: Run, *, teacher: Teacher, start: Place | None = None
) -> Place:
    """Train a generator from the training images, from the run's last checkpoint if there is one.

    After each epoch the teacher compares what it draws with the validation images. A new run begins with the networks
    in `start`, the checkpoint of another, where that is given.
    """
    from gan_core.gan.generator_card import GeneratorCard
    from gan_core.measures.diversity_in_training import Probe

    team = assemble()
    with team.together():
        team.agree(_common(experiment, splits), experiment.seed, over=run.generator.exists())
    if run.generator.exists():
        return run.generator
    real, gan = LabelledImages.load(splits.train), experiment.gan
    game = _new_game(team, real, experiment, experiment.seed)
    _log_course(game, len(real))
    if run.checkpoint.exists():
        game.restore(load_arrays(run.checkpoint))
        logger.info("Going on after epoch %d of %d", game.epoch, gan.epochs)
    elif start:
        game.begin_from(load_arrays(start))
        logger.info("Beginning with the networks in %s", start)
    probe = Probe(teacher.classifier(), LabelledImages.load(splits.validation), experiment.dataset.latent_std)
    with team.together():
        game.restore(team.from_chief(game.state()))
        keep_epochs(game, partial(game.play, real), probe, run)
    card = GeneratorCard(
        gan=gan,
        shape=real.shape,
        class_names=real.class_names,
        data_digest=splits.digest,
        seed=experiment.seed,
        class_images=tuple(class_counts(real).tolist()),
    )
    return keep_generator(game, card, run)


@uncached_task
def train_along(splits: RealSets, experiment: Experiment) -> None:
    """Play the chief's game with it, from where it stands; nothing is saved here."""
    team, real = assemble(), LabelledImages.load(splits.train)
    with team.together():
        seed, over = team.agree(_common(experiment, splits), experiment.seed)
        if not over:
            game = _new_game(team, real, experiment, seed)
            game.restore(team.from_chief(game.state()))
            for epoch in game.play(real):
                logger.info("epoch %d of %d, worker %d trains along", epoch.epoch, experiment.gan.epochs, team.host)
    logger.info("The GAN is trained; worker %d of %d ends here, worker 0 goes on", team.host, team.hosts)


def _common(experiment: Experiment, splits: RealSets) -> str:
    """What all hosts must have in common, but for the seed: that of a challenger is known to the chief alone."""
    return identify(experiment.model_copy(update={"seed": 0}), splits.digest)


def _new_game(team: Team, real: LabelledImages, experiment: Experiment, seed: int) -> Game:
    from gan_core.gan.training_loop import Game

    with team.strategy.scope(), team.together():
        return Game(experiment.gan, images=len(real), shape=real.shape, classes=len(real.class_names), seed=seed)


def _log_course(game: Game, images: int) -> None:
    epochs, batch = game.settings.epochs, game.settings.batch_size
    steps = game.rounds * game.settings.penalty_interval
    seen = epochs * steps * batch / images
    length = f"{show_count(epochs, 'epoch')} of {show_count(steps, 'step')}"
    logger.info("%s, in which each training image is seen %.1f times", length, seen)
