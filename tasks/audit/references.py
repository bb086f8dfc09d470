"""The errand of training reference generators, each on its own random half of the real images."""

import logging

import numpy as np

from gan_core.audit.membership import DRAWN, Reference, toss_coins
from gan_core.config import Experiment, GanSettings
from gan_core.errors import BadInput
from gan_core.images.labelled_images import LabelledImages, concatenate
from tasks.audit.short_game import identify_game, play_short_game, short_games
from tasks.data.normalize import RealSets
from tasks.progress import progress_bar

EPOCHS = 4  # of a reference's game, or those of the run if they are fewer
SEEDS = 1_000  # by which the seeds of the references differ, so that none is that of the run

logger = logging.getLogger("synthetic_data.audit")


def train_references(
    splits: RealSets, experiment: Experiment, *, references: int, epochs: int = EPOCHS
) -> list[Reference]:
    """So many references, each trained on those of the training and validation images for which its coin says so.

    Members and others are thus scored alike: a reference knows either kind with a probability of a half. Those trained
    before are found in the cache, and one that was stopped goes on. Raises BadInput for too few images.
    """
    real = concatenate([LabelledImages.load(splits.train), LabelledImages.load(splits.validation)])
    gan = shorten(experiment.gan, epochs)
    halves = [toss_coins(len(real), experiment.seed, number) for number in range(references)]
    _require_halves(halves)
    rounds = sum(gan.epochs * gan.rounds(int(learned.sum())) for learned in halves)
    found = []
    with progress_bar("Training the references", rounds) as advance:
        for number, learned in enumerate(halves):
            drawn = play_short_game(
                real.take(np.flatnonzero(learned)),
                gan,
                seed=SEEDS * (number + 1) + experiment.seed,
                draws=DRAWN,
                folder=short_games() / identify_game(gan, splits.digest, "reference", experiment.seed, number, DRAWN),
                advance=advance,
            )
            found.append(Reference(drawn, learned))
            logger.info("reference %d of %d learned from %d images", number + 1, references, learned.sum())
    return found


def shorten(gan: GanSettings, epochs: int) -> GanSettings:
    """The same game with so many epochs at most."""
    return gan.model_copy(update={"epochs": min(gan.epochs, epochs)})


def _require_halves(halves: list[np.ndarray]) -> None:
    if not all(learned.any() for learned in halves):
        raise BadInput(
            f"Expected enough real images for each of {len(halves)} references to learn from, got "
            f"{len(halves[0])}; audit with --references 0, or add images."
        )
