"""A classifier that a private run may learn: linear in fixed features, by noisy sums of clipped gradients.

Gradient descent on the whole set (Abadi et al. 2016, arXiv:1607.00133, without sampling) on features that cost nothing
(Tramer and Boneh 2021, arXiv:2011.11660). They are seen from a centre, that of all pictures as a release tells it, so
that their length is spent on what differs. The gradient of one picture is the product of its features and of p - y, so
that its length is known without it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import tensorflow as tf
from scipy.special import softmax

from gan_core.privacy.ledger import Reading
from gan_core.privacy.reader import Read, blocks, norms, shrinkage
from gan_core.privacy.scattering import read_features

GRADIENT = "gradient of the teacher"
SHORTEST = 1e-12  # vectors that are shorter have no direction


@dataclass(frozen=True)
class TeacherSettings:
    """How a private teacher learns."""

    steps: int = 80  # each of them one reading
    step_size: float = 30.0
    momentum: float = 0.9
    clip: float = 1.0  # the length of one picture's gradient at most
    bias: float = 0.3  # of every picture, beside its features; 0 for none


@dataclass(frozen=True)
class Teacher:
    """A private teacher after some steps."""

    weights: np.ndarray  # float64 [D, K], one row more with a bias
    velocity: np.ndarray  # float64, of the weights
    centre: np.ndarray  # float64 [D], from which it sees features
    step: int = 0  # the last one taken
    bias: float = 0.0

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The teacher as arrays that one file can hold."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Teacher":
        """What `to_arrays` made arrays of."""
        weights, velocity, centre, step, bias = (arrays[field.name] for field in fields(cls))
        return cls(weights, velocity, centre, step.item(), bias.item())


def begin(settings: TeacherSettings, centre: np.ndarray, *, classes: int) -> Teacher:
    """A teacher that knows nothing but the centre [D] of the features."""
    nothing = np.zeros((len(centre) + bool(settings.bias), classes))
    return Teacher(nothing, nothing, centre.astype(np.float64), bias=settings.bias)


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
        block = _seen(teacher, features[part])
        errors = softmax(block @ teacher.weights, axis=1)
        errors[np.arange(len(block)), labels[part]] -= 1
        lengths = norms(errors) * norms(block)
        total += block.T @ (errors * shrinkage(lengths, clip)[:, None])
    return total


def advance(teacher: Teacher, gradient: np.ndarray, step: int, settings: TeacherSettings) -> Teacher:
    """The teacher after a step against this gradient, the one of this number."""
    velocity = settings.momentum * teacher.velocity + gradient
    weights = teacher.weights - settings.step_size * velocity
    return replace(teacher, weights=weights, velocity=velocity, step=step)


def believe(teacher: Teacher, features: np.ndarray) -> np.ndarray:
    """The probability that the teacher gives each class of pictures with these features [N, D]; float32 [N, K]."""
    return softmax(_seen(teacher, features) @ teacher.weights, axis=1).astype(np.float32)


def beliefs(teacher: Teacher, images: np.ndarray) -> np.ndarray:
    """The probability that the teacher gives each class of images uint8 [N, height, width, C]; float32 [N, K]."""
    parts = blocks(len(images), len(teacher.weights))
    believed = [believe(teacher, read_features(images[part])) for part in parts]
    return np.concatenate([np.zeros((0, teacher.weights.shape[1]), np.float32), *believed])


def logits(teacher: Teacher, features: tf.Tensor) -> tf.Tensor:
    """The same before the softmax, of features float32 [N, D], for gradients to pass through; float32 [N, K]."""
    weights, centre = (tf.constant(array, tf.float32) for array in (teacher.weights, teacher.centre))
    seen = tf.math.l2_normalize(features - centre, axis=1)
    if not teacher.bias:
        return tf.matmul(seen, weights)
    return tf.matmul(seen, weights[:-1]) + teacher.bias * weights[-1]


def _seen(teacher: Teacher, features: np.ndarray) -> np.ndarray:
    """Features [N, D] from the centre, of length one, with the bias; float64."""
    seen = np.empty((len(features), len(teacher.weights)))
    seen[:, len(teacher.centre) :] = teacher.bias
    wide = np.subtract(features, teacher.centre, out=seen[:, : len(teacher.centre)])
    wide /= np.maximum(norms(wide), SHORTEST)[:, None]
    return seen
