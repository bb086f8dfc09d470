"""The errand of drawing: a labelled synthetic dataset from a trained generator, written as it is drawn."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from prefect import task
from prefect.cache_policies import NO_CACHE

from gan_core.config import ClassifierSettings, DatasetSettings
from gan_core.images import LabelledImages, save_stream
from tasks.examine import taught_classifier
from tasks.progress import progress


@task(cache_policy=NO_CACHE, persist_result=False)
def generate_dataset(
    generator: Path,
    dataset: DatasetSettings,
    seed: int,
    *,
    labelled_by: tuple[Path, ClassifierSettings, Path],
    to: Path,
) -> Path:
    """Draw the planned images of each class into `to`.

    An unconditional generator draws as many in all, and the classifier that `labelled_by` describes (its teaching set,
    settings and memory) says what they show.
    """
    from gan_core.classifier import answer
    from gan_core.drawing import draw, load_generator, plan_labels

    if to.exists():
        return to
    network, card = load_generator(generator)
    labels = plan_labels(dataset.plan(len(card.class_names)), seed)

    def batches() -> Iterator[LabelledImages]:
        start = 0
        for images in draw(network, labels, seed, dataset.batch_size, spread=dataset.latent_spread):
            wanted = labels[start : start + len(images)]
            shown = wanted if classifier is None else answer(classifier, images)
            yield LabelledImages(np.ascontiguousarray(images), shown.copy(), card.class_names)
            start += len(images)
            advance(len(images))

    classifier = None
    if not card.gan.conditional:
        teaching, settings, memory = labelled_by
        classifier, _ = taught_classifier([teaching], settings, settings.seeds[0], memory)
    with progress("Drawing images", "drawing", len(labels)) as advance:
        save_stream(to, batches(), count=len(labels))
    return to
