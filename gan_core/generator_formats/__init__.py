"""The formats that a generator itself is exported in: each draws the same pictures without this program.

A new format is a module here that follows `GeneratorFormat`, and its line below.
"""

import signal
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from gan_core.files import Place

if TYPE_CHECKING:
    from gan_core.generator_formats.plain_generator import PlainGenerator

GENERATOR_FORMATS = {  # the modules, which import TensorFlow, by the names of their formats
    "savedmodel": "savedmodel",
    "onnx": "onnx_graph",
    "keras": "keras_file",
    "playground": "playground",
}
READ_IN_PYTHON = ("savedmodel", "onnx", "keras")


class GeneratorFormat(Protocol):
    """What the module of a format does."""

    def write(self, folder: Place, generator: "PlainGenerator") -> None:
        """Write its files into the folder; equal generators give equal bytes in a fresh process."""


class GeneratorReader(GeneratorFormat, Protocol):
    """What the module of a format does that Python reads."""

    def draw(self, folder: Place, latents: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """What the format's own library makes of the folder, uint8 [N, height, width, C]; an unfit file raises what
        that library raises."""


def write_generator(weights: Place, formats: Iterable[str], folder: Place) -> None:
    """Write the generator in these formats into a folder for each, in a process of its own.

    TensorFlow and Keras number what they name, and would go on counting from what was done before.
    """
    with ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
    ) as alone:
        alone.submit(_write, weights, tuple(formats), folder).result()


def _write(weights: Place, formats: tuple[str, ...], folder: Place) -> None:
    from gan_core.gan.drawing import load_generator
    from gan_core.generator_formats.plain_generator import flatten_generator
    from gan_core.privacy.ledger import describe_guarantee

    generator, card = load_generator(weights)
    guarantee = describe_guarantee(card.privacy) if card.privacy else ""
    plain = flatten_generator(generator, card.class_names, guarantee)
    for name in formats:
        _module(name).write(folder / name, plain)


def draw_from(folder: Place, name: str, latents: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """What the library of a format that Python reads makes of its folder."""
    return cast(GeneratorReader, _module(name)).draw(folder, latents, classes)


def _module(name: str) -> GeneratorFormat:
    return cast(GeneratorFormat, import_module(f"{__name__}.{GENERATOR_FORMATS[name]}"))
