"""The errand of playing a short game for comparison, and of keeping in the cache what its generator drew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from gan_core.config import GanSettings
from gan_core.files import load_arrays, save_arrays
from gan_core.images.labelled_images import LabelledImages
from gan_core.provenance import TRAINING, digest, library_versions, program_digest
from tasks.locks import locked
from tasks.places import cache_home


def short_games() -> Path:
    """What the generators of short games drew, by the digest of all that shaped them."""
    return cache_home() / "short-games"


def identify_game(gan: GanSettings, data_digest: str, *which: object) -> str:
    """SHA-256 of all that a short game depends on; `which` tells the images that it learns from, and its seed."""
    return digest(gan.digest(), data_digest, which, program_digest(TRAINING), library_versions())


def play_short_game(
    real: LabelledImages,
    gan: GanSettings,
    *,
    seed: int,
    draws: int,
    folder: Path,
    advance: Callable[[int], None] = lambda rounds: None,
) -> LabelledImages:
    """What the generator of a game draws, as many images as are asked for, of the classes of the real ones.

    A game that was stopped goes on after its last epoch, and one that was played before is found in `folder`.
    """
    drawn, checkpoint = folder / "drawn.npz", folder / "checkpoint.npz"
    with locked(folder / "lock", while_waiting="Waiting for another process that plays the same game"):
        if drawn.is_file():
            advance(gan.epochs * gan.rounds(len(real)))
        else:
            _play(real, gan, seed, draws, checkpoint, advance).save(drawn)
            checkpoint.unlink(missing_ok=True)
        return LabelledImages.load(drawn)


def _play(
    real: LabelledImages, gan: GanSettings, seed: int, draws: int, checkpoint: Path, advance: Callable[[int], None]
) -> LabelledImages:
    from gan_core.gan.drawing import draw
    from gan_core.gan.training_loop import Game

    game = Game(gan, images=len(real), shape=real.shape, classes=len(real.class_names), seed=seed)
    if checkpoint.is_file():
        game.restore(load_arrays(checkpoint))
        advance(game.epoch * game.rounds)
    for _ in game.play(real, lambda: advance(1)):
        save_arrays(checkpoint, game.state())
    labels = np.resize(real.labels, draws)
    return LabelledImages(np.concatenate(list(draw(game.averaged, labels, seed))), labels, real.class_names)
