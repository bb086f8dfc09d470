"""One page in which the generator runs: the layers' matrices beside a script that multiplies by them."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from importlib.resources import files

import numpy as np
from markupsafe import Markup

from gan_core.files import Place, write_text
from gan_core.generator_formats.plain_generator import PlainGenerator
from gan_core.pages.html_page import TEMPLATES

NAME = "playground.html"
SCRIPT = Markup(files("gan_core.pages").joinpath("playground.js").read_text("utf-8"))
SCRIPT_HASH = "sha256-" + b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()


def write(folder: Place, generator: PlainGenerator) -> None:
    """Write the page; equal generators give equal bytes."""
    write_text(folder / NAME, render(generator))


def render(generator: PlainGenerator) -> str:
    """The page, which says no request and runs no script but its own."""
    kernels = _upper_halves(_kernels(generator)) if generator.bfloat16 else _kernels(generator)
    return TEMPLATES.get_template("playground.html.jinja").render(
        script=SCRIPT,
        script_hash=SCRIPT_HASH,
        shape=generator.shape,
        about=_describe(generator),
        guarantee=generator.guarantee,
        kernels=_encode(kernels),
        vectors=_encode(_vectors(generator)),
    )


def _describe(generator: PlainGenerator) -> dict[str, object]:
    """What the script must know to find its way in the numbers."""
    return {
        "shape": generator.shape,
        "classes": generator.class_names,
        "latents": generator.latent_size,
        "embedding": 0 if generator.embedding is None else generator.embedding.shape[1],
        "bfloat16": generator.bfloat16,
        "coarse": generator.seed_map.shape[1:],
        "layers": [{"doubles": layer.doubles, "after": layer.normalisation.scale.size} for layer in generator.layers],
        "corner": generator.corner,
    }


def _kernels(generator: PlainGenerator) -> Iterator[np.ndarray]:
    """The embedding, and the matrices [outputs, inputs] of the layers."""
    if generator.embedding is not None:
        yield generator.embedding
    yield generator.seed_map.reshape(len(generator.seed_map), -1).T
    for layer in generator.layers:
        yield from _parts(layer.kernel) if layer.doubles else (_matrix(layer.kernel),)
    yield _matrix(generator.to_quarters)


def _matrix(kernel: np.ndarray) -> np.ndarray:
    """A kernel [rows, columns, before, after] as it meets the pixels around one, row by row."""
    return kernel.reshape(-1, kernel.shape[-1]).T


def _parts(kernel: np.ndarray) -> Iterator[np.ndarray]:
    """A transposed kernel [4, 4, after, before] as four of 2x2, one for each pixel that a pixel becomes."""
    for down in (0, 1):
        for right in (0, 1):
            # row r of the maps writes row k of its kernel to row 2 r + k - 1
            yield _matrix(kernel[3 - down :: -2, 3 - right :: -2].transpose(0, 1, 3, 2))


def _vectors(generator: PlainGenerator) -> Iterator[np.ndarray]:
    """What each normalisation takes away, multiplies by and adds, and the bias of the last layer."""
    for each in (generator.first, *(layer.normalisation for layer in generator.layers)):
        yield from (each.mean, each.factor, each.offset)
    yield generator.bias


def _upper_halves(arrays: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Numbers of bfloat16, as uint16: of float32 their lower halves are zero."""
    for array in map(np.ascontiguousarray, arrays):
        yield (array.view(np.uint32) >> 16).astype(np.uint16)


def _encode(arrays: Iterator[np.ndarray]) -> str:
    """The numbers of all arrays, little-endian, in base64."""
    return b64encode(b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)).decode()
