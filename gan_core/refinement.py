"""Synthetic images as classifiers that real images taught would have them."""

from collections.abc import Callable, Sequence

import keras
import numpy as np

from gan_core.classifier import beliefs
from gan_core.errors import BadInput
from gan_core.images import LabelledImages


def filtered(drawn: LabelledImages, classifiers: Sequence[keras.Model]) -> LabelledImages:
    """The images in which the classifiers together see the class they are labelled with; BadInput if there are none."""
    agreed = np.flatnonzero(np.argmax(believed(drawn.images, classifiers), axis=1) == drawn.labels)
    if not len(agreed):
        raise BadInput("Expected some labels that real-taught classifiers agree with, got none; train for longer.")
    return drawn.take(agreed)


def soft(drawn: LabelledImages, classifiers: Sequence[keras.Model]) -> LabelledImages:
    """All images, with what the classifiers together believe beside the labels."""
    return LabelledImages(drawn.images, drawn.labels, drawn.class_names, believed(drawn.images, classifiers))


def believed(images: np.ndarray, classifiers: Sequence[keras.Model]) -> np.ndarray:
    """The mean of the probabilities that the classifiers give each class of each image uint8 [N, side, side];
    float32 [N, K].

    Together they are right more often, and less sure where they are wrong (Lakshminarayanan et al. 2017,
    arXiv:1612.01474).
    """
    return np.mean([beliefs(classifier, images) for classifier in classifiers], axis=0)


REFINEMENTS: dict[str, Callable[[LabelledImages, Sequence[keras.Model]], LabelledImages]] = {
    "filtered": filtered,
    "soft": soft,
}
