"""The free rival of synthetic images: the real ones, varied as they are shown."""

import numpy as np

from gan_core.classifiers.classifier import answer
from gan_core.classifiers.variation import Variation
from gan_core.compute.keras_settings import keras
from gan_core.images.labelled_images import LabelledImages

LOSS = 0.02  # of accuracy by which mirrored images may be known worse than others


def choose_variation(classifier: keras.Model, validation: LabelledImages) -> Variation:
    """Mirror images where a classifier that never saw mirrored ones knows them about as well as others.

    It knows a mirrored cat, but neither a mirrored 3 nor a shoe that points to the other side.
    """
    known = np.mean(answer(classifier, validation.images) == validation.labels)
    mirrored = np.mean(answer(classifier, validation.images[:, :, ::-1]) == validation.labels)
    return Variation(flips=bool(mirrored >= known - LOSS))
