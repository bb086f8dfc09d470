"""Synthetic images as classifiers that real images taught would have them."""

from collections.abc import Sequence

import numpy as np

from gan_core.classifiers.classifier import class_probabilities
from gan_core.compute.keras_settings import keras
from gan_core.errors import BadInput
from gan_core.images.labelled_images import LabelledImages


def filter_by_soft_labels(softened: LabelledImages) -> LabelledImages:
    """The images whose label is the likeliest class, without soft labels; BadInput if there is none."""
    if softened.soft_labels is None:
        raise ValueError("Expected images with soft labels, got labels alone.")
    agreed = np.flatnonzero(np.argmax(softened.soft_labels, axis=1) == softened.labels)
    if not len(agreed):
        raise BadInput("Expected some labels that real-taught classifiers agree with, got none; train for longer.")
    return LabelledImages(softened.images, softened.labels, softened.class_names).take(agreed)


def believed(images: np.ndarray, classifiers: Sequence[keras.Model]) -> np.ndarray:
    """The mean of the probabilities that the classifiers give each class of each image uint8 [N, height, width, C];
    float32 [N, K].

    Together they are right more often, and less sure where they are wrong (Lakshminarayanan et al. 2017,
    arXiv:1612.01474).
    """
    return np.mean([class_probabilities(classifier, images) for classifier in classifiers], axis=0)
