"""What the parts of a private run contribute, and what each split of the budget between its two readings does to them.

    python -m benchmarks.private_parts --source DIR --epsilons 1 --shares 0.1 0.2 0.4

The teacher alone; classifiers that private images teach by their labels and by the teacher's beliefs; and those that
real images teach by its beliefs, which tells how much better images would add and is not private. Accuracies are those
on validation images; the spread is that over the classifiers.
"""

import argparse
from dataclasses import replace

import numpy as np

from benchmarks.private_teacher import Features, known, read_both, tell
from benchmarks.real import real_images
from benchmarks.result_table import Result, ResultTable, results_option
from gan_core.classifiers.classifier import score, teach
from gan_core.config import PRIVATE, DataSettings, GanSettings, PrivacySettings
from gan_core.gan.drawing import draw, plan_labels
from gan_core.gan.matching_game import MatchingGame
from gan_core.images.labelled_images import LabelledImages
from gan_core.privacy.mean_embedding import Embedding, Release
from gan_core.privacy.private_teacher import Teacher, beliefs
from gan_core.privacy.recipe import Recipe, choose_recipe
from gan_core.privacy.scattering import read_features


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    parser.add_argument("--colour", choices=["grey", "rgb"])
    parser.add_argument("--images", type=int, help="to learn from; all of them, if not given")
    parser.add_argument("--epsilons", type=float, nargs="+", default=[1.0])
    parser.add_argument("--shares", type=float, nargs="+", help="of the budget for the release; that of the recipe")
    parser.add_argument("--epochs", type=int, default=PRIVATE.gan.epochs, help="at most, as the recipe has it")
    parser.add_argument("--width", type=int, default=PRIVATE.gan.generator_width)
    parser.add_argument("--per-class", type=int, default=6_000, help="images to draw")
    parser.add_argument("--steps", type=int, default=1_600, help="of a classifier")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="of the classifiers")
    results_option(parser)
    options = parser.parse_args()
    table = ResultTable("private-parts", options.results)
    real = real_images(options.source, DataSettings(colour=options.colour, train_images=options.images))
    read = Features(real, read_features(real.train.images), read_features(real.validation.images))
    for epsilon in options.epsilons:
        recipe = choose_recipe(PrivacySettings(epsilon=epsilon), len(real.train))
        for share in options.shares or [recipe.release_share]:
            table.append(_measure(read, epsilon, replace(recipe, release_share=share), options))


def _measure(read: Features, epsilon: float, recipe: Recipe, options: argparse.Namespace) -> list[Result]:
    """What the teacher knows, and what each kind of images teaches."""
    released, teacher = read_both(read, epsilon, recipe.release_share, recipe.teacher, seed=0)
    lengths = {"epochs": min(options.epochs, recipe.most_epochs), "generator_width": options.width}
    gan, real = PRIVATE.gan.model_copy(update=lengths), read.real.train
    private = _draw(gan, real, released, teacher, options.per_class)
    setting = (
        f"{len(real):,} images, {gan.generator_width} channels, {gan.epochs} epochs; {len(private):,} images, "
        f"{PRIVATE.classifier.name} classifier, {options.steps} steps, validation images"
    )
    case = f"epsilon {epsilon:g}, release {recipe.release_share:g} of the budget"
    results = [tell(setting, f"{case}, the teacher", [known(teacher, read)])]
    for name, images in {
        "private images by labels": private,
        "private images by beliefs": _believed(private, teacher),
        "real images by beliefs": _believed(real, teacher),
    }.items():
        accuracies = [_taught(images, options.steps, seed, read.real.validation) for seed in options.seeds]
        results.append(tell(setting, f"{case}, {name}", accuracies))
    return results


def _draw(
    gan: GanSettings, real: LabelledImages, released: Release, teacher: Teacher, per_class: int
) -> LabelledImages:
    """The images of a generator that matched what was released."""
    game = MatchingGame(gan, shape=real.shape, seed=0, released=released, embedding=Embedding(), teacher=teacher)
    for epoch in game.play():
        print(f"epoch {epoch.epoch} of {gan.epochs}  {epoch.summary}", flush=True)
    labels = plan_labels(dict.fromkeys(range(len(real.class_names)), per_class), 0)
    return LabelledImages(np.concatenate(list(draw(game.averaged, labels, seed=0))), labels, real.class_names)


def _believed(images: LabelledImages, teacher: Teacher) -> LabelledImages:
    """The same images with what the teacher says of them."""
    return LabelledImages(images.images, images.labels, images.class_names, beliefs(teacher, images.images))


def _taught(images: LabelledImages, steps: int, seed: int, validation: LabelledImages) -> float:
    settings = PRIVATE.classifier.model_copy(update={"steps": steps})
    return 100 * score(teach(settings, images, seed), on=validation, seed=seed, seconds=0).accuracy


if __name__ == "__main__":
    main()
