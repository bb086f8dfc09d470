"""A look at a generator in training, through the eyes of a classifier that real images taught."""

from dataclasses import dataclass

import numpy as np

from gan_core.classifiers.classifier import answer, features
from gan_core.compute.keras_settings import keras
from gan_core.gan.drawing import draw
from gan_core.gan.networks import Generator
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.diversity import Diversity, measure_diversity

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
        real, generated = self.real.take(np.arange(min(SAMPLE, len(self.real)))), generated[:SAMPLE]
        return measure_diversity(
            features(self.classifier, real.images),
            features(self.classifier, generated),
            labels=real.labels,
            seen=answer(self.classifier, generated),
            real_pixels=real.images.reshape(len(real), -1),
            generated_pixels=generated.reshape(len(generated), -1),
        )
