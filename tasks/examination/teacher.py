"""The classifier that real images taught: it labels generated images, and its probabilities are their soft labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gan_core.config import ClassifierSettings
from gan_core.files import Place
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.tstr import Examination
from tasks.examination.examine import examine, taught_classifier
from tasks.places import classifier_cache

if TYPE_CHECKING:
    from gan_core.classifiers.variation import Variation
    from gan_core.compute.keras_settings import keras


class Believing(Protocol):
    """Whoever can say how likely each class is."""

    def believer(self) -> Callable[[np.ndarray], np.ndarray]:
        """The probabilities float32 [N, K] of images uint8 [N, height, width, C], as a function of these."""


@dataclass(frozen=True)
class Teacher:
    """What that classifier learns from and how: the final examination needs it anyway, one from each seed."""

    real: Path  # training images
    settings: ClassifierSettings

    def classifier(self) -> keras.Model:
        """The classifier of the first seed, taught now unless it is in the cache."""
        return self._taught(self.settings.seeds[0])

    def classifiers(self) -> list[keras.Model]:
        """The classifiers of all seeds, likewise."""
        return list(map(self._taught, self.settings.seeds))

    def believer(self) -> Callable[[np.ndarray], np.ndarray]:
        """What the classifiers of all seeds together believe of images, as a function of these."""
        from gan_core.classifiers.soft_labels import believed

        return partial(believed, classifiers=self.classifiers())

    def examine(self, *, on: Place) -> Examination:
        """Ask the classifiers of all seeds about labelled images: TRTS, if these are synthetic."""
        return examine("real", [self.real], on=on, classifier=self.settings, cache=classifier_cache())

    def choose_variation(self, validation: Place) -> Variation:
        """How the free rival's images change; validation images say whether they are mirrored too."""
        from gan_core.classifiers.free_rival import choose_variation

        return choose_variation(self.classifier(), LabelledImages.load(validation))

    def examine_augmented(self, *, on: Place, variation: Variation) -> Examination:
        """Teach by the real images, moved, turned and maybe mirrored: the free rival."""
        return examine(
            "augmented",
            [self.real],
            on=on,
            classifier=self.settings,
            cache=classifier_cache(),
            variation=variation,
        )

    def _taught(self, seed: int) -> keras.Model:
        return taught_classifier([self.real], self.settings, seed, classifier_cache())[0]
