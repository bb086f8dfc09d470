"""The real images a benchmark works with."""

from dataclasses import dataclass
from functools import cached_property

import keras

from gan_core.classifiers.classifier import teach
from gan_core.config import STANDARD, DataSettings
from gan_core.images.labelled_images import LabelledImages
from tasks.data.download import locate
from tasks.data.normalize import normalize
from tasks.places import cache_home


@dataclass(frozen=True)
class Real:
    """What may be learned from and what choices are made by; the test images stay where they are."""

    train: LabelledImages
    validation: LabelledImages

    @cached_property
    def judge(self) -> keras.Model:
        """A classifier that the training images taught."""
        return teach(STANDARD.classifier, self.train, seed=0)


def real_images(source: str | None, data: DataSettings = STANDARD.data) -> Real:
    """The training and validation images, those of the standard experiment if nothing else is asked for."""
    splits = normalize.fn(locate(source), cache_home() / "normalized", data, STANDARD.seed)
    return Real(LabelledImages.load(splits.train), LabelledImages.load(splits.validation))
