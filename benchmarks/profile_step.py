"""Where a step's time goes: TensorFlow's profile of its operations, and oneDNN's of its matrix products by size.

    python -m benchmarks.profile_step --width 64

All of it runs in one thread, so that no operation waits for another, and the shortest call of each operation counts,
so that a busy machine matters little.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from benchmarks.result_table import Result, ResultTable, results_option
from benchmarks.speed import noise, read_shape, settings, this_project

ROUNDS = 4  # of steps
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
KINDS = {  # an operation is of the first kind of whose words it has one
    "matrix products": ("Conv2D", "MatMul"),
    "batch normalisation": ("BatchNorm",),
    "activations": ("Relu", "Tanh", "Softplus"),
    "rearranging": ("Transpose", "Reverse", "Concat", "Slice", "Pad", "Tile", "ToDepth", "ToSpace", "Pack"),
    "casts": ("Cast",),
    "biases": ("Bias",),
    "Adam": ("ApplyAdam",),
    "random numbers": ("Random",),
    "averages and other arithmetic": ("",),
}
CALL = re.compile(r"primitive,exec,cpu,(\w+),[^,]*,(\w+),.*,([^,]+),([\d.]+)$", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    results_option(parser)
    parser.add_argument("--width", type=int, default=64, help="channels")
    parser.add_argument("--shape", type=read_shape, default="28x28x1", help="WIDTHxHEIGHTxCHANNELS of the pictures")
    parser.add_argument("--profile", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.profile is not None:
        return play(chosen)
    results, steps = ResultTable("speed", chosen.results), ROUNDS * settings(chosen.width).penalty_interval
    for tool, calls in {"TensorFlow": profiled, "oneDNN": told}.items():
        table = summarise(calls(), steps)
        print(f"\n{tool}: {table['ms'].sum():.1f} ms a step\n{table.to_string(float_format='{:.2f}'.format)}")
        results.append(found(f"{chosen.width} channels, images of {chosen.shape}, {tool}", table))


def play(chosen: argparse.Namespace) -> None:
    """Play rounds of steps after one that compiles; TensorFlow profiles them into the folder, if one is named."""
    import tensorflow as tf

    train = this_project(chosen.width, noise(chosen.shape)).train
    train()
    print(flush=True)  # what oneDNN said until now is not counted
    if chosen.profile:
        tf.profiler.experimental.start(chosen.profile)
    for _ in range(ROUNDS):
        train()
    if chosen.profile:
        tf.profiler.experimental.stop()


def rounds(folder: str, **environment: str) -> str:
    """What is printed by a process that plays, after the round that compiles."""
    command = [sys.executable, "-m", "benchmarks.profile_step", *sys.argv[1:], "--profile", folder]
    played = subprocess.run(command, env=os.environ | ONE_THREAD | environment, stdout=subprocess.PIPE, check=True)
    return played.stdout.decode().split("\n\n", 1)[-1]


def profiled() -> pd.DataFrame:
    """Each call of an operation: what it is, its kind, milliseconds."""
    from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

    with TemporaryDirectory() as folder:
        rounds(folder)
        (path,) = Path(folder).rglob("*.xplane.pb")
        space = XSpace.FromString(path.read_bytes())
    rows = []
    for plane in space.planes:
        for event in (event for line in plane.lines for event in line.events):
            name, _, operation = plane.event_metadata[event.metadata_id].name.rpartition(":")
            if name and operation.strip("_").isalnum() and not operation.startswith("_Eager"):
                kind = next(kind for kind, words in KINDS.items() if any(word in operation for word in words))
                rows.append((name, kind, event.duration_ps / 1e9))
    return pd.DataFrame(rows, columns=["call", "of", "ms"])


def told() -> pd.DataFrame:
    """Each call of a product by oneDNN, the same."""
    calls = CALL.findall(rounds("", ONEDNN_VERBOSE="profile_exec"))
    rows = [
        (size, f"{what} {way} {size}", float(ms)) for what, way, size, ms in calls if what in ("convolution", "matmul")
    ]
    return pd.DataFrame(rows, columns=["call", "of", "ms"])


def summarise(calls: pd.DataFrame, steps: int) -> pd.DataFrame:
    """Calls and milliseconds in a step (columns) by what they are of (rows), the longest first."""
    each = calls.groupby(["of", "call"])["ms"].agg(["min", "size"])
    each["ms"], each["calls"] = each["min"] * each["size"] / steps, each["size"] / steps
    return each.groupby("of")[["calls", "ms"]].sum().sort_values("ms", ascending=False)


def found(case: str, table: pd.DataFrame) -> list[Result]:
    """The rows of a table, a twentieth of the step at least."""
    setting = "a training step in one thread, the shortest of each operation's calls"
    kept = table[table["ms"] >= 0.05 * table["ms"].sum()]
    return [Result(setting, f"{case}, {name}", "ms a step", value) for name, value in kept["ms"].items()]


if __name__ == "__main__":
    main()
