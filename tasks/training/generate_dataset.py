"""The errand of drawing: a labelled synthetic dataset from a trained generator, written as it is drawn."""

import numpy as np

from gan_core.config import DatasetSettings
from gan_core.files import Place
from gan_core.images.labelled_images import LabelledImages, save_stream
from tasks.examination.teacher import Believing, Teacher
from tasks.progress import progress
from tasks.uncached_task import uncached_task


@uncached_task
def generate_dataset(
    generator: Place,
    dataset: DatasetSettings,
    seed: int,
    *,
    teacher: Teacher,
    to: Place,
    softened_by: Believing | None = None,
) -> Place:
    """Draw the planned images of each class into `to`, with what `softened_by` believes of them as soft labels.

    An unconditional generator draws as many in all, and the teacher says what they show.
    """
    from gan_core.classifiers.classifier import answer
    from gan_core.gan.drawing import draw, load_generator, plan_labels

    if to.exists():
        return to
    network, card = load_generator(generator)
    labels, size = plan_labels(dataset.plan(len(card.class_names)), seed), dataset.batch_size
    labeller = None if card.gan.conditional else teacher.classifier()
    believe = softened_by.believer() if softened_by else None

    def labelled(wanted: np.ndarray, images: np.ndarray) -> LabelledImages:
        shown = wanted.copy() if labeller is None else answer(labeller, images)
        advance(len(images))
        soft_labels = believe(images) if believe else None
        return LabelledImages(np.ascontiguousarray(images), shown, card.class_names, soft_labels)

    with progress("Drawing images", "drawing", len(labels)) as advance:
        images = draw(network, labels, seed, size, std=dataset.latent_std)
        save_stream(to, map(labelled, np.split(labels, range(size, len(labels), size)), images), count=len(labels))
    return to
