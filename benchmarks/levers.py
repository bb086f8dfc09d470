"""What each change of the recipe is worth: TSTR on validation images, one row after another in one run.

    python -m benchmarks.levers --all "gan.epochs=5" "gan.learning_rate=8e-4" "gan.batch_size=64 gan.shift=2"

Each argument is a row: settings that replace those of the standard experiment, with what is for all rows, which itself
comes first. The test images are never read.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf

from benchmarks.real import Real, real_images
from gan_core.classifier import score, teach
from gan_core.config import STANDARD, Experiment, GanSettings
from gan_core.drawing import draw, plan_labels
from gan_core.game import Epoch, Game
from gan_core.images import LabelledImages, to_signed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*")
    parser.add_argument("--source")
    parser.add_argument("--all", default="gan.epochs=5", help="settings of all rows")
    parser.add_argument("--seeds", type=int, default=2, help="classifiers taught for each row")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    chosen = parser.parse_args()
    experiments = {text: customised(f"{chosen.all} {text}") for text in ("", *chosen.rows)}
    if len({experiment.data for experiment in experiments.values()}) > 1:
        parser.error("expected settings of `data` in --all alone, since all rows share the images")
    real = real_images(chosen.source, experiments[""].data)
    rows, players = [], Players(real)
    for text, experiment in experiments.items():
        rows.append({"change": text or chosen.all, **measure(experiment, players, chosen.seeds)})
        print(pd.DataFrame(rows).to_string(index=False, float_format="{:.4f}".format), flush=True)
        if chosen.out:
            pd.DataFrame(rows).to_csv(chosen.out, index=False)


def customised(text: str) -> Experiment:
    """The standard experiment with settings such as `gan.epochs=5` replaced."""
    settings = STANDARD.model_dump()
    for pair in text.split():
        path, value = pair.split("=")
        *groups, name = path.split(".")
        part = settings
        for group in groups:
            part = part[group]
        part[name] = value
    return Experiment.model_validate(settings)


class Players:
    """Generators trained so far: rows that differ in how they draw share one."""

    def __init__(self, real: Real) -> None:
        self.real = real
        self.trained: dict[tuple[GanSettings, int], tuple[Game, list[Epoch]]] = {}

    def train(self, gan: GanSettings, seed: int) -> tuple[Game, list[Epoch]]:
        real = self.real.train
        if (gan, seed) not in self.trained:
            game = Game(gan, images=len(real), side=real.side, classes=len(real.class_names), seed=seed)
            self.trained[gan, seed] = game, list(game.play(real))
        return self.trained[gan, seed]


def measure(experiment: Experiment, players: Players, seeds: int) -> dict[str, float]:
    """Train a generator, draw its dataset, teach classifiers by it, and ask them about the validation images.

    Label fidelity is the accuracy of one real-taught classifier on the dataset.
    """
    validation = players.real.validation
    game, epochs = players.train(experiment.gan, experiment.seed)
    labels = plan_labels(experiment.dataset.plan(len(validation.class_names)), experiment.seed)
    batches = list(draw(game.averaged, labels, experiment.seed, spread=experiment.dataset.latent_spread))
    synthetic = LabelledImages(np.concatenate(batches), labels, validation.class_names)
    accuracies = [
        score(teach(experiment.classifier, synthetic, seed), validation, seed=seed, seconds=0.0).accuracy
        for seed in range(seeds)
    ]
    return {
        "seconds": sum(epoch.seconds for epoch in epochs),
        "images/s": float(np.median([epoch.images_per_second for epoch in epochs])),
        "TSTR": float(np.mean(accuracies)),
        "spread": float(np.std(accuracies, ddof=1)) if seeds > 1 else float("nan"),
        "label fidelity": score(players.real.judge, synthetic, seed=0, seconds=0.0).accuracy,
        "by heart": learned_by_heart(game, players.real.train, validation),
    }


def learned_by_heart(game: Game, train: LabelledImages, validation: LabelledImages, count: int = 500) -> float:
    """How far the discriminator takes real images that it never saw for generated ones: 0 not at all, 1 altogether.

    Karras et al. 2020, arXiv:2006.06676, equation 1.
    """
    labels = validation.labels[:count]
    [generated] = draw(game.averaged, labels, game.seed, batch_size=count)

    def realness(images: np.ndarray, labels: np.ndarray) -> float:
        signed, classes = to_signed(images.astype(np.float32)), tf.one_hot(labels, game.classes)
        return float(np.mean(game.discriminator(signed, classes)[0]))

    seen, unseen = (realness(real.images[:count], real.labels[:count]) for real in (train, validation))
    return (seen - unseen) / (seen - realness(generated, labels))


if __name__ == "__main__":
    main()
