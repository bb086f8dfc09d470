"""The classifier that examines a teaching set: taught by it from a seed, then asked about other images."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from threading import Lock

import numpy as np
import tensorflow as tf

from gan_core.classifiers.answers import Answers, Score
from gan_core.classifiers.variation import NUMBERS, Variation, draw_numbers, vary_images
from gan_core.compute.adam import Adam
from gan_core.compute.graphs import compile_graph, repeat
from gan_core.compute.keras_settings import keras
from gan_core.compute.normalisation import BatchNormalisation
from gan_core.compute.precision import native
from gan_core.compute.weights import assign, values
from gan_core.config import ClassifierSettings
from gan_core.errors import BadInput
from gan_core.gan.losses import class_loss
from gan_core.images.labelled_images import LabelledImages, to_signed
from gan_core.images.mapped import batches, walk
from gan_core.images.shape import ImageShape

CHUNK = 8  # steps in one call of the compiled loop
READING = 1_000  # images answered at once, fewer of large ones
PIXELS = READING * 32 * 32  # in these at most


def build(name: str, *, shape: ImageShape, classes: int, seed: int, dropout: bool = True) -> keras.Model:
    """A classifier of images float32 [N, height, width, C] in [-1, 1]; its output are logits [N, K].

    Pooling stands before the ReLU: the maximum of rectified maps is the rectified maximum, at a quarter of the work.
    """
    layers = _Layers(seed, dropout)
    if own := {"residual": _residual, "mlp": _mlp, "logistic-regression": _logistic_regression}.get(name):
        return keras.Sequential([keras.Input(shape), *own(layers, classes)])
    body = {
        "two-conv": [layers.convolution(32), *layers.pooling(), layers.convolution(64), *layers.pooling()],
        "four-conv": [
            *(layers.convolution(32), layers.rectifier(), layers.convolution(32), *layers.pooling()),
            layers.dropout(0.25),
            *(layers.convolution(64), layers.rectifier(), layers.convolution(64), *layers.pooling()),
        ],
    }[name]
    head = [
        *(layers.dropout(0.25), keras.layers.Flatten(), layers.dense(256), layers.rectifier()),
        *(layers.dropout(0.5), layers.dense(classes, precision="float32")),
    ]
    return keras.Sequential([keras.Input(shape), *body, *head])


def _residual(layers: "_Layers", classes: int) -> list[keras.layers.Layer]:
    """A residual block after three steps down, then the mean of each map."""
    return [
        *(*layers.normalised_convolution(32), keras.layers.MaxPooling2D()),
        *(*layers.normalised_convolution(64), keras.layers.MaxPooling2D()),
        *(*layers.normalised_convolution(128), layers.residual_block(128)),
        *(keras.layers.GlobalAveragePooling2D(), layers.dropout(0.25), layers.dense(classes, precision="float32")),
    ]


def _mlp(layers: "_Layers", classes: int) -> list[keras.layers.Layer]:
    """One hidden layer."""
    hidden = [keras.layers.Flatten(), layers.dense(256), layers.rectifier(), layers.dropout(0.25)]
    return [*hidden, layers.dense(classes, precision="float32")]


def _logistic_regression(layers: "_Layers", classes: int) -> list[keras.layers.Layer]:
    """The pixels, weighed."""
    return [keras.layers.Flatten(), layers.dense(classes, precision="float32")]


def teach(
    settings: ClassifierSettings,
    teaching: LabelledImages,
    seed: int,
    on_steps: Callable[[int], None] = lambda steps: None,
    *,
    repeated: np.ndarray | None = None,
    variation: Variation | None = None,
) -> keras.Model:
    """A classifier taught by `settings.steps` batches, by soft labels where the teaching set has them.

    Soft labels may teach without dropout: they are a regulariser themselves (Hinton et al. 2015, arXiv:1503.02531,
    section 6). `on_steps` is told of each few steps that are done; `repeated` int [M] are the images of one pass, each
    once if not given; `variation` is how they change each time. Raises BadInput for steps that were too large.
    """
    shape, classes = teaching.shape, len(teaching.class_names)
    soft = teaching.soft_labels
    targets = np.eye(classes, dtype=np.float32)[teaching.labels] if soft is None else soft
    dropout = soft is None or settings.soft_dropout
    classifier = build(settings.name, shape=shape, classes=classes, seed=seed, dropout=dropout)
    course = _course(settings.model_copy(update={"seeds": (0,)}), shape, classes, dropout=dropout, variation=variation)
    with course.taken_by(classifier):
        places = np.arange(len(teaching)) if repeated is None else repeated
        random = np.random.default_rng((seed, 1))  # beside that of the orders
        for order, images in batches(teaching.images, _orders(settings, places, seed)):
            numbers = draw_numbers(random, order.shape, variation)
            course.learn(tf.constant(images), tf.constant(targets[order]), tf.constant(numbers))
            on_steps(len(order))
    if not all(np.isfinite(weights).all() for weights in values(classifier.trainable_variables).values()):
        raise BadInput(
            "Expected a classifier whose weights are numbers, got others from seed "
            f"{seed}; lower --classifier.learning-rate, which is {settings.learning_rate:g}."
        )
    return classifier


def answer(classifier: keras.Model, images: np.ndarray) -> np.ndarray:
    """The likeliest class of each image uint8 [N, height, width, C]; uint8 [N]."""
    answers = [np.argmax(classifier(part), axis=1) for part in _parts(images)]
    return np.concatenate([np.zeros(0, np.uint8), *answers]).astype(np.uint8)


def class_probabilities(classifier: keras.Model, images: np.ndarray) -> np.ndarray:
    """The probability that the classifier gives each class of images uint8 [N, height, width, C]; float32 [N, K]."""
    return np.concatenate([tf.nn.softmax(classifier(part)).numpy() for part in _parts(images)])


def features(classifier: keras.Model, images: np.ndarray) -> np.ndarray:
    """What the last layer of the classifier reads of each image uint8 [N, height, width, C]; float32 [N, F]."""
    body = keras.Sequential(classifier.layers[:-1])
    return np.concatenate([np.asarray(body(part), np.float32) for part in _parts(images)])


def features_and_answers(classifier: keras.Model, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `features` and `answer` return of the same images, by one look at them."""
    read = features(classifier, images)
    return read, np.argmax(classifier.layers[-1](read), axis=1).astype(np.uint8)


def score(classifier: keras.Model, on: LabelledImages, *, seed: int, seconds: float) -> Score:
    """Ask the classifier about labelled images, and keep and count the answers."""
    classes = len(on.class_names)
    logits = np.concatenate([np.zeros((0, classes), np.float32), *map(classifier, _parts(on.images))])
    confidences = tf.nn.softmax(logits).numpy().max(axis=1, initial=0)
    answers = Answers(on.labels, logits.argmax(axis=1).astype(np.uint8), confidences)
    pairs = on.labels.astype(np.int64) * classes + answers.classes
    return Score(seed, np.bincount(pairs, minlength=classes**2).reshape(classes, classes), seconds, answers)


def _parts(images: np.ndarray) -> Iterator[np.ndarray]:
    _, height, width, _ = images.shape
    count = min(READING, max(1, PIXELS // (height * width)))
    for part in walk(images, count):
        yield to_signed(part.astype(np.float32))


def _orders(settings: ClassifierSettings, places: np.ndarray, seed: int) -> list[np.ndarray]:
    """Which images each step sees, int32 [a few, batch]: one shuffled pass through the places after another."""
    needed, random = settings.steps * settings.batch_size, np.random.default_rng(seed)
    passes = [random.permutation(len(places)) for _ in range(-(-needed // len(places)))]
    order = places[np.concatenate(passes)[:needed]].reshape(settings.steps, settings.batch_size)
    return np.split(order.astype(np.int32), range(CHUNK, settings.steps, CHUNK))


class _Course:
    """The compiled training of classifiers of one kind, which take it one after another."""

    def __init__(
        self, settings: ClassifierSettings, shape: ImageShape, classes: int, dropout: bool, variation: Variation | None
    ) -> None:
        self.variation = variation
        self.classifier = build(settings.name, shape=shape, classes=classes, seed=0, dropout=dropout)
        self.optimizer = Adam(keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.steps))
        self.optimizer.build(self.classifier.trainable_variables)
        lasts = shape, (classes,), (NUMBERS if variation else 0,)
        shapes, kinds = ([None, settings.batch_size, *last] for last in lasts), (tf.uint8, tf.float32, tf.float32)
        self.learn = compile_graph(self._learn, input_signature=list(map(tf.TensorSpec, shapes, kinds)))
        self.lock = Lock()

    @contextmanager
    def taken_by(self, classifier: keras.Model) -> Iterator[None]:
        """Begin with this classifier and an optimizer that has seen nothing; give it what was learned at the end."""
        with self.lock:  # a worker of Dask may have several threads
            assign(self.classifier.variables, values(classifier.variables))
            for variable in self.optimizer.variables:
                variable.assign(tf.zeros_like(variable))
            yield
            assign(classifier.variables, values(self.classifier.variables))

    def _learn(self, images: tf.Tensor, targets: tf.Tensor, numbers: tf.Tensor) -> None:
        """A step for each row of images uint8 [steps, batch, ...] with targets [steps, batch, K]."""
        repeat(tf.shape(images)[0], lambda step: self._step(images[step], targets[step], numbers[step]))

    def _step(self, images: tf.Tensor, targets: tf.Tensor, numbers: tf.Tensor) -> tuple[()]:
        shown = tf.cast(images, tf.float32)
        shown = vary_images(shown, numbers, self.variation) if self.variation else shown
        with tf.GradientTape() as tape:
            logits = self.classifier(to_signed(shown), training=True)
            loss = class_loss(logits, targets)
        weights = self.classifier.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return ()


@cache
def _course(
    settings: ClassifierSettings, shape: ImageShape, classes: int, *, dropout: bool, variation: Variation | None
) -> _Course:
    """The one course of all seeds, so that it is compiled once."""
    return _Course(settings, shape, classes, dropout, variation)


class ResidualBlock(keras.layers.Layer):
    """Maps [N, height, width, C] and what two convolutions make of them, added (He et al. 2015, arXiv:1512.03385)."""

    def __init__(self, first: Sequence[keras.layers.Layer], second: Sequence[keras.layers.Layer]) -> None:
        super().__init__()
        self.parts = [*first, *second]

    def call(self, maps: tf.Tensor, training: bool = False) -> tf.Tensor:
        inner = maps
        for part in self.parts:
            inner = part(inner, training=training) if isinstance(part, BatchNormalisation) else part(inner)
        return maps + tf.cast(inner, maps.dtype)


class _Layers:
    """Makes layers that compute in what the machine is fast in, each random one with a seed of its own."""

    def __init__(self, seed: int, dropout: bool) -> None:
        self.precision, self.drops = native(), dropout
        self.seeds = (1_000 * seed + number for number in count())

    def convolution(self, filters: int) -> keras.layers.Conv2D:
        kernel = keras.initializers.GlorotUniform(seed=next(self.seeds))
        return keras.layers.Conv2D(filters, 3, padding="same", kernel_initializer=kernel, dtype=self.precision)

    def dense(self, units: int, precision: str | None = None) -> keras.layers.Dense:
        kernel = keras.initializers.GlorotUniform(seed=next(self.seeds))
        return keras.layers.Dense(units, kernel_initializer=kernel, dtype=precision or self.precision)

    def dropout(self, rate: float) -> keras.layers.Dropout:
        return keras.layers.Dropout(rate if self.drops else 0.0, seed=next(self.seeds), dtype=self.precision)

    def normalised_convolution(self, filters: int) -> tuple[keras.layers.Layer, ...]:
        return self.convolution(filters), BatchNormalisation(momentum=0.9), self.rectifier()

    def residual_block(self, filters: int) -> ResidualBlock:
        return ResidualBlock(self.normalised_convolution(filters), self.normalised_convolution(filters))

    def rectifier(self) -> keras.layers.ReLU:
        return keras.layers.ReLU(dtype=self.precision)

    def pooling(self) -> tuple[keras.layers.Layer, keras.layers.Layer]:
        return keras.layers.MaxPooling2D(dtype=self.precision), self.rectifier()
