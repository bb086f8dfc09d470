"""The conditional GAN that tutorials teach, written the way they write it, for comparison.

After the example "Conditional GAN" of keras.io: `model.fit` with a train step, transposed convolutions, labels as
further channels, cross-entropy, float32, batches of 64. Like the example it lays the label map out by `repeat` and
`reshape`, which makes bands of pixel rows of it rather than channels.
"""

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf
from keras import layers

LATENTS, CLASSES, SIDE, BATCH = 128, 10, 28, 64


class TutorialGan(keras.Model):
    """Both players and how they are trained."""

    def __init__(self) -> None:
        super().__init__()
        channels = LATENTS + CLASSES
        self.generator = keras.Sequential(
            [
                keras.Input((channels,)),
                *(layers.Dense(7 * 7 * channels), layers.LeakyReLU(negative_slope=0.2)),
                layers.Reshape((7, 7, channels)),
                *(layers.Conv2DTranspose(128, 4, strides=2, padding="same"), layers.LeakyReLU(negative_slope=0.2)),
                *(layers.Conv2DTranspose(128, 4, strides=2, padding="same"), layers.LeakyReLU(negative_slope=0.2)),
                layers.Conv2D(1, 7, padding="same", activation="sigmoid"),
            ]
        )
        self.discriminator = keras.Sequential(
            [
                keras.Input((SIDE, SIDE, 1 + CLASSES)),
                *(layers.Conv2D(64, 3, strides=2, padding="same"), layers.LeakyReLU(negative_slope=0.2)),
                *(layers.Conv2D(128, 3, strides=2, padding="same"), layers.LeakyReLU(negative_slope=0.2)),
                *(layers.GlobalMaxPooling2D(), layers.Dense(1)),
            ]
        )
        self.loss_of = keras.losses.BinaryCrossentropy(from_logits=True)
        self.generator_optimizer = keras.optimizers.Adam(3e-4)
        self.discriminator_optimizer = keras.optimizers.Adam(3e-4)

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        real, classes = data
        count = tf.shape(real)[0]
        maps = tf.repeat(classes[:, :, None, None], SIDE * SIDE)
        maps = tf.reshape(maps, (-1, SIDE, SIDE, CLASSES))
        fake = self.generator(tf.concat([tf.random.normal((count, LATENTS)), classes], 1))
        both = tf.concat([tf.concat([fake, maps], -1), tf.concat([real, maps], -1)], 0)
        truths = tf.concat([tf.ones((count, 1)), tf.zeros((count, 1))], 0)
        with tf.GradientTape() as tape:
            loss = self.loss_of(truths, self.discriminator(both))
        weights = self.discriminator.trainable_weights
        self.discriminator_optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        latents = tf.concat([tf.random.normal((count, LATENTS)), classes], 1)
        with tf.GradientTape() as tape:
            judged = self.discriminator(tf.concat([self.generator(latents), maps], -1))
            generator_loss = self.loss_of(tf.zeros((count, 1)), judged)
        weights = self.generator.trainable_weights
        self.generator_optimizer.apply_gradients(zip(tape.gradient(generator_loss, weights), weights, strict=True))
        return {"d_loss": loss, "g_loss": generator_loss}

    def draw(self, labels: np.ndarray, batch: int = 500) -> Iterator[np.ndarray]:
        """Images uint8 [batch, 28, 28, 1] for labels [N]."""
        for start in range(0, len(labels), batch):
            classes = tf.one_hot(labels[start : start + batch], CLASSES)
            drawn = self.generator(tf.concat([tf.random.normal((len(classes), LATENTS)), classes], 1))
            yield np.rint(drawn.numpy() * 255).astype(np.uint8)


def batches(images: np.ndarray, labels: np.ndarray) -> tf.data.Dataset:
    """Shuffled batches of images uint8 [N, 28, 28, 1], in [0, 1], and one-hot classes, without end."""
    scaled = images.astype(np.float32) / 255
    one_hot = keras.utils.to_categorical(labels, CLASSES).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((scaled, one_hot)).shuffle(1024).repeat().batch(BATCH)
