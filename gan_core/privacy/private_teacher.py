"""A classifier that a private run may learn: linear in fixed features, by noisy sums of clipped gradients.

Gradient descent on the whole set (Abadi et al. 2016, arXiv:1607.00133, without sampling) on features that cost nothing
(Tramer and Boneh 2021, arXiv:2011.11660). The gradient of one picture is the product of its features and of p - y, so
that its length is known without it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
from scipy.special import softmax

from gan_core.privacy.ledger import Reading
from gan_core.privacy.reader import Read, blocks, shrinkage
from gan_core.privacy.scattering import read_features

GRADIENT = "gradient of the teacher"


@dataclass(frozen=True)
class TeacherSettings:
    """How a private teacher learns."""

    steps: int = 30  # each of them one reading
    step_size: float = 30.0
    momentum: float = 0.9
    clip: float = 1.0  # the length of one picture's gradient at most
    averaged: int = 1  # of the last steps, whose weights are averaged
    bias: float = 0.0  # of every picture, beside its features; 0 for none


@dataclass(frozen=True)
class Teacher:
    """A private teacher after some steps."""

    weights: np.ndarray  # float64 [D, K], one row more with a bias
    velocity: np.ndarray  # float64, of the weights
    mean: np.ndarray  # float64, of the weights after the last steps: what it believes by
    averaged: int = 0  # steps in this mean
    step: int = 0  # the last one taken
    bias: float = 0.0

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The teacher as arrays that one file can hold."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Teacher":
        """What `to_arrays` made arrays of."""
        weights, velocity, mean, *numbers = (arrays[field.name] for field in fields(cls))
        averaged, step, bias = (number.item() for number in numbers)
        return cls(weights, velocity, mean, averaged, step, bias)


def begin(settings: TeacherSettings, *, features: int, classes: int) -> Teacher:
    """A teacher that knows nothing."""
    nothing = np.zeros((features + bool(settings.bias), classes))
    return Teacher(nothing, nothing, nothing, bias=settings.bias)


def learn(
    teacher: Teacher,
    features: np.ndarray,
    labels: np.ndarray,
    *,
    sigma: float,
    settings: TeacherSettings,
    read: Read,
    taken: int = 0,
) -> Iterator[Teacher]:
    """Yield the teacher after each further step on features float32 [N, D] with their labels [N].

    The features may lie in a file (np.memmap). `taken` says how many gradients a ledger counts already: a step that was
    charged and then killed is not taken again. The number of images is no secret: the step is by the mean of them.
    """
    reading = Reading(GRADIENT, settings.clip, sigma, images=len(features))
    for step in range(max(teacher.step, taken), settings.steps):
        summed = read(reading, partial(sum_gradients, teacher, features, labels, clip=settings.clip))
        teacher = advance(teacher, summed / len(features), step + 1, settings)
        yield teacher


def sum_gradients(teacher: Teacher, features: np.ndarray, labels: np.ndarray, *, clip: float) -> np.ndarray:
    """The sum of the clipped gradients of the cross entropy of all pictures; float64 [D, K].

    In float64, so that what one picture adds does not depend on the others beyond the last of sixteen digits.
    """
    total = np.zeros_like(teacher.weights)
    for part in blocks(*features.shape):
        block = _with_bias(features[part], teacher.bias)
        errors = softmax(block @ teacher.weights, axis=1)
        errors[np.arange(len(block)), labels[part]] -= 1
        lengths = np.linalg.norm(errors, axis=1) * np.linalg.norm(block, axis=1)
        total += block.T @ (errors * shrinkage(lengths, clip)[:, None])
    return total


def advance(teacher: Teacher, gradient: np.ndarray, step: int, settings: TeacherSettings) -> Teacher:
    """The teacher after a step against this gradient, the one of this number."""
    velocity = settings.momentum * teacher.velocity + gradient
    weights = teacher.weights - settings.step_size * velocity
    averaged = teacher.averaged + 1 if step > settings.steps - settings.averaged else 0
    mean = teacher.mean + (weights - teacher.mean) / averaged if averaged else weights
    return Teacher(weights, velocity, mean, averaged, step, teacher.bias)


def believe(teacher: Teacher, features: np.ndarray) -> np.ndarray:
    """The probability that the teacher gives each class of pictures with these features [N, D]; float32 [N, K]."""
    return softmax(_with_bias(features, teacher.bias) @ teacher.mean, axis=1).astype(np.float32)


def beliefs(teacher: Teacher, images: np.ndarray) -> np.ndarray:
    """The probability that the teacher gives each class of images uint8 [N, height, width, C]; float32 [N, K]."""
    parts = blocks(len(images), len(teacher.mean))
    believed = [believe(teacher, read_features(images[part])) for part in parts]
    return np.concatenate([np.zeros((0, teacher.mean.shape[1]), np.float32), *believed])


def _with_bias(features: np.ndarray, bias: float) -> np.ndarray:
    wide = features.astype(np.float64)
    return np.pad(wide, [(0, 0), (0, 1)], constant_values=bias) if bias else wide
