"""The errand of planting a generator that was trained far too long on few images: the audit must notice it."""

import numpy as np

from gan_core.audit.check import Control
from gan_core.audit.copies import try_generator
from gan_core.config import Experiment, GanSettings
from gan_core.images.labelled_images import LabelledImages
from tasks.audit.short_game import identify_game, play_short_game, short_games
from tasks.data.normalize import RealSets
from tasks.progress import progress_bar

FEW, TIMES = 500, 20  # training images, each of which is shown so many times in an epoch
DRAWS = 2_000
SEED = 500  # more than the run's


def try_overtrained(splits: RealSets, experiment: Experiment) -> Control:
    """What the check for copies says of a generator that was trained twenty times too long on 500 training images.

    It is trained once and found in the cache after that.
    """
    known, unseen = LabelledImages.load(splits.train), LabelledImages.load(splits.validation)
    few = known.take(np.random.default_rng(experiment.seed).permutation(len(known))[:FEW])
    gan = overtrain(experiment.gan, len(few))
    folder = short_games() / identify_game(gan, splits.digest, "overtrained", experiment.seed, FEW, DRAWS)
    with progress_bar("Training one far too long", gan.epochs * gan.rounds(len(few))) as advance:
        drawn = play_short_game(few, gan, seed=experiment.seed + SEED, draws=DRAWS, folder=folder, advance=advance)
    name = f"a generator trained {TIMES} times too long on {len(few)} images"
    return try_generator(name, drawn, few, unseen, seed=experiment.seed)


def overtrain(gan: GanSettings, images: int) -> GanSettings:
    """The same game with each of so many images shown twenty times in an epoch."""
    return gan.model_copy(update={"epoch_images": max(TIMES * images, gan.round_images)})
