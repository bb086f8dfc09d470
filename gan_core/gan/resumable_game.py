"""What all games have in common: each goes on from where it stopped, and ends as soon as it is lost."""

from abc import ABC, abstractmethod

import numpy as np

from gan_core.compute.adam import Adam
from gan_core.compute.keras_settings import keras
from gan_core.compute.weights import assign, values
from gan_core.config import GanSettings
from gan_core.errors import BadInput
from gan_core.gan.networks import Generator
from gan_core.images.shape import ImageShape


class Diverged(BadInput):
    """The steps were so large that the weights are no numbers any more."""


class ResumableGame(ABC):
    """The generator, its averaged weights, and how many epochs were played: what each game has besides its own.

    Everything random is a function of the seed and the position, so a game restored from `state` goes on as if it had
    never stopped.
    """

    def __init__(self, settings: GanSettings, *, shape: ImageShape, classes: int, seed: int) -> None:
        self.settings, self.classes, self.seed, self.epoch = settings, classes, seed, 0
        self.generator = Generator(settings, shape=shape, classes=classes, seed=2 * seed)
        self.averaged = Generator(settings, shape=shape, classes=classes, seed=2 * seed)

    def state(self) -> dict[str, np.ndarray]:
        """All that a later `restore` needs: weights, statistics, optimizer moments, position."""
        return values(self._variables()) | {"epoch": np.array(self.epoch)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take up the position that `state` described; the game must have the same settings."""
        require_finite(state)
        assign(self._variables(), state)
        self.epoch = int(state["epoch"])

    @abstractmethod
    def _variables(self) -> list[keras.Variable]:
        """All that changes while it is played."""

    def _adam(self, player: keras.Model, steps: int) -> Adam:
        """The optimizer of a player, for so many steps in all."""
        settings = self.settings
        rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps, alpha=settings.final_learning_rate)
        optimizer = Adam(rate, settings.beta_1, settings.beta_2)
        optimizer.build(player.trainable_variables)
        return optimizer

    def _require_finite(self, *arrays: np.ndarray) -> None:
        if not all(np.isfinite(array).all() for array in arrays):
            raise Diverged(
                f"Expected losses and weights that are numbers, got others in epoch {self.epoch + 1}; "
                f"lower --gan.learning-rate, which is {self.settings.learning_rate:g}."
            )


def require_finite(state: dict[str, np.ndarray]) -> None:
    """Raise Diverged for a checkpoint of a game that was lost."""
    if not all(np.isfinite(array).all() for array in state.values()):
        raise Diverged(
            "Expected a checkpoint with finite weights, got one whose training had failed; train from scratch."
        )
