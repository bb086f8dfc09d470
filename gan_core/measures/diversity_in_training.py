"""A look at a generator in training, through the eyes of a classifier that real images taught."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gan_core.classifiers.classifier import features, features_and_answers
from gan_core.compute.keras_settings import keras
from gan_core.gan.drawing import draw
from gan_core.gan.networks import Generator
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.diversity import Diversity, RealCloud, measure_collapse, measure_diversity

SAMPLE = 2_000  # images of each kind


@dataclass(frozen=True)
class Probe:
    """Compares what a generator draws with real images that it has not learned from."""

    classifier: keras.Model
    real: LabelledImages
    std: float  # of the latents, that of the dataset to come

    def look(self, generator: Generator, seed: int) -> Diversity:
        """The diversity of as many generated as real images, of the same classes."""
        labels = self.real.labels[:SAMPLE]
        return self.compare(np.concatenate(list(draw(generator, labels, seed, std=self.std))))

    def compare(self, generated: np.ndarray) -> Diversity:
        """The diversity of generated images uint8 [N, height, width, C], as many as the real ones at most."""
        return self._measure(generated, measure_diversity)

    def seek_collapse(self, generated: np.ndarray) -> Diversity:
        """The same as far as it tells a collapse, in less time."""
        return self._measure(generated, measure_collapse)

    def _measure(self, generated: np.ndarray, measure: Callable[..., Diversity]) -> Diversity:
        generated = generated[:SAMPLE]
        points, seen = features_and_answers(self.classifier, generated)
        return measure(self._cloud, points, seen=seen, pixels=generated.reshape(len(generated), -1))

    @cached_property
    def _cloud(self) -> RealCloud:
        real = self.real.take(np.arange(min(SAMPLE, len(self.real))))
        return RealCloud(features(self.classifier, real.images), real.labels, real.images.reshape(len(real), -1))
