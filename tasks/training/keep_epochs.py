"""What a training leaves: its history, grids and checkpoints after each epoch, and at the end the generator."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from gan_core.files import Place, save_arrays
from gan_core.reports.pictures import grid, save_gif, save_png
from gan_core.tracking.scalars import name_columns
from tasks.progress import progress
from tasks.runs.epochs import diversity_after, read_epochs, save_epochs
from tasks.runs.run_folder import Run
from tasks.runs.tracking import tracked

if TYPE_CHECKING:
    from gan_core.gan.generator_card import GeneratorCard
    from gan_core.gan.matching_game import MatchedEpoch, MatchingGame
    from gan_core.gan.training_loop import Epoch, Game
    from gan_core.measures.diversity import Diversity
    from gan_core.measures.diversity_in_training import Probe

COLUMNS = 9  # of the grid, and as many rows
EPOCHS_PER_GRID = 2

logger = logging.getLogger("synthetic_data.train")


def keep_epochs(
    game: Game | MatchingGame,
    play: Callable[[Callable[[], None]], Iterator[Epoch | MatchedEpoch]],
    probe: Probe,
    run: Run,
) -> None:
    """Play the epochs that are left; the checkpoint is written last, so that what it counts is there.

    `play` is the game's, which calls back after each round.
    """
    epochs = game.settings.epochs
    history = [row for row in read_epochs(run) if row["epoch"] <= game.epoch]
    steps = progress("Training the GAN", "training", epochs * game.rounds, game.epoch * game.rounds)
    with tracked(run) as tell, steps as advance:
        for epoch in play(lambda: advance(1)):
            seen = probe.look(game.averaged, game.seed)
            history.append(asdict(epoch) | asdict(seen))
            save_epochs(history, run)
            grids = [run.grid(epoch.epoch)] if epoch.epoch % EPOCHS_PER_GRID == 0 or epoch.epoch == epochs else []
            for place in grids:
                _save_grid(game, place)
            run.send(*grids)
            save_arrays(run.checkpoint, game.state())
            run.send(run.history, run.checkpoint)
            tell(name_columns(history[-1]), epoch.epoch, *grids)
            logger.info(_line(epoch, seen, epochs))


def keep_generator(game: Game | MatchingGame, card: GeneratorCard, run: Run) -> Place:
    """Save the averaged generator with its card, and the film of its grids; warn where it has collapsed."""
    from gan_core.gan.drawing import save_generator

    if warning := diversity_after(run).collapse:
        logger.warning(warning)
    save_gif(run.epoch_grids(), run.evolution, milliseconds=400)
    save_generator(run.generator, game.averaged, card)
    run.send(run.evolution, run.generator)
    return run.generator


def _line(epoch: Epoch | MatchedEpoch, seen: Diversity, epochs: int) -> str:
    return (
        f"epoch {epoch.epoch:>{len(str(epochs))}}/{epochs}  {epoch.summary}"
        f"  coverage {seen.coverage:6.1%} Fréchet {seen.frechet:6.2f}"
        f"  {epoch.seconds:6.1f} s {epoch.images_per_second:6.0f} images/s"
    )


def _save_grid(game: Game | MatchingGame, path: Place) -> None:
    from gan_core.gan.drawing import draw_fixed

    save_png(grid(draw_fixed(game.averaged, COLUMNS, game.seed), COLUMNS), path)
