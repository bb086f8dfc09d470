"""The errand of gains: a generator that learned from few real images alone, and what its images add to these."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gan_core.config import Experiment, GanSettings
from gan_core.errors import BadInput
from gan_core.worth.gains import MOST_RATIO, RATIOS, Gain
from gan_core.worth.gains import measure_gains as gains_of
from gan_core.worth.subsets import nest
from tasks.audit.short_game import identify_game, play_short_game, short_games
from tasks.data.normalize import RealSets
from tasks.examination.teacher import Teacher
from tasks.progress import progress
from tasks.runs.run_folder import Run
from tasks.uncached_task import uncached_task
from tasks.worth.classroom import Classroom, ImageFile, Lesson, digest_indices
from tasks.worth.measure_curve import require_same_images

SHORTER = 2  # epochs of the run for one beside few images


@uncached_task
def measure_gains(
    images: int, real: RealSets, experiment: Experiment, run: Run, *, ratios: Sequence[float] = RATIOS
) -> tuple[Gain, ...]:
    """What the images of a generator that learned from so many real ones alone add to these, at each ratio.

    The real images are the first seed's subset of the curve. The game is that of the run for half of its epochs, each
    with as many images as the run's have. The generator, and each classifier that is taught, is found again.
    """
    from gan_core.classifiers.free_rival import choose_variation

    require_same_images(real, run)
    settings, train = experiment.classifier, ImageFile(real.train)
    require_subset(images, train.images.labels)
    chosen = nest(train.images.labels, settings.seeds[0])[:images]
    drawn = draw_beside(train, chosen, shorten_game(experiment.gan, len(train.images)), experiment.seed)
    test_images, validation_images = ImageFile(real.test), ImageFile(real.validation)
    variation = choose_variation(Teacher(real.train, settings).classifier(), validation_images.images)
    classroom = Classroom(settings, {"test": test_images, "validation": validation_images})
    numbers = sorted({0, *(max(1, round(ratio * images)) for ratio in ratios)})
    kinds = [(added, varied) for varied in (False, True) for added in numbers]
    courses = []
    for added, varied in kinds:
        parts = ((train, chosen), (drawn, np.arange(added)))[: 1 + bool(added)]
        courses.append([Lesson(parts, seed, variation if varied else None) for seed in settings.seeds])
    right = classroom.recognised(courses, f"Teaching beside {images:,} images")
    test, validation = (dict(zip(kinds, right[name], strict=True)) for name in ("test", "validation"))
    return gains_of(images, test, validation)


def draw_beside(train: ImageFile, chosen: np.ndarray, gan: GanSettings, seed: int) -> ImageFile:
    """What a generator draws that learned from the chosen images alone, as many as the largest ratio needs."""
    subset, draws = train.images.take(chosen), round(MOST_RATIO * len(chosen))
    which = "subset", digest_indices(chosen), seed, draws
    folder = short_games() / identify_game(gan, train.digest, *which)
    with progress(f"Training a GAN on {len(chosen):,}", "subset", gan.epochs * gan.rounds(len(chosen))) as advance:
        play_short_game(subset, gan, seed=seed, draws=draws, folder=folder, advance=advance)
    return ImageFile(folder / "drawn.npz")


def shorten_game(gan: GanSettings, images: int) -> GanSettings:
    """The run's game for half of its epochs, each with as many images as those of the run."""
    epochs = -(-gan.epochs // SHORTER)
    return gan.model_copy(
        update={"epochs": epochs, "epoch_images": max(gan.images_per_epoch(images), gan.round_images)}
    )


def require_subset(images: int, labels: np.ndarray) -> None:
    """Raise BadInput for a subset without an image of each class, and for one of more images than there are."""
    classes = len(np.unique(labels))
    if not classes <= images <= len(labels):
        raise BadInput(
            f"Expected {classes:,} to {len(labels):,} real images for a gain, an image of each class at least, got "
            f"{images:,}; correct --gains."
        )
