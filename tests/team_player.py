"""A small game played as one of a team.

The optimizers are plain descents: Adam divides each gradient by its own size, and so makes steps of mere rounding.
"""

from pathlib import Path

import keras
import tensorflow as tf
from conftest import striped_images

from gan_core.config import GanSettings
from gan_core.files import save_arrays
from gan_core.gan.training_loop import Game
from tasks.training.team import assemble

SETTINGS = GanSettings(
    epochs=3,
    epoch_images=96,
    batch_size=16,
    generator_width=8,
    discriminator_width=8,
    latent_size=8,
    penalty_interval=2,
    precision="float32",
)


def descent(player: keras.Model) -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.SGD(0.05)
    optimizer.build(player.trainable_variables)
    return optimizer


def play(out: Path, devices: int) -> None:
    """Save the state of the game after its last epoch; `devices` divide the CPU."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
    team, real = assemble(), striped_images(96, seed=3)
    with team.together(), team.strategy.scope():
        seed, _ = team.agree("ab" * 32, seed=team.host)
        game = Game(SETTINGS, images=len(real), shape=real.shape, classes=len(real.class_names), seed=seed)
        game.generator_optimizer, game.discriminator_optimizer = descent(game.generator), descent(game.discriminator)
    list(game.play(real))
    save_arrays(out, game.state())
