"""One `.keras` file of Keras' own layers, which Keras loads by itself."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from gan_core.compute.keras_settings import keras
from gan_core.files import Place, atomic_write, copy
from gan_core.generator_formats.plain_generator import Layer, Normalisation, PlainGenerator

NAME = "generator.keras"
METADATA = "metadata.json"
LAYERS = keras.layers

Add = Callable[..., keras.KerasTensor]


def write(folder: Place, generator: PlainGenerator) -> None:
    """Write the file, whose archive has no date: equal generators give equal bytes in a fresh process."""
    with TemporaryDirectory() as made:
        build_model(generator).save(Path(made, NAME))
        with (
            zipfile.ZipFile(Path(made, NAME)) as saved,
            atomic_write(folder / NAME) as file,
            zipfile.ZipFile(file, "w") as archive,
        ):
            for name in sorted(saved.namelist()):
                archive.writestr(zipfile.ZipInfo(name), _without_date(name, saved.read(name)))


def draw(folder: Place, latents: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """What Keras makes of the file, uint8 [N, height, width, C]."""
    with TemporaryDirectory() as fetched:
        copy(folder / NAME, Path(fetched, NAME))
        model = keras.saving.load_model(Path(fetched, NAME))
    return np.asarray(model([latents, classes] if len(model.inputs) > 1 else latents))


def build_model(generator: PlainGenerator) -> keras.Model:
    """The layers with their weights, in the arithmetic of the generator."""
    policy = "mixed_bfloat16" if generator.bfloat16 else "float32"

    def add(kind: type[keras.layers.Layer], maps: keras.KerasTensor, *weights: np.ndarray, **settings: Any) -> Any:
        layer = kind(**{"dtype": policy} | settings)
        outputs = layer(maps)
        layer.set_weights(weights)
        return outputs

    given = [keras.Input([generator.latent_size], name="latents")]
    inputs = given[0]
    if generator.embedding is not None:
        given.append(keras.Input([], name="classes", dtype="int32"))
        told = add(LAYERS.Embedding, given[1], generator.embedding, **_sizes(generator.embedding))
        inputs = LAYERS.Concatenate(dtype="float32")([inputs, told])
    seed_map = generator.seed_map.reshape(len(generator.seed_map), -1)
    maps = add(LAYERS.Dense, inputs, seed_map, units=seed_map.shape[1], use_bias=False)
    maps = add(LAYERS.Reshape, maps, target_shape=generator.seed_map.shape[1:])
    maps = _normalise(add, maps, generator.first)
    for layer in generator.layers:
        maps = _normalise(add, _convolve(add, maps, layer), layer.normalisation)
    filters = generator.bias.size
    weights = generator.to_quarters, generator.bias
    quarters = add(LAYERS.Conv2D, maps, *weights, filters=filters, kernel_size=3, padding="same")
    return keras.Model(given, _pictures(add, quarters, generator), name="generator")


def _convolve(add: Add, maps: keras.KerasTensor, layer: Layer) -> keras.KerasTensor:
    settings = {"kernel_size": len(layer.kernel), "padding": "same", "use_bias": False}
    if layer.doubles:
        return add(LAYERS.Conv2DTranspose, maps, layer.kernel, filters=layer.kernel.shape[2], strides=2, **settings)
    return add(LAYERS.Conv2D, maps, layer.kernel, filters=layer.kernel.shape[3], **settings)


def _normalise(add: Add, maps: keras.KerasTensor, by: Normalisation) -> keras.KerasTensor:
    """In two steps of float32; Keras' own normalisation multiplies first."""
    less = add(LAYERS.Rescaling, maps, scale=1.0, offset=(-by.mean).tolist(), dtype="float32")
    scaled = add(LAYERS.Rescaling, less, scale=by.factor.tolist(), offset=by.offset.tolist(), dtype="float32")
    return add(LAYERS.ReLU, scaled)


def _pictures(add: Add, quarters: keras.KerasTensor, generator: PlainGenerator) -> keras.KerasTensor:
    """From maps at half the sides, four for each channel, to pictures."""
    (top, left), shape, (_, height, width, _) = generator.corner, generator.shape, quarters.shape
    four = add(LAYERS.Reshape, quarters, target_shape=(height, width, 2, 2, shape.channels))
    rows = add(LAYERS.Permute, four, dims=(1, 3, 2, 4, 5))
    maps = add(LAYERS.Reshape, rows, target_shape=(2 * height, 2 * width, shape.channels))
    ends = (top, 2 * height - shape.height - top), (left, 2 * width - shape.width - left)
    signed = add(LAYERS.Activation, add(LAYERS.Cropping2D, maps, cropping=ends), activation="tanh", dtype="float32")
    pixels = keras.ops.round((signed + 1.0) * 127.5)
    return keras.ops.cast(keras.ops.clip(pixels, 0, 255), "uint8")


def _sizes(embedding: np.ndarray) -> dict[str, int]:
    classes, size = embedding.shape
    return {"input_dim": classes, "output_dim": size}


def _without_date(name: str, content: bytes) -> bytes:
    """The content of a member; that of the metadata without the date of saving."""
    if name != METADATA:
        return content
    return json.dumps({key: value for key, value in json.loads(content).items() if key != "date_saved"}).encode()
