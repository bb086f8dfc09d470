"""The errand of training: play the game, save its history, grids and checkpoints, and then the generator.

Where several hosts train, only the chief saves anything; the others train along.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

from gan_core.config import Experiment
from gan_core.errors import show_count
from gan_core.files import Place, load_arrays, save_arrays
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.plausibility import class_counts
from gan_core.measures.diversity import Diversity
from gan_core.provenance import identify
from gan_core.reports.pictures import grid, save_gif, save_png
from tasks.data.normalize import RealSets
from tasks.examination.teacher import Teacher
from tasks.progress import progress
from tasks.runs.epochs import diversity_after, read_epochs, save_epochs
from tasks.runs.run_folder import Run
from tasks.runs.tracking import Trackers, tracked
from tasks.training.team import Team, assemble
from tasks.uncached_task import uncached_task

if TYPE_CHECKING:
    from gan_core.gan.training_loop import Epoch, Game
    from gan_core.measures.diversity_in_training import Probe

COLUMNS = 9  # of the grid, and as many rows
EPOCHS_PER_GRID = 2

logger = logging.getLogger("synthetic_data.train")


@uncached_task
def train_gan(
    splits: RealSets, experiment: Experiment, run: Run, *, teacher: Teacher, start: Place | None = None
) -> Place:
    """Train a generator from the training images, from the run's last checkpoint if there is one.

    After each epoch the teacher compares what it draws with the validation images. A new run begins with the networks
    in `start`, the checkpoint of another, where that is given.
    """
    from gan_core.gan.drawing import GeneratorCard, save_generator
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
    with team.together(), tracked(run, experiment) as trackers:
        game.restore(team.from_chief(game.state()))
        _play(game, real, probe, run, trackers)
    if warning := diversity_after(run).collapse:
        logger.warning(warning)
    save_gif(run.epoch_grids(), run.evolution, milliseconds=400)
    card = GeneratorCard(
        gan=gan,
        shape=real.shape,
        class_names=real.class_names,
        data_digest=splits.digest,
        seed=experiment.seed,
        class_images=tuple(class_counts(real).tolist()),
    )
    save_generator(run.generator, game.averaged, card)
    run.send(run.evolution, run.generator)
    return run.generator


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


def _play(game: Game, real: LabelledImages, probe: Probe, run: Run, trackers: Trackers) -> None:
    """Play the epochs that are left; the checkpoint is written last, so that what it counts is there."""
    epochs = game.settings.epochs
    history = [row for row in read_epochs(run) if row["epoch"] <= game.epoch]
    with progress("Training the GAN", "training", epochs * game.rounds, game.epoch * game.rounds) as advance:
        for epoch in game.play(real, lambda: advance(1)):
            seen = probe.look(game.averaged, game.seed)
            history.append(asdict(epoch) | asdict(seen))
            save_epochs(history, run)
            shown = run.grid(epoch.epoch) if epoch.epoch % EPOCHS_PER_GRID == 0 or epoch.epoch == epochs else None
            if shown:
                _save_grid(game, shown)
                run.send(shown)
            save_arrays(run.checkpoint, game.state())
            run.send(run.history, run.checkpoint)
            trackers.epoch(history[-1], shown)
            run.send(*run.events())
            logger.info(_line(epoch, seen, epochs))


def _line(epoch: Epoch, seen: Diversity, epochs: int) -> str:
    return (
        f"epoch {epoch.epoch:>{len(str(epochs))}}/{epochs}"
        f"  loss G {epoch.generator_loss:6.3f} D {epoch.discriminator_loss:6.3f}"
        f"  accuracy G {epoch.generator_accuracy:6.1%} D {epoch.discriminator_accuracy:6.1%}"
        f"  coverage {seen.coverage:6.1%} Fréchet {seen.frechet:6.2f}"
        f"  {epoch.seconds:6.1f} s {epoch.images_per_second:6.0f} images/s"
    )


def _save_grid(game: Game, path: Place) -> None:
    from gan_core.gan.drawing import draw_fixed

    save_png(grid(draw_fixed(game.averaged, COLUMNS, game.seed), COLUMNS), path)
