"""One ONNX file of latents and classes to pictures, in float32 for any runtime.

Where the generator computes in bfloat16, each result of a layer is rounded to that and taken back: so the pictures are
those that this program draws, and no runtime has to know bfloat16 arithmetic.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from gan_core.files import Place, atomic_write, read_bytes
from gan_core.generator_formats.plain_generator import Normalisation, PlainGenerator

NAME = "generator.onnx"
OPSET = 17  # of 2022, which runtimes of years ago know too
FLOAT = TensorProto.FLOAT


class Graph:
    """Nodes and weights as they are added; a value is known by its name."""

    def __init__(self, *, bfloat16: bool) -> None:
        self.bfloat16 = bfloat16
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[TensorProto] = []

    def weight(self, array: np.ndarray) -> str:
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def round(self, value: str) -> str:
        """The value as bfloat16 holds it, where the generator computes in that."""
        if not self.bfloat16:
            return value
        return self.add("Cast", [self.add("Cast", [value], to=TensorProto.BFLOAT16)], to=FLOAT)

    def normalise(self, value: str, by: Normalisation) -> str:
        for kind, array in (("Sub", by.mean), ("Mul", by.factor), ("Add", by.offset)):
            value = self.add(kind, [value, self.weight(array.reshape(-1, 1, 1))])
        return self.round(self.add("Relu", [value]))


def write(folder: Place, generator: PlainGenerator) -> None:
    """Write the file; equal generators give equal bytes."""
    with atomic_write(folder / NAME) as file:
        file.write(build_model(generator).SerializeToString(deterministic=True))


def draw(folder: Place, latents: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """What ONNX's own slow reference makes of the file, uint8 [N, height, width, C]."""
    from onnx.reference import ReferenceEvaluator

    model = onnx.load_from_string(read_bytes(folder / NAME))
    onnx.checker.check_model(model, full_check=True)
    given = {"latents": latents, "classes": classes}
    named = {value.name: given[value.name] for value in model.graph.input}
    return np.asarray(ReferenceEvaluator(model).run(["images"], named)[0])


def build_model(generator: PlainGenerator) -> onnx.ModelProto:
    """The graph; ONNX has the channels before rows and columns, the pictures have them last as everywhere here."""
    graph = Graph(bfloat16=generator.bfloat16)
    images = _add_maps(graph, generator)
    _add_pictures(graph, images, generator)
    shape = generator.shape
    inputs = [helper.make_tensor_value_info("latents", FLOAT, ["N", generator.latent_size])]
    if generator.embedding is not None:
        inputs.append(helper.make_tensor_value_info("classes", TensorProto.INT32, ["N"]))
    output = helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", *shape])
    return helper.make_model(
        helper.make_graph(graph.nodes, "generator", inputs, [output], graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,  # the one of that opset
        producer_name="synthetic-data",
    )


def _add_maps(graph: Graph, generator: PlainGenerator) -> str:
    """The last maps, 4 C of them at half the sides; returns their name."""
    inputs = "latents"
    if generator.embedding is not None:
        told = graph.add("Gather", [graph.weight(generator.embedding), "classes"])
        inputs = graph.add("Concat", ["latents", told], axis=1)
    seed_map = generator.seed_map.transpose(0, 3, 1, 2)
    flat = graph.add("MatMul", [graph.round(inputs), graph.weight(seed_map.reshape(len(seed_map), -1))])
    shape = graph.weight(np.array([-1, *seed_map.shape[1:]], np.int64))
    maps = graph.normalise(graph.add("Reshape", [graph.round(flat), shape]), generator.first)
    for layer in generator.layers:
        kernel = graph.weight(layer.kernel.transpose(3, 2, 0, 1))
        kind, strides = ("ConvTranspose", [2, 2]) if layer.doubles else ("Conv", [1, 1])
        maps = graph.add(kind, [maps, kernel], pads=[1, 1, 1, 1], strides=strides)
        maps = graph.normalise(graph.round(maps), layer.normalisation)
    kernel = graph.weight(generator.to_quarters.transpose(3, 2, 0, 1))
    return graph.round(graph.add("Conv", [maps, kernel, graph.weight(generator.bias)], pads=[1, 1, 1, 1]))


def _add_pictures(graph: Graph, quarters: str, generator: PlainGenerator) -> None:
    """From these maps to the output."""
    (top, left), shape = generator.corner, generator.shape
    signed = graph.add("Tanh", [graph.add("DepthToSpace", [quarters], blocksize=2, mode="DCR")])
    ends = (top, left), (top + shape.height, left + shape.width), (2, 3)
    cut = graph.add("Slice", [signed, *(graph.weight(np.array(each, np.int64)) for each in ends)])
    raised = graph.add("Add", [cut, graph.weight(np.array(1, np.float32))])
    scaled = graph.add("Mul", [raised, graph.weight(np.array(127.5, np.float32))])
    limits = [graph.weight(np.array(limit, np.float32)) for limit in (0, 255)]
    pixels = graph.add("Clip", [graph.add("Round", [scaled]), *limits])
    last = graph.add("Transpose", [pixels], perm=[0, 2, 3, 1])
    graph.add("Cast", [last], "images", to=TensorProto.UINT8)
