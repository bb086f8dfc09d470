"""How many of a thousand modes a GAN draws: three grey pictures of ten classes, each in a channel of its own.

    python -m benchmarks.stacked_modes --source DIR --epochs 8

The GAN is told no class, so that nothing but the pictures can lead it to all of them. A classifier that the real
pictures taught names the class in each channel; the three together are the mode (Metz et al. 2017, arXiv:1611.02163,
section 3.3.1). As many stacks of real validation images say what a perfect GAN would have.
"""

import argparse

import keras
import numpy as np

from benchmarks.real import Real, real_images
from benchmarks.result_table import Result, ResultTable, results_option
from gan_core.classifiers.classifier import answer
from gan_core.config import STANDARD
from gan_core.errors import BadInput
from gan_core.gan.drawing import draw
from gan_core.gan.training_loop import Game
from gan_core.images.labelled_images import LabelledImages

CHANNELS = 3
DRAWN = 26_000  # stacks, as in Lin et al. 2018, arXiv:1712.04086, section 4.2.1
STACKED = 128_000  # real ones to learn from


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    results_option(parser)
    parser.add_argument("--epochs", type=int, default=8, help=f"passes through {STACKED:,} stacks")
    parser.add_argument("--stacks", type=int, default=STACKED, help="real ones to learn from")
    parser.add_argument("--drawn", type=int, default=DRAWN, help="stacks to look at")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    results, real = ResultTable("stacked-modes", chosen.results), real_images(chosen.source)
    generated = imitate(stack_images(real.train.images, chosen.stacks, chosen.seed), chosen)
    held_out = stack_images(real.validation.images, chosen.drawn, chosen.seed + 1)
    setting = (
        f"{chosen.stacks:,} stacks learned from, {chosen.drawn:,} looked at, unconditional, GAN seed {chosen.seed}"
    )
    for case, stacks in ((f"this project, {chosen.epochs} epochs", generated), ("real validation images", held_out)):
        modes, divergence = count_modes(see_modes(real.judge, stacks), class_shares(real))
        results.append(found(setting, case, modes, divergence, classes=len(real.train.class_names)))
        print(f"{case}: {modes:,} modes, {divergence:.3f} nats from the real shares", flush=True)


def stack_images(images: np.ndarray, count: int, seed: int) -> np.ndarray:
    """`count` stacks uint8 [count, height, width, 3] of three grey images [N, height, width, 1] drawn at random."""
    if images.shape[3] != 1:
        raise BadInput("Expected grey pictures to stack, got some in colour; add --data.colour grey or name others.")
    chosen = np.random.default_rng(seed).integers(0, len(images), (CHANNELS, count))
    return np.concatenate([images[one] for one in chosen], axis=3)


def see_modes(judge: keras.Model, stacks: np.ndarray) -> np.ndarray:
    """The class that the judge sees in each channel of stacks [N, height, width, 3]; uint8 [N, 3]."""
    return np.stack([answer(judge, stacks[..., channel, None]) for channel in range(CHANNELS)], axis=1)


def count_modes(seen: np.ndarray, shares: np.ndarray) -> tuple[int, float]:
    """How many modes come at all among the classes seen uint8 [N, 3], and the Kullback-Leibler divergence, in nats, of
    how often each comes from how often it does where classes have shares float [K]."""
    classes = len(shares)
    numbers = seen.astype(np.int64) @ classes ** np.arange(CHANNELS)[::-1]
    drawn = np.bincount(numbers, minlength=classes**CHANNELS) / len(seen)
    real, came = np.einsum("a,b,c->abc", shares, shares, shares).ravel(), drawn > 0
    return int(came.sum()), float(np.sum(drawn[came] * np.log(drawn[came] / real[came])))


def class_shares(real: Real) -> np.ndarray:
    """How often each class comes among the training images, float64 [K]."""
    return np.bincount(real.train.labels, minlength=len(real.train.class_names)) / len(real.train)


def imitate(stacks: np.ndarray, chosen: argparse.Namespace) -> np.ndarray:
    """What a GAN draws that learned from the stacks and was told no class."""
    told = LabelledImages(stacks, np.zeros(len(stacks), np.uint8), ("a stack",))
    gan = STANDARD.gan.model_copy(update={"epochs": chosen.epochs, "conditional": False, "class_head_weight": 0.0})
    game = Game(gan, images=len(stacks), shape=told.shape, classes=1, seed=chosen.seed)
    for epoch in game.play(told):
        print(f"epoch {epoch.epoch}: {epoch.images_per_second:.0f} images/s", flush=True)
    return np.concatenate(list(draw(game.averaged, np.zeros(chosen.drawn, np.uint8), chosen.seed)))


def found(setting: str, case: str, modes: int, divergence: float, *, classes: int) -> list[Result]:
    """The rows of one generator, or of real images."""
    return [
        Result(setting, case, f"modes seen of {classes**CHANNELS:,}", modes),
        Result(setting, case, "divergence, nats", divergence),
    ]


if __name__ == "__main__":
    main()
