"""What each change of the recipe is worth: TSTR on validation images, one row after another in one run.

    python -m benchmarks.levers --all "gan.epochs=5" "gan.learning_rate=8e-4" "gan.batch_size=64 gan.shift=2"

Each argument is a row: settings that replace those of the standard experiment, with what is for all rows, which itself
comes first. The test images are never read.
"""

import argparse
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from benchmarks.real import Real, real_images
from benchmarks.result_table import Result, ResultTable, results_option
from gan_core.classifiers.classifier import score, teach
from gan_core.classifiers.soft_labels import believed, filter_by_soft_labels
from gan_core.config import STANDARD, ClassifierSettings, DatasetSettings, Experiment, GanSettings
from gan_core.gan.drawing import draw, plan_labels
from gan_core.gan.training_loop import Epoch, Game
from gan_core.images.labelled_images import LabelledImages, to_signed

SPEEDS = {"seconds": "seconds of training", "images/s": "training images/s"}
SHARES = "label fidelity", "by heart"
SPREAD = " spread"  # after the name of a column, for that over the classifiers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*")
    parser.add_argument("--source")
    results_option(parser)
    parser.add_argument("--all", default="gan.epochs=5", help="settings of all rows")
    parser.add_argument("--seeds", type=int, default=2, help="classifiers taught for each row")
    parser.add_argument("--table", default="levers", help="the name of the table among the results")
    chosen = parser.parse_args()
    experiments = {text: customised(f"{chosen.all} {text}") for text in ("", *chosen.rows)}
    if len({experiment.data for experiment in experiments.values()}) > 1:
        parser.error("expected settings of `data` in --all alone, since all rows share the images")
    results = ResultTable(chosen.table, chosen.results)
    players = Players(real_images(chosen.source, experiments[""].data))
    rows: list[dict[str, Any]] = []
    for text, experiment in experiments.items():
        measures = measure(experiment, players, chosen.seeds)
        rows.append({"change": text or chosen.all, **measures})
        print(pd.DataFrame(rows).to_string(index=False, float_format="{:.4f}".format), flush=True)
        results.append(found(chosen.all, text or "none", measures, chosen.seeds))


def found(common: str, change: str, measures: dict[str, float], seeds: int) -> list[Result]:
    """The rows of one change; accuracies are told in percent."""
    setting, own = f"standard experiment, {common}; validation images", []
    for name, value in measures.items():
        if name in SPEEDS:
            own.append(Result(setting, change, SPEEDS[name], value))
        elif name in SHARES:
            own.append(Result(setting, change, f"{name}, %", 100 * value))
        elif not name.endswith(SPREAD):
            spread = 100 * measures[f"{name}{SPREAD}"]
            own.append(Result(setting, change, f"{name}, %", 100 * value, spread, seeds))
    return own


def customised(text: str) -> Experiment:
    """The standard experiment with settings such as `gan.epochs=5` replaced."""
    settings = STANDARD.model_dump()
    for pair in text.split():
        path, value = pair.split("=")
        *groups, name = path.split(".")
        part = settings
        for group in groups:
            part = part[group]
        part[name] = value.split(",") if isinstance(part[name], tuple) else value
    return Experiment.model_validate(settings)


class Players:
    """Generators and real-taught classifiers so far: rows that differ in how they draw share them."""

    def __init__(self, real: Real) -> None:
        self.real = real
        self.trained: dict[tuple[GanSettings, int], tuple[Game, list[Epoch]]] = {}
        self.judges: dict[ClassifierSettings, list[keras.Model]] = {}

    def train(self, gan: GanSettings, seed: int) -> tuple[Game, list[Epoch]]:
        real = self.real.train
        if (gan, seed) not in self.trained:
            game = Game(gan, images=len(real), shape=real.shape, classes=len(real.class_names), seed=seed)
            self.trained[gan, seed] = game, list(game.play(real))
        return self.trained[gan, seed]

    def teach(self, classifier: ClassifierSettings) -> list[keras.Model]:
        if classifier not in self.judges:
            self.judges[classifier] = [teach(classifier, self.real.train, seed) for seed in classifier.seeds]
        return self.judges[classifier]


def measure(experiment: Experiment, players: Players, seeds: int) -> dict[str, float]:
    """Train a generator, draw its dataset, teach classifiers by it, and ask them about the validation images.

    Label fidelity is the accuracy of one real-taught classifier on the dataset. The sets that real-taught classifiers
    refine have columns of their own.
    """
    real, drawing = players.real, experiment.dataset
    game, epochs = players.train(experiment.gan, experiment.seed)

    def taught_by(teaching: LabelledImages, name: str) -> dict[str, float]:
        taught = (teach(experiment.classifier, teaching, seed) for seed in range(seeds))
        accuracies = [score(each, real.validation, seed=0, seconds=0.0).accuracy for each in taught]
        spread = float(np.std(accuracies, ddof=1)) if seeds > 1 else float("nan")
        return {name: float(np.mean(accuracies)), f"{name}{SPREAD}": spread}

    synthetic = drawn(game, drawing, experiment.seed, real.validation.class_names)
    row = {
        "seconds": sum(epoch.seconds for epoch in epochs),
        "images/s": float(np.median([epoch.images_per_second for epoch in epochs])),
        **taught_by(synthetic, "TSTR"),
        "label fidelity": score(real.judge, synthetic, seed=0, seconds=0.0).accuracy,
        "by heart": learned_by_heart(game, real.train, real.validation),
    }
    if drawing.refinements:
        bold = drawn(game, drawing.bold(), experiment.seed, real.validation.class_names)
        beliefs = believed(bold.images, players.teach(experiment.classifier))
        softened = LabelledImages(bold.images, bold.labels, bold.class_names, beliefs)
        for refinement in drawing.refinements:
            row |= taught_by(softened if refinement == "soft" else filter_by_soft_labels(softened), refinement)
    return row


def drawn(game: Game, dataset: DatasetSettings, seed: int, class_names: tuple[str, ...]) -> LabelledImages:
    """What the averaged generator draws of each class."""
    labels = plan_labels(dataset.plan(len(class_names)), seed)
    images = np.concatenate(list(draw(game.averaged, labels, seed, std=dataset.latent_std)))
    return LabelledImages(images, labels, class_names)


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
